/** Barcodes out of the input reports of HID POS scanners (USB-IF, HID Point of Sale Usage Tables 1.02, page 8C). */
import { LONGEST_TEXT } from './text-assembler.ts'

export const BAR_CODE_SCANNER_PAGE = 0x8c

/** Where things stand in a report, in bytes from its start, the report id counted. Null: the report has none. */
export interface HidPosLayout {
  readonly reportId: number | null
  readonly length: number
  /** Of three bytes: the AIM identifier, such as `]Q1`. */
  readonly symbology: number | null
  readonly data: number
  readonly dataLength: number
  readonly continued: { readonly byte: number; readonly bit: number } | null
}

/** Report 2 of 64 bytes as the manuals of several makers print it. A device that says otherwise in its report descriptor
 * is believed where the descriptor can be read. */
export const HID_POS_LAYOUT: HidPosLayout = {
  reportId: 2,
  length: 1,
  symbology: 2,
  data: 5,
  dataLength: 56,
  continued: { byte: 63, bit: 0 },
}

export type HidPosFault = 'SHORT' | 'LENGTH_WRONG' | 'PART_MISSING' | 'TOO_LONG'

export type HidPosOutcome =
  | { readonly kind: 'barcode'; readonly data: Uint8Array; readonly symbology: string | null }
  /** `bytes` are those of the barcode so far, or the report when it cannot be read. */
  | { readonly kind: 'malformed'; readonly fault: HidPosFault; readonly bytes: Uint8Array }

/** Reassembles barcodes that span several reports. Reports of other ids are not about barcodes and are passed over. */
export class HidPosDecoder {
  readonly #layout: HidPosLayout
  readonly #longest: number
  #parts: Uint8Array[] = []
  #length = 0
  #symbology: string | null = null

  constructor(options: { readonly layout?: HidPosLayout; readonly longest?: number } = {}) {
    this.#layout = options.layout ?? HID_POS_LAYOUT
    this.#longest = options.longest ?? LONGEST_TEXT
  }

  /** Whether a barcode waits for its next report. */
  get waiting(): boolean {
    return this.#parts.length > 0
  }

  /** What is complete with this report. */
  push(report: Uint8Array): HidPosOutcome[] {
    const { reportId, data, dataLength } = this.#layout
    if (reportId !== null && report[0] !== reportId) return []
    const length = report[this.#layout.length]
    if (length === undefined || report.length < data) return this.#malformed('SHORT', report)
    if (length > dataLength) return this.#malformed('LENGTH_WRONG', report)
    const continued = this.#isContinued(report, length)
    if (report.length < data + length || continued === null) return this.#malformed('SHORT', report)
    const outcomes: HidPosOutcome[] = []
    const symbology = this.#symbologyOf(report)
    if (this.waiting && symbology !== null && this.#symbology !== null && symbology !== this.#symbology) {
      outcomes.push(...this.flush())
    }
    if (length === 0 && !continued && !this.waiting) return outcomes
    if (this.#length + length > this.#longest) {
      outcomes.push(...this.#malformed('TOO_LONG', report))
      return outcomes
    }
    this.#parts.push(report.slice(data, data + length))
    this.#length += length
    this.#symbology ??= symbology
    if (continued) return outcomes
    const found = this.#symbology
    outcomes.push({ kind: 'barcode', data: this.#take(), symbology: found })
    return outcomes
  }

  /** Gives up a barcode whose next report does not come. Without the bit that announces one, it was whole. */
  flush(): HidPosOutcome[] {
    if (!this.waiting) return []
    const symbology = this.#symbology
    const data = this.#take()
    if (this.#layout.continued === null) return [{ kind: 'barcode', data, symbology }]
    return [{ kind: 'malformed', fault: 'PART_MISSING', bytes: data }]
  }

  #malformed(fault: HidPosFault, report: Uint8Array): HidPosOutcome[] {
    return [...this.flush(), { kind: 'malformed', fault, bytes: report.slice() }]
  }

  /** Null when the report ends before the bit although its data are full, so that it cannot be told. */
  #isContinued(report: Uint8Array, length: number): boolean | null {
    const { continued, dataLength } = this.#layout
    if (continued === null) return length === dataLength
    const byte = report[continued.byte]
    if (byte === undefined) return length === dataLength ? null : false
    return ((byte >> continued.bit) & 1) === 1
  }

  #symbologyOf(report: Uint8Array): string | null {
    const { symbology } = this.#layout
    if (symbology === null) return null
    const identifier = String.fromCharCode(...report.subarray(symbology, symbology + 3))
    return /^\][A-Za-z][0-9A-Za-z]$/.test(identifier) ? identifier : null
  }

  #take(): Uint8Array {
    const bytes = new Uint8Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      bytes.set(part, at)
      at += part.length
    }
    this.#parts = []
    this.#length = 0
    this.#symbology = null
    return bytes
  }
}
