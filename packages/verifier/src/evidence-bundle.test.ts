import { fromUtf8, utf8 } from '@cccd/card-core'
import { holders, testDocument } from '@cccd/fixtures'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BUNDLE_CODES, BundleError } from './bundle-code.ts'
import { canonicalJson } from './canonical-json.ts'
import { BUNDLE_FILES, type BundleContents, bundleBytes, parseBundleBytes } from './evidence-bundle.ts'
import { honestContents, OWN_CHALLENGE } from './testing/bundle.ts'

const made = await testDocument()
const contents = honestContents(made, {
  challenge: OWN_CHALLENGE,
  consent: {
    purpose: 'kyc',
    textVersion: '3',
    textDigest: 'ab'.repeat(32),
    givenAt: '2026-06-15T08:59:00.000Z',
    by: 't1',
  },
})
const bytes = bundleBytes(contents)

function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof BundleError) return `${error.refusal} ${error.place}`
    throw error
  }
  return 'none'
}

/** The payload with one member changed, written canonically again. */
function changed(change: (value: Record<string, unknown>) => void): Uint8Array {
  const value = JSON.parse(fromUtf8(bytes))
  change(value)
  return utf8(canonicalJson(value))
}

describe('the contents of a bundle', () => {
  test('come back as they went in, files and evidence byte for byte', () => {
    const { report, ...kept } = parseBundleBytes(bytes)
    const { report: _report, files, ...given } = contents
    expect(kept).toEqual({
      ...given,
      files: Object.fromEntries(BUNDLE_FILES.map(name => [name, files[name]]).filter(([, one]) => one)),
    })
    expect(kept.evidence.activeAuthentication).toMatchObject({ challenge: OWN_CHALLENGE, source: 'relying-party' })
    expect(report).toMatchObject({ overall: 'successful', policy: 'kyc', trustAnchors: contents.trustStore })
  })

  test('are the same bytes whatever the order of members was', () => {
    const reversed = (value: unknown): unknown =>
      typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([name, one]) => [name, reversed(one)]),
          )
        : value
    expect(bundleBytes(reversed(contents) as BundleContents)).toEqual(bytes)
  })

  test('hold every file that the verdict names, and never fingerprints', async () => {
    const withFingers = await testDocument({ fingerprints: true, holder: holders.woman })
    const dg3 = withFingers.document.files['EF.DG3']
    expect(dg3).toBeDefined()
    const given = { ...honestContents(withFingers), files: withFingers.document.files }
    const { files } = parseBundleBytes(bundleBytes(given))
    expect(Object.keys(files).sort()).toEqual(
      ['EF.COM', 'EF.CardAccess', 'EF.DG1', 'EF.DG13', 'EF.DG14', 'EF.DG15', 'EF.DG2', 'EF.SOD'].sort(),
    )
  })

  test('have no printed data and no consent where none were given', () => {
    const { printed: _p, ...rest } = honestContents(made)
    const value = JSON.parse(fromUtf8(bundleBytes(rest)))
    expect(Object.keys(value)).not.toContain('printed')
    expect(Object.keys(value)).not.toContain('consent')
  })
})

