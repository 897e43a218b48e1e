import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HID_POS_LAYOUT, HidPosDecoder, type HidPosLayout, type HidPosOutcome } from './hid-pos.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const runs = process.env.CCCD_LONG ? 20_000 : 1000

/** The reports that a device of this layout sends for one barcode. */
function reports(data: Uint8Array, symbology = ']Q1', layout: HidPosLayout = HID_POS_LAYOUT): Uint8Array[] {
  const made: Uint8Array[] = []
  for (let at = 0; at === 0 || at < data.length; at += layout.dataLength) {
    const part = data.subarray(at, at + layout.dataLength)
    const report = new Uint8Array(64)
    if (layout.reportId !== null) report[0] = layout.reportId
    report[layout.length] = part.length
    if (layout.symbology !== null) report.set(utf8(symbology), layout.symbology)
    report.set(part, layout.data)
    const { continued } = layout
    if (continued !== null && at + layout.dataLength < data.length) report[continued.byte] = 1 << continued.bit
    made.push(report)
  }
  return made
}

function decode(
  sent: readonly Uint8Array[],
  options: ConstructorParameters<typeof HidPosDecoder>[0] = {},
): HidPosOutcome[] {
  const decoder = new HidPosDecoder(options)
  return [...sent.flatMap(report => decoder.push(report)), ...decoder.flush()]
}

describe('report 2 as makers print it', () => {
  // The manual of Access-IS LSR118, appendix B.1.1: 60 bytes of an Aztec or QR code in two reports, 56 and 4 bytes; the
  // text here is our own.
  test('60 bytes in two reports', () => {
    const text = `${'M1'.padEnd(56, 'X')}WXYZ`
    const sent = reports(utf8(text), ']Q0')
    expect(sent.map(report => [report[0], report[1], report[63]])).toEqual([
      [2, 0x38, 1],
      [2, 4, 0],
    ])
    expect(decode(sent)).toEqual([{ kind: 'barcode', data: utf8(text), symbology: ']Q0' }])
  })

  test('one report of a short code, one of exactly 56 bytes, and a card of five reports', () => {
    const card = utf8(`999160012345||${'Trần Thị Bình '.repeat(13)}|15011960|Nữ|Hà Nội|10052021`)
    const codes = [utf8('999160012345'), new Uint8Array(56).fill(0x41), card]
    const sent = codes.flatMap(code => reports(code))
    expect(sent.length).toBe(1 + 1 + Math.ceil(card.length / 56))
    expect(decode(sent)).toEqual(codes.map(data => ({ kind: 'barcode', data, symbology: ']Q1' })))
  })

  test('reports of other ids and empty ones are passed over, even between the parts of a code', () => {
    const [first, second] = reports(new Uint8Array(80).fill(0x42)) as [Uint8Array, Uint8Array]
    const other = Uint8Array.of(4, 1, 2, 3)
    expect(decode([other, new Uint8Array(64).fill(0).fill(2, 0, 1), first, other, second])).toEqual([
      { kind: 'barcode', data: new Uint8Array(80).fill(0x42), symbology: ']Q1' },
    ])
  })

  test('a device that gives no AIM identifier', () => {
    expect(decode(reports(utf8('abc'), '\0\0\0'))).toEqual([{ kind: 'barcode', data: utf8('abc'), symbology: null }])
  })
})

describe('what goes wrong', () => {
  const [first, second] = reports(new Uint8Array(80).fill(0x42)) as [Uint8Array, Uint8Array]

  test('the last report does not come', () => {
    expect(decode([first])).toEqual([
      { kind: 'malformed', fault: 'PART_MISSING', bytes: new Uint8Array(56).fill(0x42) },
    ])
  })

  test('another code begins instead: the first is given up, the second is whole', () => {
    const outcomes = decode([first, ...reports(utf8('hai'), ']d2')])
    expect(outcomes.map(one => (one.kind === 'barcode' ? one.symbology : one.fault))).toEqual(['PART_MISSING', ']d2'])
  })

  test('a length beyond the field, and reports that end too soon', () => {
    const tooLarge = first.with(1, 57)
    expect(decode([tooLarge])).toEqual([{ kind: 'malformed', fault: 'LENGTH_WRONG', bytes: tooLarge }])
    for (const length of [1, 2, 4, 40, 63]) {
      expect(decode([first.slice(0, length)])).toMatchObject([{ kind: 'malformed', fault: 'SHORT' }])
    }
  })

  test('a report cut behind its data, as some systems do, is whole when its data are not full', () => {
    expect(decode([(reports(utf8('abc'))[0] as Uint8Array).slice(0, 8)])).toMatchObject([
      { kind: 'barcode', data: utf8('abc') },
    ])
  })

  test('parts without end are given up at the bound', () => {
    const outcomes = decode(
      Array.from({ length: 50 }, () => first),
      { longest: 1000 },
    )
    expect(outcomes.filter(one => one.kind === 'malformed' && one.fault === 'TOO_LONG').length).toBeGreaterThan(0)
    for (const one of outcomes) expect(one.kind === 'malformed' && one.bytes.length <= 1000).toBe(true)
  })

  test('after a fault the next code is read', () => {
    expect(decode([first, second.with(1, 200), ...reports(utf8('sau'))]).at(-1)).toMatchObject({ data: utf8('sau') })
  })
})

describe('properties', () => {
  const layouts: HidPosLayout[] = [
    HID_POS_LAYOUT,
    { reportId: null, length: 0, symbology: null, data: 1, dataLength: 62, continued: { byte: 63, bit: 7 } },
  ]

  test('codes of any bytes come out as they went in', () => {
    const codes = fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { maxLength: 6 })
    fc.assert(
      fc.property(codes, fc.constantFrom(...layouts), (data, layout) => {
        const outcomes = decode(
          data.flatMap(code => reports(code, ']Q1', layout)),
          { layout },
        )
        expect(outcomes.map(one => one.kind === 'barcode' && one.data)).toEqual(data)
      }),
      { numRuns: runs / 4 },
    )
  })

  test('hostile reports: never throws, never holds more than allowed', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 70 }),
      fc
        .uint8Array({ minLength: 64, maxLength: 64 })
        .map(report => report.with(0, 2).with(1, (report[1] as number) % 60)),
    )
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 40 }), sent => {
        for (const one of decode(sent, { longest: 200 })) {
          const bytes = one.kind === 'barcode' ? one.data : one.bytes
          expect(bytes.length).toBeLessThanOrEqual(200)
        }
      }),
      { numRuns: runs },
    )
  })
})
