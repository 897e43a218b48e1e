import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { FormatError } from '@cccd/mrz'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type FontFace, parseFont } from './font.ts'
import { TEXT_FIELDS } from './frame.ts'
import { type CardLayout, CONDITIONS, checkLayout, parseLayoutSide, REQUIRED_FIELDS } from './layout.ts'

const require = createRequire(import.meta.url)
const fonts: FontFace[] = ['400Regular', '500Medium', '600SemiBold', '700Bold'].map(weight =>
  parseFont(
    Uint8Array.from(
      readFileSync(require.resolve(`@expo-google-fonts/be-vietnam-pro/${weight}/BeVietnamPro_${weight}.ttf`)),
    ),
  ),
)
// Of OCR-B the check asks for nothing but that it is there.
const withOcrB = [...fonts, { ...(fonts[0] as FontFace), family: 'OCR B' }]

const CARDS = ['2021', '2024'] as const
const text = (card: string, side: string): string =>
  readFileSync(new URL(`../../layouts/${card}/${side}.svg`, import.meta.url), 'utf8')
const layout = (card: string, change: (svg: string) => string = svg => svg): CardLayout => ({
  front: parseLayoutSide(change(text(card, 'front'))),
  back: parseLayoutSide(change(text(card, 'back'))),
})
const check = (card: string, change?: (svg: string) => string) => checkLayout(layout(card, change), withOcrB)

/** The line of a frame, so that a test can take or change it. */
const line = (field: string): RegExp => new RegExp(`^ *<rect data-field="${field}".*$`, 'm')

test('the layouts that ship have every field of their card and break no rule', () => {
  for (const card of CARDS) expect(check(card)).toEqual([])
})

test("the operator's page names every field and every rule of a frame", () => {
  const page = readFileSync(new URL('../../../../docs/card-layouts.md', import.meta.url), 'utf8')
  const code = readFileSync(new URL('./frame.ts', import.meta.url), 'utf8')
  const rules = [...code.matchAll(/'(data-[a-z-]+)'/g)].map(([, rule]) => rule as string)
  const names = [...TEXT_FIELDS, 'portrait', 'qr', 'mrz', ...CONDITIONS, ...rules]
  expect(rules.length).toBeGreaterThan(12)
  expect(names.filter(name => !page.includes(`\`${name}\``) && !page.includes(`\`${name}=`))).toEqual([])
  for (const card of CARDS) {
    const row = page.split('\n').find(line => line.startsWith(`| ${card} |`)) ?? ''
    const { front, back } = REQUIRED_FIELDS[card]
    expect(row).toBe(`| ${card} | ${front.join(', ')} | ${back.join(', ')} |`)
  }
})

test('each field that is missing is named, with its side', () => {
  for (const card of CARDS) {
    for (const side of ['front', 'back'] as const) {
      for (const field of REQUIRED_FIELDS[card][side]) {
        expect(check(card, svg => svg.replace(line(field), ''))).toEqual([{ side, field, reason: 'missing' }])
      }
    }
  }
})

describe('what the check finds', () => {
  const first = (change: (svg: string) => string) => check('2021', change)
  test('a field that stands twice, and frames that lie over one another', () => {
    expect(first(svg => svg.replace(line('sex'), '$&\n$&'))).toEqual([
      { side: 'front', field: 'sex', reason: 'twice' },
      { side: 'front', field: 'sex', reason: 'overlap' },
    ])
    const moved = first(svg =>
      svg.replace(/(data-field="dateOfBirth" x=)"45.5"/, '$1"62"').replace('y="29.9"', 'y="21"'),
    )
    expect(moved).toContainEqual({ side: 'front', field: 'dateOfBirth', reason: 'overlap' })
    // In the quiet zone of the QR, not yet on it.
    const close = first(svg =>
      svg.replace('data-field="personalNumber" x="27"', 'data-field="personalNumber" x="28.5"'),
    )
    expect(close).toEqual([{ side: 'front', field: 'qr', reason: 'overlap' }])
  })

  test('a frame beyond the edge, turned with its group, or drawn only sometimes', () => {
    expect(first(svg => svg.replace('data-field="nationality" x="67"', 'data-field="nationality" x="75"'))).toEqual([
      { side: 'front', field: 'nationality', reason: 'outside' },
    ])
    const group = (attributes: string) => first(svg => svg.replace(line('sex'), `<g ${attributes}>$&</g>`))
    expect(group('transform="translate(1 0)"')).toEqual([{ side: 'front', field: 'sex', reason: 'transformed' }])
    expect(group('data-when="specimen"')).toEqual([{ side: 'front', field: 'sex', reason: 'conditional' }])
  })

  test('a frame too low for its letters, and a font that is not there', () => {
    expect(first(svg => svg.replace(/(data-field="sex".* height=)"3.7"/, '$1"3"'))).toEqual([
      { side: 'front', field: 'sex', reason: 'too-low' },
    ])
    expect(checkLayout(layout('2021'), fonts)).toEqual([{ side: 'back', field: 'mrz', reason: 'font' }])
    expect(first(svg => svg.replace('font-weight="700" fill="#8a1c4a"', 'font-weight="800" fill="#8a1c4a"'))).toEqual([
      { side: 'front', reason: 'font' },
    ])
    expect(first(svg => svg.replace('Citizen identity card', '身分証'))).toEqual([{ side: 'front', reason: 'letters' }])
    const styled = (style: string) =>
      first(svg => svg.replace('<text x="27" y="13.2"', `<text style="${style}" x="27" y="13.2"`))
    expect(styled("font-family:'Be Vietnam Pro';font-weight:bold")).toEqual([])
    expect(styled('font-family:Arial')).toEqual([{ side: 'front', reason: 'font' }])
    expect(styled('font: 3px Arial')).toEqual([{ side: 'front', reason: 'font' }])
  })

  test('a side without the mark of a specimen, and sides that are mixed up', () => {
    expect(first(svg => svg.replaceAll('MẪU / SPECIMEN', 'THẺ'))).toEqual([
      { side: 'front', reason: 'no-specimen-mark' },
      { side: 'back', reason: 'no-specimen-mark' },
    ])
    const { front, back } = layout('2024')
    const reasons = checkLayout({ front: back, back: front }, withOcrB).map(({ reason }) => reason)
    expect(reasons).toContain('wrong-side')
    const mixed = checkLayout({ front: layout('2021').front, back }, withOcrB)
    expect(mixed).toContainEqual({ side: 'back', reason: 'wrong-card' })
  })
})