describe('contents that are refused, with the place', () => {
  test.each<[string, (value: Record<string, unknown>) => void, string]>([
    ['another format', v => Object.assign(v, { format: 'x' }), 'NOT_A_BUNDLE payload.format'],
    ['a newer version', v => Object.assign(v, { version: 2 }), 'VERSION_UNKNOWN payload.version'],
    ['an unknown member', v => Object.assign(v, { extra: 1 }), 'CONTENTS_NOT_CANONICAL payload'],
    [
      'an unknown member of the evidence',
      v => Object.assign(v.evidence as object, { x: 1 }),
      'CONTENTS_NOT_CANONICAL payload',
    ],
    [
      'an unknown file',
      v => Object.assign(v.files as object, { 'EF.DG3': 'AAAA' }),
      'CONTENTS_MALFORMED payload.files',
    ],
    [
      'a file that is no base64url',
      v => Object.assign(v.files as object, { 'EF.SOD': '==' }),
      'CONTENTS_MALFORMED payload.files.EF.SOD',
    ],
    [
      'an empty file',
      v => Object.assign(v.files as object, { 'EF.DG1': '' }),
      'CONTENTS_MALFORMED payload.files.EF.DG1',
    ],
    ['no binding', v => Object.assign(v, { binding: undefined }), 'CONTENTS_MALFORMED payload.binding'],
    [
      'a nonce with a line feed',
      v => Object.assign(v.binding as object, { nonce: 'a\nb' }),
      'CONTENTS_MALFORMED payload.binding.nonce',
    ],
    [
      'no origin',
      v => Object.assign(v.binding as object, { origin: undefined }),
      'CONTENTS_MALFORMED payload.binding.origin',
    ],
    ['a local time', v => Object.assign(v, { time: '2026-06-15T09:00:00+07:00' }), 'CONTENTS_MALFORMED payload.time'],
    [
      'a day that is none',
      v => Object.assign(v, { time: '2026-02-30T09:00:00.000Z' }),
      'CONTENTS_MALFORMED payload.time',
    ],
    [
      'a QR of something else',
      v => Object.assign(v.printed as object, { qr: 'hello' }),
      'CONTENTS_MALFORMED payload.printed.qr',
    ],
    [
      'an MRZ of one line',
      v => Object.assign(v.printed as object, { mrz: 'IDVNM' }),
      'CONTENTS_MALFORMED payload.printed.mrz',
    ],
    ['no report', v => Object.assign(v, { report: null }), 'CONTENTS_MALFORMED payload.report'],
    [
      'a report that is no tree',
      v => Object.assign(v.report as object, { checks: 'x' }),
      'CONTENTS_MALFORMED payload.report.checks',
    ],
    [
      'an odd challenge',
      v => Object.assign((v.evidence as { activeAuthentication: object }).activeAuthentication, { challenge: 'ABC' }),
      'CONTENTS_MALFORMED payload.evidence.activeAuthentication.challenge',
    ],
    [
      'a consent without words',
      v => Object.assign(v.consent as object, { textDigest: '' }),
      'CONTENTS_MALFORMED payload.consent.textDigest',
    ],
  ])('%s', (_name, change, expected) => {
    expect(refusal(() => parseBundleBytes(changed(change)))).toBe(expected)
  })

  test('a member written twice, blanks and another order are not canonical', () => {
    const text = fromUtf8(bytes)
    for (const other of [
      text.replace('"version":1', '"version":1,"version":1'),
      text.replace('"version":1', '"version": 1'),
      `${text}\n`,
      text.replace('"version":1', '"version":1.0'),
    ]) {
      expect(refusal(() => parseBundleBytes(utf8(other)))).toBe('CONTENTS_NOT_CANONICAL payload')
    }
  })

  test('a million brackets cost nothing', () => {
    const start = performance.now()
    expect(refusal(() => parseBundleBytes(utf8('['.repeat(1_000_000))))).toBe('CONTENTS_MALFORMED payload')
    expect(performance.now() - start).toBeLessThan(200)
  })

  test('a desk does not sign what nobody can read back', () => {
    const long = { ...contents, binding: { ...contents.binding, nonce: 'x'.repeat(300) } }
    expect(refusal(() => bundleBytes(long))).toBe('CONTENTS_MALFORMED payload.binding.nonce')
    const half = { ...contents, reader: 'reader \ud800' }
    expect(refusal(() => bundleBytes(half))).toBe('CONTENTS_MALFORMED payload')
  })

  test('whatever bytes come, nothing but BundleError is thrown, and no message repeats them', () => {
    const text = fromUtf8(bytes)
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map(one => utf8(one)),
      fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
        const copy = bytes.slice()
        copy[at] = (copy[at] as number) ^ mask
        return copy
      }),
      // One member replaced by any JSON value, at any depth.
      fc.tuple(fc.nat(), fc.jsonValue()).map(([pick, value]) => {
        const all = JSON.parse(text)
        const spots: [Record<string, unknown>, string][] = []
        const walk = (node: unknown): void => {
          if (typeof node !== 'object' || node === null) return
          for (const name of Object.keys(node)) {
            spots.push([node as Record<string, unknown>, name])
            walk((node as Record<string, unknown>)[name])
          }
        }
        walk(all)
        const [node, name] = spots[pick % spots.length] as [Record<string, unknown>, string]
        node[name] = value
        return utf8(JSON.stringify(all))
      }),
    )
    let refused = 0
    fc.assert(
      fc.property(hostile, input => {
        try {
          parseBundleBytes(input)
        } catch (error) {
          expect(error).toBeInstanceOf(BundleError)
          const { refusal: code, message } = error as BundleError
          expect(message).toBe(BUNDLE_CODES[code].en)
          refused++
        }
      }),
      { numRuns: 300 },
    )
    expect(refused).toBeGreaterThan(150)
  })
})
