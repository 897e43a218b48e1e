/** From what the steps find to what is believed. */
import { type Doubt, judge, type TextKind } from './believe.ts'
import type { StepResult } from './cascade.ts'
import type { Point } from './grey-image.ts'
import type { PictureFormat } from './load-picture.ts'
import type { DecoderName } from './symbol.ts'

export interface PictureText {
  readonly text: string
  readonly kind: TextKind
  /** Who read it first, and after what had been done to the picture. */
  readonly decoder: DecoderName
  readonly step: string
  /** From the beginning of the picture to this text, in milliseconds. */
  readonly ms: number
  /** Top left, top right, bottom right, bottom left of the symbol as it is printed, in pixels of the picture as it is
   * stored (of a PDF in points from the top left); empty when unknown. */
  readonly position: readonly Point[]
  /** Of a PDF, from 1; else 1. */
  readonly page: number
  /** The share of the error correction not used up, 0 to 1, when the decoder tells. */
  readonly spare: number | null
  /** All decoders that read the same. */
  readonly agreeing: readonly DecoderName[]
}

export interface DoubtfulText extends PictureText {
  readonly doubt: Doubt
}

export interface PictureReading {
  readonly format: PictureFormat
  readonly width: number
  readonly height: number
  /** What may be believed. */
  readonly texts: readonly PictureText[]
  /** What was read and may not be believed: to be shown to nobody as the text of the card. */
  readonly doubtful: readonly DoubtfulText[]
  readonly ms: number
  /** How many steps ran, over all pages. */
  readonly steps: number
  /** Not all was tried: the time was up. */
  readonly timeUp: boolean
}

interface Found extends PictureText {
  readonly ownDoubt: Doubt | null
  readonly utf8: boolean
}

/** Gathers the findings of one page. */
export class Findings {
  readonly #found: Found[] = []

  add(result: StepResult, given: { readonly ms: number; readonly page: number; readonly scale: number }): void {
    const { decoder, name } = result.step
    for (const symbol of result.symbols) {
      if (symbol.text === '') continue
      const position = symbol.corners.map(({ x, y }) => ({ x: x * given.scale, y: y * given.scale }))
      const { kind, doubt } = judge(symbol)
      const { text, spare, utf8 } = symbol
      const again = this.#found.findIndex(one => one.text === text && samePlace(one.position, position))
      const known = this.#found[again]
      if (known !== undefined) {
        this.#found[again] = {
          ...known,
          // Not every decoder tells that a text goes on elsewhere.
          ownDoubt: doubt === null && known.ownDoubt !== 'PART_OF_SEVERAL' ? null : known.ownDoubt,
          agreeing: [...new Set([...known.agreeing, decoder])],
        }
        continue
      }
      const { ms, page } = given
      this.#found.push({
        ...{ text, kind, decoder, step: name, ms, position, page, spare, utf8 },
        agreeing: [decoder],
        ownDoubt: doubt,
      })
    }
  }

  /** What is believed so far, and what is not. */
  verdict(): { readonly texts: readonly PictureText[]; readonly doubtful: readonly DoubtfulText[] } {
    const texts: PictureText[] = []
    const doubtful: DoubtfulText[] = []
    for (const one of this.#found) {
      const { ownDoubt, utf8, ...text } = one
      const rivals = this.#found.filter(
        other => other !== one && samePlace(other.position, one.position) && isRival(one, other),
      )
      // Two decoders that go different ways and arrive at the same text did not both mend it wrongly.
      const agreed = utf8 && one.agreeing.length > 1 && ownDoubt === 'CARD_INCONSISTENT'
      if (ownDoubt === 'PART_OF_SEVERAL') doubtful.push({ ...text, doubt: ownDoubt })
      else if (rivals.length > 0) doubtful.push({ ...text, doubt: 'CONFLICT' })
      else if (ownDoubt === null || agreed) texts.push(text)
      else doubtful.push({ ...text, doubt: ownDoubt })
    }
    return { texts, doubtful }
  }
}

/** Whether another reading of the same place makes this one doubtful: bytes that are no text at all do not. */
function isRival(one: Found, other: Found): boolean {
  if (other.ownDoubt === 'CHARACTER_SET') return false
  return other.utf8 || other.ownDoubt === null || !one.utf8
}

/** Symbols cannot overlap: two readings are of one symbol when the middle of one lies well within the other. */
function samePlace(a: readonly Point[], b: readonly Point[]): boolean {
  if (a.length < 3 || b.length < 3) return true
  const [left, right] = [middle(a), middle(b)]
  const reach = 0.35 * Math.min(side(a), side(b))
  return Math.hypot(left.x - right.x, left.y - right.y) < reach
}

function middle(points: readonly Point[]): Point {
  const sum = points.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), { x: 0, y: 0 })
  return { x: sum.x / points.length, y: sum.y / points.length }
}

function side(points: readonly Point[]): number {
  const [width, height] = [points.map(({ x }) => x), points.map(({ y }) => y)]
  return Math.max(Math.max(...width) - Math.min(...width), Math.max(...height) - Math.min(...height))
}
