import type { ConsentTexts } from '../api/keeping.ts'
import type { Text } from './words/language.ts'

export type ConsentText = ConsentTexts['texts'][number]

/** A card of the drawer without the text of its QR: that is asked for when the card is laid down. */
export interface SimulatedCard extends Text {
  readonly id: string
  readonly lie: string
}
