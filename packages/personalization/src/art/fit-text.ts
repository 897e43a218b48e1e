/**
 * How a text gets into its frame. One line at the wished size; else smaller, down to the floor; else more lines, as large
 * as they fit; else the abbreviations that the frame allows, by the same steps; else it is refused. Nothing is cut.
 */
import { FormatError } from '@cccd/mrz'
import { abbreviatePlace } from './abbreviate.ts'
import type { FontFace } from './font.ts'
import type { TextFrame } from './frame.ts'

export interface FittedText {
  readonly lines: readonly string[]
  /** Millimetres. */
  readonly size: number
  /** Of the lines' beginnings and base lines, from the card's upper left corner. */
  readonly places: readonly { readonly x: number; readonly y: number }[]
  readonly shrunk: boolean
  readonly abbreviated: boolean
}

/** The step by which sizes are tried, in hundredths of a millimetre. */
const STEP = 5

/** How far a line reaches from the beginning of its first glyph's advance, for a size of 1. */
export interface LineMeasure {
  readonly advance: number
  /** Ink beyond the advances on either side. */
  readonly before: number
  readonly after: number
  readonly above: number
  readonly below: number
}

/** Measures a line without kerning and ligatures, as it is drawn. Throws FormatError ART_CHARACTER for a character that the
 * font has not. */
export function measureLine(text: string, face: FontFace, field: string): LineMeasure {
  let advance = 0
  let before = 0
  let reach = 0
  let above = 0
  let below = 0
  for (const character of text) {
    const code = character.codePointAt(0) as number
    const glyph = face.glyph(code)
    if (glyph === null) {
      const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
      throw new FormatError('ART_CHARACTER', `the font ${face.family} ${face.weight} has no letter ${name}`, { field })
    }
    const ink = glyph.ink ?? { left: 0, right: glyph.advance, top: face.above, bottom: -face.below }
    before = Math.max(before, -(advance + ink.left))
    reach = Math.max(reach, advance + ink.right)
    above = Math.max(above, ink.top)
    below = Math.max(below, -ink.bottom)
    advance += glyph.advance
  }
  return { advance, before, after: Math.max(0, reach - advance), above, below }
}

const widthOf = ({ advance, before, after }: LineMeasure): number => advance + before + after

/** The text, already clean, in its frame. Throws FormatError ART_OVERFLOW when no rule gets it in and ART_CHARACTER for a
 * letter that the font has not; both name the field, never its text. */
export function fitText(text: string, frame: TextFrame, face: FontFace): FittedText {
  const whole = fitBySize(text, frame, face)
  if (whole) return { ...whole, abbreviated: false }
  if (frame.abbreviate === 'place') {
    const short = abbreviatePlace(text)
    const fitted = short === text ? null : fitBySize(short, frame, face)
    if (fitted) return { ...fitted, abbreviated: true }
  }
  throw new FormatError('ART_OVERFLOW', 'the text does not fit its frame at the smallest size and with all its lines', {
    field: frame.field,
  })
}

type Sized = Omit<FittedText, 'abbreviated'>

function fitBySize(text: string, frame: TextFrame, face: FontFace): Sized | null {
  const line = measureLine(text, face, frame.field)
  const single = (size: number): Sized | null => {
    if (widthOf(line) * size > frame.box.width) return null
    if ((face.above + face.below) * frame.size > frame.box.height) return null
    // The base line stays where the wished size has it, so that fields beside one another keep level.
    return placed({ lines: [text], measures: [line], size, first: face.above * frame.size, advance: 0 }, frame)
  }
  const several = (size: number): Sized | null => {
    const lines = evenLines(text, { face, field: frame.field, room: frame.box.width / size })
    if (lines === null || lines.length < 2 || lines.length > frame.lines) return null
    const measures = lines.map(one => measureLine(one, face, frame.field))
    const advance = measures
      .slice(1)
      .reduce(
        (most, { above }, i) => Math.max(most, (measures[i] as LineMeasure).below + above + 0.03),
        frame.lineHeight,
      )
    if ((face.above + face.below + advance * (lines.length - 1)) * size > frame.box.height) return null
    return placed({ lines, measures, size, first: face.above * size, advance: advance * size }, frame)
  }
  const asWished = single(frame.size)
  if (asWished) return asWished
  const [shrink, broken] = [() => largest(frame, single), () => largest(frame, several)]
  return frame.first === 'shrink' ? (shrink() ?? broken()) : (broken() ?? shrink())
}

function largest(frame: TextFrame, attempt: (size: number) => Sized | null): Sized | null {
  const floor = Math.round(frame.floor * 100)
  for (let hundredths = Math.round(frame.size * 100); hundredths > floor; hundredths -= STEP) {
    const fitted = attempt(hundredths / 100)
    if (fitted) return fitted
  }
  return attempt(frame.floor)
}

interface Block {
  readonly lines: readonly string[]
  readonly measures: readonly LineMeasure[]
  readonly size: number
  /** Millimetres from the frame's top to the first base line, and from one base line to the next. */
  readonly first: number
  readonly advance: number
}

function placed({ lines, measures, size, first, advance }: Block, frame: TextFrame): Sized {
  const { box, align } = frame
  const places = measures.map((measure, i) => {
    const spare = box.width - widthOf(measure) * size
    const shift = align === 'start' ? 0 : align === 'middle' ? spare / 2 : spare
    return { x: box.x + shift + measure.before * size, y: box.y + first + advance * i }
  })
  return { lines, size, places, shrunk: size < frame.size - 0.001 }
}

interface Breaking {
  readonly face: FontFace
  readonly field: string
  /** For a size of 1. */
  readonly room: number
}

/** No more lines than are needed, and those about as long as one another: a last word is not left alone. */
function evenLines(text: string, breaking: Breaking): string[] | null {
  let best = brokenLines(text, breaking)
  if (best === null) return null
  const count = best.length
  let [narrow, wide] = [0, breaking.room]
  // A hundredth of the size is finer than anybody sees.
  while (wide - narrow > 0.01) {
    const room = (narrow + wide) / 2
    const lines = brokenLines(text, { ...breaking, room })
    if (lines !== null && lines.length === count) {
      best = lines
      wide = room
    } else narrow = room
  }
  return best
}

/** As much on each line as fits, broken at blanks and behind commas; null where one piece alone is wider than the room. */
function brokenLines(text: string, { face, field, room }: Breaking): string[] | null {
  // Not the comma of 0,5 cm.
  const pieces = text.split(/(?<= )|(?<=,)(?=[^ ,\d])/u)
  const lines: string[] = []
  let line = ''
  for (const piece of pieces) {
    const longer = line + piece
    if (widthOf(measureLine(longer.trimEnd(), face, field)) <= room) {
      line = longer
      continue
    }
    if (line.trim() !== '') lines.push(line.trim())
    line = piece.trimStart()
    if (widthOf(measureLine(line.trimEnd(), face, field)) > room) return null
  }
  if (line.trim() !== '') lines.push(line.trim())
  return lines
}
