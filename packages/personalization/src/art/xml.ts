/**
 * The XML that a card layout may be written in: elements, attributes, text, comments and character references. Document
 * types, processing instructions and CDATA are refused, so there is no entity to expand and nothing to fetch.
 */
import { FormatError } from '@cccd/mrz'

export interface XmlElement {
  readonly name: string
  /** Without a prototype; in the order of the file. */
  readonly attributes: Readonly<Record<string, string>>
  /** Texts are unescaped. */
  readonly children: readonly (XmlElement | string)[]
}

const MOST_CHARACTERS = 4_000_000
const MOST_ELEMENTS = 50_000
const MOST_DEPTH = 64
const NAME = /[A-Za-z_][A-Za-z0-9_.:-]*/y
const BLANK = /[ \t\r\n]*/y
// Not among the characters of XML 1.0 §2.2.
const NO_CHARACTER = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The root element. Throws FormatError LAYOUT_MALFORMED with line and column, both from 1. */
export function parseXml(text: string): XmlElement {
  let at = text.startsWith('\uFEFF') ? 1 : 0
  let elements = 0

  function fail(message: string, where = at): never {
    const before = text.slice(0, where).split('\n')
    const column = (before.at(-1)?.length ?? 0) + 1
    throw new FormatError('LAYOUT_MALFORMED', message, { line: before.length, column })
  }
  function take(pattern: RegExp): string {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0] ?? ''
    at += found.length
    return found
  }
  function until(end: string, what: string): string {
    const stop = text.indexOf(end, at)
    if (stop < 0) fail(`${what} is not closed`)
    const inside = text.slice(at, stop)
    at = stop + end.length
    return inside
  }
  function unescaped(raw: string, where: number): string {
    return raw.replace(/&([^;&]{0,12};?)/g, (_, reference: string, offset: number) => {
      const name = reference.slice(0, -1)
      const digits = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(name)
      const code = digits ? Number.parseInt(digits[1] ?? (digits[2] as string), digits[1] ? 16 : 10) : -1
      const found = digits ? (code <= 0x10ffff ? String.fromCodePoint(code) : '') : (ENTITIES[name] ?? '')
      if (!reference.endsWith(';') || found === '' || NO_CHARACTER.test(found)) {
        fail('an unknown character reference', where + offset)
      }
      return found
    })
  }

  function attributesOf(): Record<string, string> {
    const attributes: Record<string, string> = Object.create(null)
    for (;;) {
      const blank = take(BLANK)
      const here = at
      const name = take(NAME)
      if (name === '') return attributes
      if (blank === '' || name === '__proto__') fail('an attribute has a name that cannot be', here)
      if (name in attributes) fail('an attribute stands twice', here)
      take(BLANK)
      if (text[at] !== '=') fail('an attribute has no value')
      at++
      take(BLANK)
      const quote = text[at]
      if (quote !== '"' && quote !== "'") fail('an attribute value is not quoted')
      const start = ++at
      const raw = until(quote, 'an attribute value')
      if (raw.includes('<')) fail('an attribute value holds <', start)
      attributes[name] = unescaped(raw, start)
    }
  }

  function element(depth: number): XmlElement {
    if (depth > MOST_DEPTH) fail('elements are nested too deep')
    if (++elements > MOST_ELEMENTS) fail('there are too many elements')
    at++
    const name = take(NAME)
    if (name === '') fail('an element has no name')
    const attributes = attributesOf()
    if (text.startsWith('/>', at)) {
      at += 2
      return { name, attributes, children: [] }
    }
    if (text[at] !== '>') fail('an element is not written as it must be')
    at++
    const children: (XmlElement | string)[] = []
    for (;;) {
      const start = at
      const next = text.indexOf('<', at)
      if (next < 0) fail('an element is not closed')
      if (next > at) children.push(unescaped(text.slice(at, next), start))
      at = next
      if (text.startsWith('</', at)) break
      if (text.startsWith('<!--', at)) {
        at += 4
        until('-->', 'a comment')
      } else if (text.startsWith('<!', at) || text.startsWith('<?', at)) {
        fail('only elements, text and comments are allowed')
      } else children.push(element(depth + 1))
    }
    at += 2
    if (take(NAME) !== name) fail('an end tag has another name than its element')
    take(BLANK)
    if (text[at] !== '>') fail('an end tag is not written as it must be')
    at++
    return { name, attributes, children }
  }

  function around(): void {
    take(BLANK)
    while (text.startsWith('<!--', at)) {
      at += 4
      until('-->', 'a comment')
      take(BLANK)
    }
  }

  if (text.length > MOST_CHARACTERS) fail('the file is too long', 0)
  const odd = NO_CHARACTER.exec(text)
  if (odd) fail('a character that XML does not allow', odd.index)
  if (text.startsWith('<?xml', at)) until('?>', 'the XML declaration')
  around()
  if (text[at] !== '<' || /[!?/]/.test(text[at + 1] ?? '')) fail('there is no root element')
  const root = element(1)
  around()
  if (at < text.length) fail('something follows the root element')
  return root
}

/** Text as it stands between tags or in an attribute. Throws RangeError for characters that XML does not allow: they
 * must be refused before. */
export function escapeXml(text: string): string {
  if (NO_CHARACTER.test(text)) throw new RangeError('a character that XML does not allow')
  return text.replace(/[&<>"'\t\n\r]/g, character => {
    const name = Object.entries(ENTITIES).find(([, value]) => value === character)?.[0]
    return `&${name ?? `#${character.charCodeAt(0)}`};`
  })
}

/** The element and all in it as text; `parseXml` gives it back. */
export function formatXml(element: XmlElement): string {
  const parts: string[] = []
  write(element, parts)
  return parts.join('')
}

function write({ name, attributes, children }: XmlElement, parts: string[]): void {
  parts.push('<', name)
  for (const key of Object.keys(attributes)) parts.push(' ', key, '="', escapeXml(attributes[key] as string), '"')
  if (children.length === 0) {
    parts.push('/>')
    return
  }
  parts.push('>')
  for (const child of children) {
    if (typeof child === 'string') parts.push(escapeXml(child))
    else write(child, parts)
  }
  parts.push('</', name, '>')
}

/** An element; attributes that are undefined are left out, numbers are written with at most six decimals. */
export function xml(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  children: readonly (XmlElement | string)[] = [],
): XmlElement {
  const written: Record<string, string> = Object.create(null)
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) written[key] = typeof value === 'number' ? decimal(value) : value
  }
  return { name, attributes: written, children }
}

function decimal(value: number): string {
  return String(Number(value.toFixed(6)))
}
