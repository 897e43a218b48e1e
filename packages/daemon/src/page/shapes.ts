import type { ConsentTexts } from '../api/keeping.ts'
import type { ReaderEvent } from '../api/readers.ts'
import type { ReadingEvent } from '../api/readings.ts'
import type { Text } from './words/language.ts'

export type ConsentText = ConsentTexts['texts'][number]

/** What the event socket sends; anything else is let pass unread. */
export type DeskEvent = ReadingEvent | ReaderEvent

/** A card of the drawer without the text of its QR: that is asked for when the card is laid down. */
export interface SimulatedCard extends Text {
  readonly id: string
  readonly lie: string
}
