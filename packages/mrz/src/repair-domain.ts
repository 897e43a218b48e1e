/** What may stand in each place of an MRZ by its layout, and what follows from the shape of what was read. */
import { MRZ_LAYOUTS, type MrzFieldName, type MrzLayout, type MrzWindow, windowOf } from './layout.ts'
import { CONFUSION_COST, isMrzCharacter, misreadingCost } from './ocr-confusion.ts'

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const digitsOrFiller = `${digits}<`
const lettersOrFiller = `${letters}<`
const digitsAndLetters = `${digits}${letters}`
const anything = `${digits}${letters}<`

/** 9303-4, -5, -6, -7: the first letter of the document code. */
const firstLetters: Readonly<Record<MrzLayout['format'], string>> = {
  TD1: 'IAC',
  TD2: 'IAC',
  TD3: 'P',
  'MRV-A': 'V',
  'MRV-B': 'V',
}

const vietnamese: Readonly<Partial<Record<MrzFieldName, string>>> = {
  documentCode: 'ID',
  issuingState: 'VNM',
  nationality: 'VNM',
  optionalData2: '<<<<<<<<<<<',
}

/** Columns (from 0, in the optional data) behind the check digit of a document number that goes on there. */
export type LongNumberEnd = number | undefined

/** The characters that may stand in a column of a window. */
export function domainAt(
  layout: MrzLayout,
  window: MrzWindow,
  column: number,
  given: { readonly vietnamese: boolean; readonly lines: readonly string[]; readonly end: LongNumberEnd },
): string {
  const { field } = window
  const index = column - window.from
  const read = readAt(given.lines, window.line, column)
  if (given.vietnamese) {
    const fixed = vietnamese[field]?.charAt(index)
    if (fixed !== undefined) return fixed
    if (field === 'documentNumber') return digits
    if (field === 'optionalData1') return index === 12 || index === 13 ? '<' : digits
  }
  switch (field) {
    case 'documentCode':
      // A letter that 9303 does not have there is left as it is; but visas are told by theirs.
      if (index > 0) return lettersOrFiller
      return /[A-Z]/.test(read) && firstLetters[layout.format] !== 'V' ? letters : firstLetters[layout.format]
    case 'issuingState':
    case 'nationality':
      return index === 0 ? letters : lettersOrFiller
    case 'name':
      return lettersOrFiller
    case 'sex':
      return 'MF<'
    case 'dateOfBirth':
      // Fillers stand for an unknown part (9303-3 §4.8).
      return read === '<' || !isMrzCharacter(read) || (!given.vietnamese && like(read, '<')) ? digitsOrFiller : digits
    case 'documentNumberCheckDigit':
      return given.end === undefined ? digits : '<'
    case 'optionalDataCheckDigit':
      return digitsOrFiller
    case 'dateOfBirthCheckDigit':
    case 'dateOfExpiryCheckDigit':
    case 'compositeCheckDigit':
    case 'dateOfExpiry':
      return digits
    case 'documentNumber':
    case 'optionalData2':
      return anything
    case 'optionalData1': {
      if (given.end === undefined || index > given.end) return anything
      if (index === given.end) return '<'
      return index === given.end - 1 ? digits : digitsAndLetters
    }
  }
}

/** The column from which the name line holds fillers only, by its shape: behind three fillers, or the second time that
 * two stand together, when whatever follows is usually taken for a filler. One past the line's end when there is none,
 * and when letters follow so closely that one letter taken for a filler would make them a name: THI<<E may be THI<LE. */
export function fillerTail(layout: MrzLayout, lines: readonly string[]): number {
  const window = windowOf(layout, 'name')
  if (window === undefined) return Number.POSITIVE_INFINITY
  const text = (lines[window.line - 1] ?? '').slice(window.from - 1, window.to)
  let doubled = 0
  for (const run of text.matchAll(/<{2,}/g)) {
    doubled++
    if (run[0].length === 2 && doubled < 2) continue
    const rest = text.slice(run.index)
    const surelyApart = run[0].length > (doubled === 1 ? 3 : 2) || run[0].length === rest.length
    return surelyApart && [...rest].every(character => like(character, '<'))
      ? window.from + run.index
      : Number.POSITIVE_INFINITY
  }
  return Number.POSITIVE_INFINITY
}

/** What was read in a place; empty past the end of its line. */
export function readAt(lines: readonly string[], line: number, column: number): string {
  return lines[line - 1]?.charAt(column - 1) ?? ''
}

/** Whether what was read is the character or usually taken for it. */
export function like(read: string, character: string): boolean {
  return misreadingCost(read, character) <= CONFUSION_COST.lessUsual
}

/** Whether lines of a TD1's shape are those of a Vietnamese card, as far as its fixed characters can be made out. */
export function looksVietnamese(lines: readonly string[]): boolean {
  if (lines.length !== 3) return false
  const fixed = MRZ_LAYOUTS.TD1.windows.flatMap(window =>
    [...(vietnamese[window.field] ?? '')].map((character, i) => ({
      character,
      fits: like(readAt(lines, window.line, window.from + i), character),
    })),
  )
  const count = (of: typeof fixed): number => of.filter(({ fits }) => fits).length
  const named = fixed.filter(({ character }) => character !== '<')
  return count(named) >= named.length - 2 && count(fixed) >= fixed.length - 4
}
