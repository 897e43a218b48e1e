import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FormatError } from '@cccd/mrz'
import {
  type CardLayout,
  type CardVariant,
  checkLayout,
  type FontFace,
  type LayoutFinding,
  parseLayoutSide,
} from '../../art/index.ts'

/** A layout as it is written, so that it can be handed to a thread. */
export interface LayoutTexts {
  readonly front: string
  readonly back: string
}

// From src/node/art and from dist/node/art alike.
const SHIPPED = fileURLToPath(new URL('../../../layouts/', import.meta.url))

/** The folder of the layout that comes with the package. */
export function shippedLayoutFolder(card: CardVariant): string {
  return join(SHIPPED, card)
}

/** Reads `front.svg` and `back.svg` of a folder; the shipped layout when none is given. Rejects with the file system's
 * error. */
export async function readLayout(card: CardVariant, folder?: string): Promise<LayoutTexts> {
  const [front, back] = await Promise.all(
    ['front.svg', 'back.svg'].map(name => readFile(join(folder ?? shippedLayoutFolder(card), name), 'utf8')),
  )
  return { front: front as string, back: back as string }
}

/** Both sides read. Throws FormatError LAYOUT_MALFORMED with the side's file among its facts. */
export function parseLayout(texts: LayoutTexts): CardLayout {
  const side = (name: 'front' | 'back') => {
    try {
      return parseLayoutSide(texts[name])
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      throw new FormatError(error.code, error.message, { file: `${name}.svg`, ...error.facts }, { cause: error })
    }
  }
  return { front: side('front'), back: side('back') }
}

/** Throws FormatError LAYOUT_MALFORMED unless the layout is one of that card without findings; the message lists all. */
export function demandLayout(layout: CardLayout, card: CardVariant, fonts: readonly FontFace[]): void {
  if (layout.front.card !== card) {
    throw new FormatError('LAYOUT_MALFORMED', `the layout is that of the card of ${layout.front.card}`)
  }
  const findings = checkLayout(layout, fonts)
  const [first] = findings
  if (first === undefined) return
  const message = `the layout cannot be used: ${findings.map(layoutFindingText).join(', ')}`
  throw new FormatError('LAYOUT_MALFORMED', message, {
    file: `${first.side}.svg`,
    ...(first.field ? { field: first.field } : {}),
  })
}

/** `front personalNumber missing`. */
export function layoutFindingText({ side, field, reason }: LayoutFinding): string {
  return [side, field, reason].filter(part => part !== undefined).join(' ')
}
