import { FormatError } from '@cccd/mrz'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeXml, formatXml, parseXml, type XmlElement, xml } from './xml.ts'

const refusal = (text: string): unknown => {
  try {
    parseXml(text)
    return null
  } catch (error) {
    return error instanceof FormatError ? [error.code, error.facts.line, error.facts.column] : error
  }
}

test('elements, attributes, texts and references are read; comments are not', () => {
  const text = `\uFEFF<?xml version="1.0"?>\n<!-- one -->\n<svg a='1 "x"' b="&lt;&#65;&#x1EA4;">Xin <!-- two --><b/>ch&amp;o</svg> <!-- three -->\n`
  expect(formatXml(parseXml(text))).toBe('<svg a="1 &quot;x&quot;" b="&lt;AẤ">Xin <b/>ch&amp;o</svg>')
})

test('whatever could expand, fetch or run is refused, and so is what is not well formed', () => {
  for (const text of [
    '<!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>',
    '<svg>&nbsp;</svg>',
    '<svg>&a</svg>',
    '<svg>&#0;</svg>',
    '<svg>&#xD800;</svg>',
    '<svg>&#x110000;</svg>',
    '<svg><![CDATA[x]]></svg>',
    '<svg><?php x?></svg>',
    '<svg a="1" a="2"/>',
    '<svg a="<"/>',
    '<svg a=1/>',
    '<svg a="1"b="2"/>',
    '<svg __proto__="1"/>',
    '<svg><g></svg>',
    '<svg>',
    '<svg/><svg/>',
    '',
    'svg',
    '<svg>\u0001</svg>',
    `${'<g>'.repeat(70)}${'</g>'.repeat(70)}`,
    `<svg>${'<g/>'.repeat(50_001)}</svg>`,
  ]) {
    expect([text.slice(0, 40), (refusal(text) as unknown[] | null)?.[0]]).toEqual([
      text.slice(0, 40),
      'LAYOUT_MALFORMED',
    ])
  }
})

test('a fault is told with its line and column', () => {
  expect(refusal('<svg>\n  <g>&bad;</g>\n</svg>')).toEqual(['LAYOUT_MALFORMED', 2, 6])
  expect(refusal('<svg>\n <g x="1" x="2"/></svg>')).toEqual(['LAYOUT_MALFORMED', 2, 11])
})

const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/).filter(one => one !== '__proto__')
const clean = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .filter(text => !/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text))
const element: fc.Arbitrary<XmlElement> = fc.letrec<{ element: XmlElement }>(tie => ({
  element: fc
    .record({
      name,
      attributes: fc.dictionary(name, clean, { maxKeys: 4 }),
      children: fc.array(fc.oneof({ depthSize: 'small' }, clean, tie('element')), { maxLength: 4 }),
    })
    .map(one => xml(one.name, one.attributes, one.children)),
})).element

/** Neighbouring texts become one, empty ones none. */
function joined(one: XmlElement): unknown {
  const children: unknown[] = []
  for (const child of one.children) {
    const last = children.at(-1)
    if (typeof child !== 'string') children.push(joined(child))
    else if (typeof last === 'string') children[children.length - 1] = last + child
    else if (child !== '') children.push(child)
  }
  return { name: one.name, attributes: { ...one.attributes }, children }
}

test('what is written is read back', () => {
  fc.assert(
    fc.property(element, one => {
      expect(joined(parseXml(formatXml(one)))).toEqual(joined(one))
    }),
  )
})

test('any text is either read or refused with FormatError, near XML too', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '/',
    '<svg',
    'a="',
    '"',
    '&',
    '&lt;',
    ';',
    '<!--',
    '-->',
    '<!',
    '<?',
    '=',
    "'",
    'x',
    ' ',
    '\u0000',
  )
  const nearXml = fc.array(piece, { maxLength: 30 }).map(pieces => pieces.join(''))
  fc.assert(
    fc.property(fc.oneof(nearXml, fc.string({ unit: 'binary' })), text => {
      const said = refusal(text)
      expect(said === null || (said as unknown[])[0] === 'LAYOUT_MALFORMED').toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('characters that XML cannot hold are never written', () => {
  for (const text of ['\u0000', '\u001b', '\ud800', '\uffff']) expect(() => escapeXml(text)).toThrow(RangeError)
  expect(escapeXml("<a b='\"'>&\t")).toBe('&lt;a b=&apos;&quot;&apos;&gt;&amp;&#9;')
})
