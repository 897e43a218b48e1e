import { expect, test } from 'vitest'
import { concat, fromHex } from '../bytes.ts'
import { type CardChannel, counted, withStatusHandling } from './channel.ts'
import { type CommandApdu, encodeCommand } from './command.ts'
import { decodeResponse, response } from './response.ts'

/** A channel that gives these answers in turn, the last for ever, and keeps the commands. */
function scripted(...answers: readonly string[]): { channel: CardChannel; seen: CommandApdu[] } {
  const seen: CommandApdu[] = []
  return {
    seen,
    channel: {
      transmit: async command => {
        const answer = answers[Math.min(seen.length, answers.length - 1)]
        seen.push(command)
        return decodeResponse(fromHex(answer as string))
      },
    },
  }
}
const read = { cla: 0x0c, ins: 0xb0, p1: 0, p2: 0, data: fromHex('8E00'), ne: 256 }
const getResponse = (ne: number): CommandApdu => ({ cla: 0, ins: 0xc0, p1: 0, p2: 0, ne })

test('an answer without 61xx or 6Cxx passes unchanged', async () => {
  for (const answer of ['9000', 'AA9000', '6A82', '6282']) {
    const { channel, seen } = scripted(answer)
    expect(await withStatusHandling(channel).transmit(read)).toEqual(decodeResponse(fromHex(answer)))
    expect(seen).toEqual([read])
  }
})

test('61xx is followed by GET RESPONSE until all is there', async () => {
  const { channel, seen } = scripted('016102', '02036100', '049000')
  expect(await withStatusHandling(channel).transmit(read)).toEqual(response(0x9000, fromHex('01020304')))
  expect(seen).toEqual([read, getResponse(2), getResponse(256)])
})

test('6Cxx repeats the command once with that Ne, and a second 6Cxx is handed on', async () => {
  const once = scripted('6C10', 'AA9000')
  expect(await withStatusHandling(once.channel).transmit(read)).toEqual(response(0x9000, fromHex('AA')))
  expect(once.seen).toEqual([read, { ...read, ne: 16 }])
  const ever = scripted('6C00')
  expect(await withStatusHandling(ever.channel).transmit(read)).toEqual(response(0x6c00))
  expect(ever.seen).toEqual([read, { ...read, ne: 256 }])
})

test('a 6Cxx with data is a protected one, which only the protocol under secure messaging can answer', async () => {
  const { channel, seen } = scripted('99026C108E0801020304050607086C10')
  expect((await withStatusHandling(channel).transmit(read)).sw).toBe(0x6c10)
  expect(seen).toEqual([read])
})

test('GET RESPONSE that is answered with 6Cxx is repeated too', async () => {
  const { channel, seen } = scripted('6105', '6C03', '0102039000')
  expect(await withStatusHandling(channel).transmit(read)).toEqual(response(0x9000, fromHex('010203')))
  expect(seen).toEqual([read, getResponse(5), getResponse(3)])
})

test('an error after 61xx is handed on with what came', async () => {
  const { channel } = scripted('016105', '6F00')
  expect(await withStatusHandling(channel).transmit(read)).toEqual(response(0x6f00, fromHex('01')))
})

test('a card that announces bytes for ever is left', async () => {
  const empty = scripted('6110')
  await expect(withStatusHandling(empty.channel).transmit(read)).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' })
  expect(empty.seen).toHaveLength(2)
  const endless = scripted(`${'AA'.repeat(256)}6100`)
  await expect(withStatusHandling(endless.channel).transmit(read)).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' })
  expect(endless.seen.length).toBeLessThanOrEqual(257)
  const trickle = scripted('AA6101')
  await expect(withStatusHandling(trickle.channel).transmit(read)).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' })
  expect(trickle.seen.length).toBeLessThanOrEqual(1100)
})

test('commands and bytes are counted as they went over the link', async () => {
  const { channel } = scripted('6105', '01020304059000')
  const link = counted(channel)
  expect(link.counts).toEqual({ apdus: 0, bytesOut: 0, bytesIn: 0 })
  await withStatusHandling(link).transmit(read)
  const out = concat(encodeCommand(read), encodeCommand(getResponse(5)))
  expect(link.counts).toEqual({ apdus: 2, bytesOut: out.length, bytesIn: 2 + 7 })
})

test('a command that got no answer is not counted', async () => {
  const link = counted({
    transmit: async () => {
      throw new Error('gone')
    },
  })
  await expect(link.transmit(read)).rejects.toThrow('gone')
  expect(link.counts.apdus).toBe(0)
})
