/**
 * Which characters of OCR-B a reader takes for which: the usual confusions as data. A cost says how far a reading lies
 * from what is meant: 0 the same, 2 and 3 usual, 4 unreadable, 5 anything else.
 */

/** Of a pair that every reader confuses, of one that some do, of a sign that says nothing, of any other. */
export const CONFUSION_COST = { usual: 2, lessUsual: 3, unreadable: 4, other: 5 } as const

/** Pairs, in both directions. Digits with digits too: worn print and bad light do that. */
const usual = '0O 1I 2Z 5S 6G 8B <K'
const lessUsual = '0D 0Q OD OQ DQ 1L IL 4A 7T <C <L <E <X CG UV VY VU MN NH MH EF PR KX 08 06 17 27 35 38 49 56 68 89'

/** What other signs may stand for, likeliest first; a small letter may also be its capital. */
const foreign: Readonly<Record<string, string>> = {
  o: '0O',
  l: '1IL',
  i: '1I',
  '|': '1I',
  '!': '1I',
  ']': '1I',
  '/': '1',
  z: '2Z',
  s: '5S',
  $: '5S',
  '§': '5S',
  b: '68',
  '&': '8',
  g: '9',
  q: '9',
  '@': '0Q',
  '(': '<C',
  '[': '<C',
  '{': '<',
  '‹': '<',
  '«': '<',
  '>': '<',
  c: '<C',
  k: '<K',
  '€': 'CE',
}

const pairs = new Map<string, number>()
for (const [list, cost] of [
  [usual, CONFUSION_COST.usual],
  [lessUsual, CONFUSION_COST.lessUsual],
] as const) {
  for (const pair of list.split(' ')) {
    pairs.set(pair, cost)
    pairs.set(`${pair[1]}${pair[0]}`, cost)
  }
}

/** The MRZ characters that are usually taken for this one, or it for them, as one text. */
export const USUAL_CONFUSIONS: Readonly<Record<string, string>> = Object.fromEntries(
  [...'<0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map(character => [
    character,
    [...pairs.keys()]
      .filter(pair => pair[0] === character)
      .map(pair => pair[1])
      .join(''),
  ]),
)

/** How far a character read lies from the MRZ character that is meant; see the costs at the top. */
export function misreadingCost(read: string, meant: string): number {
  if (read === meant) return 0
  const cost = pairs.get(read + meant)
  if (cost !== undefined) return cost
  if (isMrzCharacter(read)) return CONFUSION_COST.other
  const place = foreign[read]?.indexOf(meant) ?? -1
  if (place >= 0) return place === 0 ? CONFUSION_COST.usual : CONFUSION_COST.lessUsual
  const capital = read.toUpperCase()
  if (capital === meant) return CONFUSION_COST.usual
  return pairs.has(capital + meant) ? CONFUSION_COST.lessUsual : CONFUSION_COST.unreadable
}

/** Whether a text is one of A–Z, 0–9 and the filler. */
export function isMrzCharacter(text: string): boolean {
  return text.length === 1 && ((text >= 'A' && text <= 'Z') || (text >= '0' && text <= '9') || text === '<')
}
