import { accessAttempts, accessKeysFromScan, parseScan, type ScanVia } from '@cccd/mrz'
import { HidPosDecoder, type HidPosLayout, type HidPosOutcome } from './hid-pos.ts'
import { MrzGathering } from './mrz-gathering.ts'
import type { ScannerDamage, ScannerEvent, ScannerIdentity, ScannerKind } from './scanner-event.ts'
import {
  type Assembled,
  holdsSomething,
  type Terminator,
  TextAssembler,
  type TextEnd,
  textOf,
} from './text-assembler.ts'

export interface IntakeOptions {
  readonly scanner: ScannerIdentity
  readonly emit: (event: ScannerEvent) => void
  readonly now: () => Date
  readonly terminator?: Terminator
  /** After so many milliseconds of silence a text without terminator counts as ended; 0: never. */
  readonly idleMs?: number
  readonly longest?: number
  /** Where barcodes stand in the reports of a HID scanner. */
  readonly layout?: HidPosLayout
}

/** How long the lines of an MRZ, or the reports of one barcode, may lie apart. */
const NEXT_PART_MS = 1000
/** Data that came while this process was busy are waiting behind the timer: they get the time to be seen. */
const GRACE_MS = 25

const VIA: Readonly<Record<ScannerKind, ScanVia>> = { serial: 'serial', hid: 'hid', text: 'wedge' }

/** Makes events of what one connection of a scanner brings. */
export class TextIntake {
  readonly #options: IntakeOptions
  readonly #assembler: TextAssembler
  readonly #gathering = new MrzGathering()
  readonly #reports: HidPosDecoder
  #silence: NodeJS.Timeout | undefined
  #silenceMs = 0
  #heard = 0

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#assembler = new TextAssembler(options)
    this.#reports = new HidPosDecoder(options)
  }

  /** Bytes of a serial scanner or of a keyboard. */
  bytes(chunk: Uint8Array): void {
    this.#heard++
    this.#take(this.#assembler.push(chunk))
    const { idleMs = 0 } = this.#options
    if (this.#gathering.waiting) this.#waitFor(NEXT_PART_MS)
    else if (this.#assembler.pending > 0 && idleMs > 0) this.#waitFor(idleMs)
  }

  /** One input report of a HID POS scanner. */
  report(report: Uint8Array): void {
    this.#heard++
    this.#takeReports(this.#reports.push(report))
    if (this.#reports.waiting) this.#waitFor(NEXT_PART_MS)
  }

  /** No more comes. `finished`: the source ended by itself, so an unfinished text is whole; else it is cut off. */
  end(finished: boolean): void {
    clearTimeout(this.#silence)
    if (finished) this.#take(this.#assembler.flush('end'))
    this.#giveOut(this.#gathering.flush(), finished ? 'end' : 'terminator')
    const bytes = this.#assembler.abandon()
    if (bytes !== null) this.#damaged({ code: 'CUT_OFF', bytes })
    for (const outcome of this.#reports.flush()) {
      if (outcome.kind === 'barcode') this.#takeReports([outcome])
      else this.#damaged({ code: 'CUT_OFF', bytes: outcome.bytes })
    }
  }

  #take(assembled: readonly Assembled[]): void {
    for (const one of assembled) {
      if (one.kind === 'tooLong') {
        this.#giveOut(this.#gathering.flush(), 'terminator')
        this.#damaged({ code: 'TOO_LONG', bytes: one.bytes, last: one.last })
        continue
      }
      if (one.notUtf8 !== undefined) this.#damaged({ code: 'NOT_UTF8', bytes: one.notUtf8 })
      this.#giveOut(this.#gathering.add(one.text), one.endedBy)
    }
  }

  #takeReports(outcomes: readonly HidPosOutcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.kind === 'malformed') {
        this.#damaged({ code: 'REPORT_MALFORMED', fault: outcome.fault, bytes: outcome.bytes })
      } else if (holdsSomething(outcome.data)) {
        const { text, notUtf8 } = textOf(outcome.data, 'end')
        if (notUtf8 !== undefined) this.#damaged({ code: 'NOT_UTF8', bytes: notUtf8 })
        this.#scanned(text, 'report', outcome.symbology)
      }
    }
  }

  #giveOut(texts: readonly string[], endedBy: TextEnd): void {
    for (const text of texts) this.#scanned(text, endedBy, null)
  }

  #scanned(text: string, endedBy: TextEnd | 'report', symbology: string | null): void {
    const { scanner, emit } = this.#options
    const scan = parseScan(text, { via: VIA[scanner.kind] })
    const accessKeys = accessAttempts(accessKeysFromScan(scan))
    const at = this.#at()
    emit({ kind: 'scan', at, scanner, scan, accessKeys, ...(symbology === null ? {} : { symbology }), endedBy })
  }

  #damaged(damage: ScannerDamage): void {
    this.#options.emit({ kind: 'damaged', at: this.#at(), scanner: this.#options.scanner, damage })
  }

  #at(): string {
    return this.#options.now().toISOString()
  }

  #waitFor(ms: number): void {
    if (this.#silence !== undefined && this.#silenceMs === ms) this.#silence.refresh()
    else {
      clearTimeout(this.#silence)
      this.#silenceMs = ms
      this.#silence = setTimeout(() => this.#silent(), ms)
    }
  }

  #silent(): void {
    const heard = this.#heard
    this.#silence = setTimeout(() => {
      this.#silence = undefined
      if (this.#heard === heard) this.#partsMissing()
    }, GRACE_MS)
    this.#silenceMs = GRACE_MS
  }

  #partsMissing(): void {
    const { idleMs = 0 } = this.#options
    this.#giveOut(this.#gathering.flush(), 'idle')
    this.#takeReports(this.#reports.flush())
    if (idleMs > 0) this.#take(this.#assembler.flush('idle'))
    this.#giveOut(this.#gathering.flush(), 'idle')
  }
}
