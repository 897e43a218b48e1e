import { FormatError } from '@cccd/mrz'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatScannerConfig, parseScannerConfig } from './scanner-config.ts'
import { DEFAULT_CONFIG, type ScannerConfig } from './scanner-rule.ts'

const runs = process.env.CCCD_LONG ? 50_000 : 1500

function fault(text: string): FormatError {
  try {
    parseScannerConfig(text)
  } catch (error) {
    if (error instanceof FormatError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

test('a file with everything in it', () => {
  const text = `\uFEFF{
    "pollMs": 500,
    "scanners": [
      { "kind": "serial", "label": "Quầy 1", "match": { "vendorId": "0C2E", "productId": "0B61", "serialNumber": "A1" },
        "baud": 115200, "dataBits": 8, "parity": "none", "stopBits": 1, "terminator": "line", "idleMs": 0, "longest": 8192 },
      { "kind": "hid", "match": { "path": "/dev/hidraw3" } },
      { "kind": "hid" }
    ]
  }\r\n`
  expect(parseScannerConfig(text)).toEqual({
    pollMs: 500,
    scanners: [
      {
        kind: 'serial',
        label: 'Quầy 1',
        match: { vendorId: '0c2e', productId: '0b61', serialNumber: 'A1' },
        baud: 115_200,
        dataBits: 8,
        parity: 'none',
        stopBits: 1,
        terminator: 'line',
        idleMs: 0,
        longest: 8192,
      },
      { kind: 'hid', match: { path: '/dev/hidraw3' } },
      { kind: 'hid', match: {} },
    ],
  })
})

test('the default is a configuration that the validator takes', () => {
  expect(parseScannerConfig(formatScannerConfig(DEFAULT_CONFIG))).toEqual(DEFAULT_CONFIG)
})

describe('what is refused, and the place that is named', () => {
  const serial = (more: string): string =>
    `{"scanners": [\n  {"kind": "serial", "match": {"path": "/dev/ttyACM0"}${more}}\n]}`
  test.each([
    ['not JSON', 'scanners', 1, 1, undefined],
    ['nothing', '', 1, 1, undefined],
    ['a list at the top', '[]', 1, 1, undefined],
    ['no scanners', '{}', 1, 1, undefined],
    ['a comma too many', '{"scanners": [],}', 1, 17, undefined],
    ['a comment', '{\n// x\n"scanners": []}', 2, 1, undefined],
    ['a string without end', '{"scanners": [{"kind": "serial}', 1, 24, undefined],
    ['text behind the end', '{"scanners": []} x', 1, 18, undefined],
    ['a key that stands twice', '{"scanners": [], "scanners": []}', 1, 18, undefined],
    ['a setting that does not exist', '{"scanners": [],\n "polMs": 5}', 2, 2, 'polMs'],
    ['__proto__', '{"scanners": [], "__proto__": {}}', 1, 18, '__proto__'],
    ['a rule that is no object', '{"scanners": [7]}', 1, 15, 'scanners[0]'],
    ['no kind', '{"scanners": [{"match": {"path": "x"}}]}', 1, 15, 'scanners[0]'],
    ['another kind', '{"scanners": [{"kind": "usb"}]}', 1, 24, 'scanners[0].kind'],
    ['a serial rule that names no device', '{"scanners": [{"kind": "serial"}]}', 1, 15, 'scanners[0]'],
    [
      'an id as a number',
      '{"scanners": [{"kind": "hid", "match": {"vendorId": 3118}}]}',
      1,
      53,
      'scanners[0].match.vendorId',
    ],
    [
      'an id with 0x',
      '{"scanners": [{"kind": "hid", "match": {"vendorId": "0x0c2e"}}]}',
      1,
      53,
      'scanners[0].match.vendorId',
    ],
    [
      'a product without vendor',
      '{"scanners": [{"kind": "hid", "match": {"productId": "0b61"}}]}',
      1,
      40,
      'scanners[0].match',
    ],
    ['a baud rate as text', serial(', "baud": "9600"'), 2, 65, 'scanners[0].baud'],
    ['a baud rate that is none', serial(', "baud": 9600.5'), 2, 65, 'scanners[0].baud'],
    ['a terminator that is none', serial(', "terminator": "\\r"'), 2, 71, 'scanners[0].terminator'],
    ['nothing that would end a text', serial(', "terminator": "idle", "idleMs": 0'), 2, 3, 'scanners[0]'],
    ['an empty label', serial(', "label": ""'), 2, 66, 'scanners[0].label'],
    ['a baud rate of a HID scanner', '{"scanners": [{"kind": "hid", "baud": 9600}]}', 1, 31, 'scanners[0].baud'],
    ['a depth without end', '{"scanners": '.repeat(1000), 1, undefined, undefined],
  ] as const)('%s', (_what, text, line, column, field) => {
    const { code, facts } = fault(text)
    expect(code).toBe('SCANNER_CONFIG_MALFORMED')
    expect(facts.line).toBe(line)
    if (column !== undefined) expect(facts.column).toBe(column)
    expect(facts.field).toBe(field)
  })

  test('a file of more than a million characters is not looked at', () => {
    expect(fault(' '.repeat(1_000_001)).code).toBe('SCANNER_CONFIG_MALFORMED')
  })
})

describe('properties', () => {
  const hex = fc.integer({ min: 0, max: 0xffff }).map(id => id.toString(16).padStart(4, '0'))
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter(text => /^\P{Cc}{1,80}$/u.test(text))
  const maybe = <T>(values: Record<string, fc.Arbitrary<T>>): fc.Arbitrary<Record<string, T>> =>
    fc.record(values, { requiredKeys: [] }) as never
  const ids = fc.oneof(maybe({ vendorId: hex, serialNumber: name }), fc.record({ vendorId: hex, productId: hex }))
  const rule = fc.oneof(
    fc
      .tuple(maybe({ label: name, longest: fc.integer({ min: 256, max: 1e6 }) as never }), ids)
      .map(([more, match]) => ({ kind: 'hid', ...more, match })),
    fc
      .tuple(
        maybe<unknown>({
          label: name,
          baud: fc.integer({ min: 50, max: 4_000_000 }),
          parity: fc.constantFrom('none', 'even', 'odd'),
          terminator: fc.constantFrom('line', 'nul', 'tab', 'etx', 'idle'),
          idleMs: fc.integer({ min: 1, max: 60_000 }),
        }),
        name,
      )
      .map(([more, path]) => ({ kind: 'serial', ...more, match: { path } })),
  )

  test('a configuration written and read is the same', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 5 }), scanners => {
        const config = { scanners } as unknown as ScannerConfig
        expect(parseScannerConfig(formatScannerConfig(config))).toEqual(config)
      }),
      { numRuns: runs / 5 },
    )
  })

  test('JSON is taken and refused as JSON.parse does; hostile text throws nothing but FormatError', () => {
    const good = formatScannerConfig(DEFAULT_CONFIG)
    const mutated = fc
      .array(fc.tuple(fc.nat(good.length), fc.nat(4), fc.string({ maxLength: 3 })), { minLength: 1, maxLength: 4 })
      .map(changes => changes.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), good))
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 100 }), fc.json(), mutated), text => {
        let refused = false
        try {
          parseScannerConfig(text)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
          refused = true
        }
        if (!refused) expect(() => JSON.parse(text)).not.toThrow()
      }),
      { numRuns: runs },
    )
  })
})
