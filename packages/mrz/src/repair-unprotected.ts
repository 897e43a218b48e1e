/** Where a wrong character of an MRZ is noticed by nothing. */
import { type MrzFieldName, type MrzLayout, windowOf } from './layout.ts'
import { USUAL_CONFUSIONS } from './ocr-confusion.ts'
import type { KnownFromQr } from './repair-qr.ts'

/** NO_CHECK_DIGIT: no check digit and no fixed text covers it. SAME_WEIGHT: a check digit covers it, but counts the
 * characters in `alternatives`, with which it is usually confused, the same (6 and G, 1 and L, filler and K). */
export interface UnprotectedSpan {
  readonly field: MrzFieldName
  readonly line: number
  readonly from: number
  readonly to: number
  readonly why: 'NO_CHECK_DIGIT' | 'SAME_WEIGHT'
  readonly alternatives?: string
}

/** The unprotected spans in reading order; names and sex leave the list where a QR has confirmed them. */
export function unprotectedIn(given: {
  readonly layout: MrzLayout
  readonly lines: readonly string[]
  readonly vietnamese: boolean
  readonly known: KnownFromQr | undefined
  readonly agreed: boolean
}): UnprotectedSpan[] {
  const { layout, lines, vietnamese, known } = given
  const confirmed = (field: MrzFieldName): boolean =>
    given.agreed && ((field === 'name' && known?.names === true) || (field === 'sex' && known?.sex === true))
  const open: readonly MrzFieldName[] = vietnamese
    ? ['sex', 'name']
    : ['documentCode', 'issuingState', 'nationality', 'sex', 'name', ...(layout.composite.length === 0 ? visa : [])]
  const spans: UnprotectedSpan[] = open
    .filter(field => !confirmed(field))
    .flatMap(field => {
      const window = windowOf(layout, field)
      if (window === undefined) return []
      const { line, from, to } = window
      return [{ field, line, from, to, why: 'NO_CHECK_DIGIT' }]
    })
  if (!vietnamese) spans.push(...sameWeight(layout, lines, spans))
  return spans.sort((a, b) => a.line - b.line || a.from - b.from)
}

const visa: readonly MrzFieldName[] = ['optionalData1']
const mixed: readonly MrzFieldName[] = ['documentNumber', 'optionalData1', 'optionalData2']

function sameWeight(layout: MrzLayout, lines: readonly string[], open: readonly UnprotectedSpan[]): UnprotectedSpan[] {
  const spans: UnprotectedSpan[] = []
  for (const { field, line, from, to } of layout.windows) {
    if (!mixed.includes(field) || open.some(span => span.field === field)) continue
    for (let column = from; column <= to; column++) {
      const read = lines[line - 1]?.charAt(column - 1) ?? ''
      const alternatives = equalWeights[read]
      if (alternatives === undefined || alternatives === '') continue
      const last = spans.at(-1)
      if (last?.field === field && last.to === column - 1 && last.alternatives === alternatives) {
        spans[spans.length - 1] = { ...last, to: column }
      } else spans.push({ field, line, from: column, to: column, why: 'SAME_WEIGHT', alternatives })
    }
  }
  return spans
}

const weight = (character: string): number => (character === '<' ? 0 : Number.parseInt(character, 36) % 10)

const equalWeights: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(USUAL_CONFUSIONS).map(([character, others]) => [
    character,
    [...others].filter(other => weight(other) === weight(character)).join(''),
  ]),
)
