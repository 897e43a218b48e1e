import type { FileName } from '@cccd/card-core'
import type { ChipDocument } from './document.ts'

/** Something that goes wrong at APDU number `at` of the card's stay in the field, counted from 0. */
export type Fault =
  /** The card is lifted before it answers. */
  | { readonly kind: 'removed'; readonly at: number }
  /** No answer, ever. */
  | { readonly kind: 'mute'; readonly at: number }
  /** These bytes instead of the answer; none or one is what some drivers hand on as "success". */
  | { readonly kind: 'answer'; readonly at: number; readonly bytes: Uint8Array }
  /** The last byte of the checksum DO 8E in the answer is changed. */
  | { readonly kind: 'wrongMac'; readonly at: number }

/** What the terminal gets in the end. */
export type ChipAnswer =
  | { readonly kind: 'response'; readonly bytes: Uint8Array; readonly delayMs: number }
  | { readonly kind: 'removed' }
  | { readonly kind: 'mute' }

/** Applies the fault of this index, if there is one, to the encoded response. */
export function withFault(faults: readonly Fault[], index: number, answer: ChipAnswer): ChipAnswer {
  const fault = faults.find(one => one.at === index)
  if (!fault || answer.kind !== 'response') return answer
  switch (fault.kind) {
    case 'removed':
      return { kind: 'removed' }
    case 'mute':
      return { kind: 'mute' }
    case 'answer':
      return { ...answer, bytes: fault.bytes }
    case 'wrongMac': {
      // DO 8E stands last, before the status word: eight bytes of checksum.
      const bytes = Uint8Array.from(answer.bytes)
      const last = bytes.length - 3
      if (bytes.length >= 12 && bytes[bytes.length - 12] === 0x8e) bytes[last] = (bytes[last] as number) ^ 1
      return { ...answer, bytes }
    }
  }
}

/** The document with one bit of one file turned, counted from the first bit of the file; throws RangeError outside. */
export function flipBit(document: ChipDocument, file: FileName, bit: number): ChipDocument {
  const content = document.files[file]
  const index = Math.floor(bit / 8)
  if (!content || bit < 0 || index >= content.length) throw new RangeError(`${file} has no bit ${bit}`)
  const changed = Uint8Array.from(content)
  changed[index] = (changed[index] as number) ^ (0x80 >> (bit % 8))
  return { ...document, files: { ...document.files, [file]: changed } }
}
