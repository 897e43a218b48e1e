import { decodeResponse, fromHex, type ProtocolError, toHex } from '@cccd/card-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chipUnderTest, FILES_UNDER_TEST, opened } from './conformance/card-under-test.ts'
import { chipChannel, chipInField, type Fault, flipBit, linkTime, measured } from './index.ts'

const SELECT = { cla: 0, ins: 0xa4, p1: 4, p2: 0x0c, data: fromHex('A0000002471001') }

describe('a fault at one APDU', () => {
  const at = async (fault: Fault, index: number): Promise<unknown> => {
    const channel = chipChannel(chipUnderTest(), { faults: [fault] })
    for (let i = 0; i < index; i++) expect((await channel.transmit(SELECT)).sw).toBe(0x9000)
    return channel.transmit(SELECT).catch(error => error)
  }
  test('removed is a transport error, and the card stays away', async () => {
    expect(await at({ kind: 'removed', at: 2 }, 2)).toMatchObject({ code: 'CARD_REMOVED' })
    const channel = chipChannel(chipUnderTest(), { faults: [{ kind: 'removed', at: 0 }] })
    for (let i = 0; i < 2; i++) await expect(channel.transmit(SELECT)).rejects.toMatchObject({ code: 'CARD_REMOVED' })
  })
  test('mute is a transport error of its own', async () => {
    expect(await at({ kind: 'mute', at: 1 }, 1)).toMatchObject({ code: 'CARD_MUTE' })
  })
  test.each(['', '90'])('an answer of the bytes "%s" is told as too short', async hex => {
    const error = (await at({ kind: 'answer', at: 0, bytes: fromHex(hex) }, 0)) as ProtocolError
    expect(error.code).toBe('RESPONSE_TOO_SHORT')
  })
  test('another answer stands in for the right one once', async () => {
    const channel = chipChannel(chipUnderTest(), { faults: [{ kind: 'answer', at: 0, bytes: fromHex('6F00') }] })
    expect((await channel.transmit(SELECT)).sw).toBe(0x6f00)
    expect((await channel.transmit(SELECT)).sw).toBe(0x9000)
  })
})

test('a wrong MAC changes one bit of the checksum and nothing else', () => {
  const t = opened('BAC')
  const command = t.craft({ header: [0x0c, 0xa4, 0x02, 0x0c], objects: [t.do87(fromHex('011E'))] })
  const chip = { ...chipUnderTest(), initial: t.field.state }
  const clean = chipInField(chip)
  const faulty = chipInField(chip, [{ kind: 'wrongMac', at: 0 }])
  const bytes = (field: typeof clean): string => {
    const data = command.data as Uint8Array
    const answer = field.exchange(fromHex(`0CA4020C${toHex(Uint8Array.of(data.length))}${toHex(data)}00`))
    return answer.kind === 'response' ? toHex(answer.bytes) : answer.kind
  }
  const [right, wrong] = [bytes(clean), bytes(faulty)]
  expect(wrong).not.toBe(right)
  const differing = [...right].filter((digit, i) => digit !== wrong[i])
  expect(differing).toHaveLength(1)
  expect(right.slice(-4)).toBe(wrong.slice(-4))
})

test('one flipped bit changes one file and leaves the document it came from alone', () => {
  const document = { files: FILES_UNDER_TEST, secrets: {} }
  const before = toHex(FILES_UNDER_TEST['EF.DG1'] as Uint8Array)
  const { files } = flipBit(document, 'EF.DG1', 9)
  expect(files['EF.DG1']?.[1]).toBe((FILES_UNDER_TEST['EF.DG1'] as Uint8Array)[1]! ^ 0x40)
  expect(toHex(document.files['EF.DG1'] as Uint8Array)).toBe(before)
  expect(files['EF.DG2']).toBe(FILES_UNDER_TEST['EF.DG2'])
  expect(() => flipBit(document, 'EF.DG1', 8 * 4000)).toThrow(RangeError)
})

test('whatever bytes arrive, in a session or before it, the chip answers with a status word', () => {
  const states = [chipUnderTest().initial, opened('BAC').field.state, opened('PACE').field.state]
  const header = fc.tuple(
    fc.constantFrom(0x00, 0x0c, 0x10, 0x1c, 0x80),
    fc.constantFrom(0xa4, 0xb0, 0xb1, 0x84, 0x82, 0x22, 0x86, 0x88, 0xc0, 0xff),
    fc.constantFrom(0x00, 0x02, 0x04, 0x41, 0x81, 0xc1),
    fc.constantFrom(0x00, 0x0c, 0xa4, 0xa6, 0x1e),
  )
  const command = fc
    .tuple(header, fc.uint8Array({ maxLength: 60 }), fc.boolean())
    .map(([head, data, le]) =>
      Uint8Array.of(...head, ...(data.length ? [data.length, ...data] : []), ...(le ? [0] : [])),
    )
  const bytes = fc.oneof(command, fc.uint8Array({ minLength: 0, maxLength: 40 }))
  fc.assert(
    fc.property(fc.constantFrom(...states), fc.array(bytes, { minLength: 1, maxLength: 6 }), (initial, commands) => {
      const field = chipInField({ ...chipUnderTest(), initial })
      for (const one of commands) {
        const answer = field.exchange(one)
        if (answer.kind !== 'response') throw new Error('no response')
        expect(decodeResponse(answer.bytes).sw).toBeGreaterThanOrEqual(0x6000)
      }
    }),
    { numRuns: 300 },
  )
})

test('traffic is counted as it stands on the link', async () => {
  const channel = chipChannel(chipUnderTest())
  const counting = measured(channel)
  await counting.transmit(SELECT)
  await counting.transmit({ cla: 0, ins: 0x84, p1: 0, p2: 0, ne: 8 })
  expect(counting.traffic).toEqual({ apdus: 2, bytesOut: 12 + 5, bytesIn: 2 + 10 })
  expect(channel.field.traffic).toEqual(counting.traffic)
})

test('a faster link takes less time, and a session of the same bytes in fewer APDUs too', () => {
  const long = { apdus: 100, bytesOut: 2000, bytesIn: 23_000 }
  const times = [106, 212, 424, 848].map(kbitPerSecond => linkTime(long, { kbitPerSecond }))
  expect(times).toEqual([...times].sort((a, b) => b - a))
  expect(linkTime({ ...long, apdus: 12 }, { kbitPerSecond: 424 })).toBeLessThan(linkTime(long, { kbitPerSecond: 424 }))
  // 25,000 bytes of nine bits at 106 kbit/s are 2.1 s before any overhead.
  expect(times[0]).toBeGreaterThan(2100)
})
