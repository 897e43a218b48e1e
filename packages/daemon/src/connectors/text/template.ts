/**
 * Templates for programs that only know a keyboard or a COM port: `{fullName|upper}{TAB}{dateOfBirth|yyyyMMdd}{ENTER}`.
 * `{{` and `}}` stand for the braces themselves. Keys are named, never typed: a template holds no control character, and
 * a value cannot bring one along, so that what is written on a card cannot press ENTER.
 */
import { FormatError } from '@cccd/mrz'
import type { ReadPerson } from '../../person.ts'
import { harmless } from '../harmless.ts'
import { formatDate, formatTime, isDatePattern, isTimePattern } from './date-pattern.ts'
import { isTemplateName, type TemplateName, templateValue } from './template-value.ts'

export type Key = 'TAB' | 'ENTER' | 'CR' | 'LF' | 'ESC'

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'value'; readonly name: TemplateName; readonly filters: readonly Filter[] }

type Filter =
  | { readonly kind: 'date'; readonly pattern: string }
  | { readonly kind: 'time'; readonly pattern: string }
  /** One word for each of the value's cases, in their order. */
  | { readonly kind: 'choice'; readonly words: readonly string[] }
  | { readonly kind: 'upper' }
  | { readonly kind: 'lower' }
  | { readonly kind: 'ascii' }

export interface Template {
  readonly parts: readonly Part[]
}

const KEYS: Readonly<Record<Exclude<Key, 'ENTER'>, string>> = { TAB: '\t', CR: '\r', LF: '\n', ESC: '\u001b' }

/** Reads a template. Throws FormatError CONNECTOR_CONFIG_MALFORMED with the column, from 1. */
export function parseTemplate(text: string): Template {
  const parts: Part[] = []
  let literal = ''
  const control = text.search(/\p{Cc}/u)
  if (control >= 0) throw fault('phím ghi trong ngoặc, như {TAB} / a key is named in braces, such as {TAB}', control)
  for (let at = 0; at < text.length; ) {
    const sign = text[at] as string
    if (text.startsWith('{{', at) || text.startsWith('}}', at)) {
      literal += sign
      at += 2
    } else if (sign === '}') {
      throw fault(
        'dấu } này thừa; }} là chính dấu ngoặc / this brace closes nothing; }} stands for the brace itself',
        at,
      )
    } else if (sign === '{') {
      const end = text.indexOf('}', at)
      if (end < 0) throw fault('dấu { này chưa đóng / this brace is never closed', at)
      if (literal !== '') parts.push({ kind: 'text', text: literal })
      literal = ''
      parts.push(placeholder(text.slice(at + 1, end), at))
      at = end + 1
    } else {
      literal += sign
      at++
    }
  }
  if (literal !== '') parts.push({ kind: 'text', text: literal })
  return { parts }
}

/** What is wrong with a template, with its column; null when nothing is. */
export function templateFault(text: string): string | null {
  try {
    parseTemplate(text)
    return null
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return `${error.message} (column ${error.facts.column})`
  }
}

/** The text for this person; what the reading did not give is left out. `enter` is what {ENTER} becomes. */
export function renderTemplate(template: Template, person: ReadPerson, enter: string): string {
  return template.parts
    .map(part => {
      if (part.kind === 'text') return part.text
      if (part.kind === 'key') return part.key === 'ENTER' ? enter : KEYS[part.key]
      const value = templateValue(person, part.name)
      if (value === null) return ''
      let text = harmless(value.text)
      for (const filter of part.filters) {
        if (filter.kind === 'choice') text = filter.words[value.index ?? -1] ?? ''
        else text = filtered(text, filter)
      }
      return text
    })
    .join('')
}

function filtered(text: string, filter: Exclude<Filter, { kind: 'choice' }>): string {
  switch (filter.kind) {
    case 'date':
      return formatDate(text, filter.pattern)
    case 'time':
      return formatTime(text, filter.pattern)
    case 'upper':
      return text.toLocaleUpperCase('vi')
    case 'lower':
      return text.toLocaleLowerCase('vi')
    case 'ascii':
      return toAscii(text)
  }
}

/** Vietnamese letters without their marks; what has no plain letter becomes a question mark. */
export function toAscii(text: string): string {
  const plain = text.normalize('NFD').replace(/\p{Mn}/gu, '')
  return plain
    .replaceAll('đ', 'd')
    .replaceAll('Đ', 'D')
    .replace(/[^\0-\u007f]/gu, '?')
}

function placeholder(text: string, at: number): Part {
  const [name = '', ...given] = text.split('|')
  if (name === 'ENTER' || Object.hasOwn(KEYS, name)) {
    if (given.length > 0) throw fault('sau tên phím không có | / a key takes nothing behind |', at)
    return { kind: 'key', key: name as Key }
  }
  if (!isTemplateName(name))
    throw fault('không có trường hay phím nào tên này / there is neither a field nor a key of this name', at)
  let column = at + 1 + name.length + 1
  const filters = given.map(word => {
    const filter = filterOf(name, word, column)
    column += word.length + 1
    return filter
  })
  return { kind: 'value', name, filters }
}

const CHOICES: Partial<Readonly<Record<TemplateName, readonly number[]>>> = { sex: [2, 3], verdict: [4] }

function filterOf(name: TemplateName, word: string, at: number): Filter {
  if (word === 'upper' || word === 'lower' || word === 'ascii') return { kind: word }
  const counts = CHOICES[name]
  if (counts !== undefined) {
    const words = word.split(',')
    if (counts.includes(words.length)) return { kind: 'choice', words }
    throw fault(
      `cần ${counts.join('/')} từ cách nhau dấu phẩy / ${counts.join(' or ')} words parted by commas should stand here`,
      at,
    )
  }
  if (name === 'readAt') {
    if (isTimePattern(word)) return { kind: 'time', pattern: word }
    throw fault('cần dạng như yyyy-MM-dd HH:mm:ss / a time such as yyyy-MM-dd HH:mm:ss should stand here', at)
  }
  if (isDateName(name)) {
    if (isDatePattern(word)) return { kind: 'date', pattern: word }
    throw fault('cần dạng như dd/MM/yyyy, yyyyMMdd / a date such as dd/MM/yyyy or yyyyMMdd should stand here', at)
  }
  throw fault('cần upper, lower hoặc ascii / upper, lower or ascii should stand here', at)
}

function isDateName(name: TemplateName): boolean {
  return /^dateOf|Valid(?:From|To)$|^insurance\.(?:valid|fiveYears)/.test(name)
}

function fault(message: string, at: number): FormatError {
  return new FormatError('CONNECTOR_CONFIG_MALFORMED', message, { field: 'template', column: at + 1 })
}
