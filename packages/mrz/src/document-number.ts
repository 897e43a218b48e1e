import { type MrzLayout, textAt, windowOf } from './layout.ts'

/** The document number as a layout has it, whole, and where its check digit stands. */
export interface DocumentNumber {
  /** Without trailing fillers. */
  readonly number: string
  readonly long: boolean
  /** Line, column (from 1) and character of the check digit. */
  readonly line: number
  readonly column: number
  readonly printedCheckDigit: string
  /** Characters of the optional data that belong to the number: continuation, check digit and one filler. */
  readonly taken: number
}

/** 9303-5, 9303-6: a filler in place of the check digit says that a number of more than nine characters goes on at the
 * start of the optional data, followed there by its check digit and a filler. */
export function readDocumentNumber(layout: MrzLayout, lines: readonly string[]): DocumentNumber {
  const numberAt = windowOf(layout, 'documentNumber')
  const checkAt = windowOf(layout, 'documentNumberCheckDigit')
  const optionalAt = windowOf(layout, 'optionalData1')
  if (numberAt === undefined || checkAt === undefined || optionalAt === undefined) throw new TypeError(layout.format)
  const first = textAt(lines, numberAt)
  const printedCheckDigit = textAt(lines, checkAt)
  const optional = textAt(lines, optionalAt)
  const goesOn = printedCheckDigit === '<' && !first.endsWith('<') && !optional.startsWith('<')
  if (!layout.longDocumentNumber || !goesOn) {
    const { line, from: column } = checkAt
    return { number: withoutFillers(first), long: false, line, column, printedCheckDigit, taken: 0 }
  }
  const end = optional.indexOf('<')
  const run = end < 0 ? optional : optional.slice(0, end)
  return {
    number: first + run.slice(0, -1),
    long: true,
    line: optionalAt.line,
    column: optionalAt.from + run.length - 1,
    printedCheckDigit: run.slice(-1),
    taken: end < 0 ? run.length : run.length + 1,
  }
}

/** The text without its trailing fillers. */
export function withoutFillers(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 0x3c) end--
  return end === text.length ? text : text.slice(0, end)
}