test('what could fetch a file, run or hide is refused', () => {
  const put = (piece: string) => () => parseLayoutSide(text('2021', 'back').replace('</svg>', `${piece}</svg>`))
  for (const piece of [
    '<script>1</script>',
    '<style>text{font-family:Arial}</style>',
    '<foreignObject/>',
    '<image href="file:///etc/hostname"/>',
    '<image xlink:href="/etc/hostname"/>',
    '<image href="data:image/svg+xml;base64,PHN2Zy8+"/>',
    '<use href="other.svg#a"/>',
    '<a href="https://x"><rect/></a>',
    '<rect fill="url(file:///x)"/>',
    '<rect style="fill:url( \'http://x\')"/>',
    '<rect onclick="x()"/>',
    '<rect filter="url(#blur)"/>',
    '<rect data-when="tuesday"/>',
    '<g data-panel="gold"/>',
    '<filter id="f"/>',
    '<animate/>',
    '<svg:script/>',
  ]) {
    const attempt = put(piece)
    if (piece === '<svg:script/>') expect(JSON.stringify(attempt().root)).not.toContain('script')
    else expect([piece, faultOf(attempt)]).toEqual([piece, 'LAYOUT_MALFORMED'])
  }
  for (const piece of [
    '<image href="data:image/png;base64,AAAA" width="1" height="1"/>',
    '<rect style="fill:url( \'#ground\' )"/>',
    '<use href="#a"/>',
  ]) {
    expect(put(piece)).not.toThrow()
  }
})

function faultOf(attempt: () => unknown): string | null {
  try {
    attempt()
    return null
  } catch (error) {
    return error instanceof FormatError ? error.code : String(error)
  }
}

test('a rule that is misspelt or out of range is refused with its field', () => {
  const put = (change: string, by: string) => () => parseLayoutSide(text('2021', 'front').replace(change, by))
  for (const [change, by, field] of [
    ['data-floor="3.2"', 'data-flor="3.2"', 'personalNumber'],
    ['data-floor="3.2"', 'data-floor="9"', 'personalNumber'],
    ['data-size="3.6"', 'data-size="big"', 'personalNumber'],
    ['data-size="3.6"', '', 'personalNumber'],
    ['data-case="upper"', 'data-case="caps"', 'fullName'],
    ['data-abbreviate="place"', 'data-abbreviate="names"', 'placeOfOrigin'],
    ['data-field="sex"', 'data-field="gender"', 'gender'],
    ['data-field="sex" x="38"', 'data-field="sex" x="-1"', 'sex'],
    ['width="18" height="18"', 'width="18" height="17"', 'qr'],
    ['data-module="0.25"', 'data-module="0"', 'qr'],
    ['data-ink="#111111"', 'data-ink="red"', 'dateOfExpiry'],
  ] as const) {
    expect(put(change, by)).toThrow(expect.objectContaining({ code: 'LAYOUT_MALFORMED', facts: { field } }))
  }
})

test('what drawing programs add for themselves is left out', () => {
  const svg = text('2021', 'back')
    .replace('<svg ', '<svg xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape" inkscape:version="1" ')
    .replace('</svg>', '<sodipodi:namedview/><metadata><a:b/></metadata></svg>')
    .replace('<rect data-field="mrz"', '<rect inkscape:label="MRZ" data-field="mrz"')
  const { root, frames } = parseLayoutSide(svg)
  expect(JSON.stringify(root)).not.toMatch(/inkscape|sodipodi|metadata/)
  expect(frames.map(({ frame }) => frame.field)).toContain('mrz')
})

test('a layout damaged anywhere is read or refused with FormatError', () => {
  const svg = text('2024', 'back')
  const damage = fc.array(
    fc.tuple(
      fc.nat(svg.length),
      fc.constantFrom('', '"', '<', '>', '/', '&', ' data-', '-', '9', '\u0000', 'Ẩ', '='),
      fc.nat(3),
    ),
    { minLength: 1, maxLength: 4 },
  )
  fc.assert(
    fc.property(damage, changes => {
      let bad = svg
      for (const [at, by, gone] of changes) bad = bad.slice(0, at) + by + bad.slice(at + gone)
      expect([null, 'LAYOUT_MALFORMED']).toContain(
        faultOf(() => {
          const side = parseLayoutSide(bad)
          checkLayout({ front: side, back: side }, fonts)
        }),
      )
    }),
    { numRuns: 300 },
  )
})
