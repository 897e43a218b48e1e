import type { ReadingEvent, StartReading } from '../api/readings.ts'
import { DeskCallError } from '../client/call-error.ts'
import { newNonce } from '../client/desk-client.ts'
import type { DeskAction, DeskState, ReadingNews, Visit } from './desk-state.ts'
import type { Notices } from './notices.ts'
import type { PageClient } from './page-client.ts'
import { fieldsArrived } from './paint-mark.ts'
import type { AccessGiven, Recognised } from './scan-input.ts'
import type { ConsentText } from './shapes.ts'
import type { Store } from './store.ts'
import { isSessionOver, troubleOf } from './trouble.ts'
import { WORDS } from './words/desk-words.ts'

/** Without a key or a click for so long, the person on the screen is erased. */
const IDLE_MS = 10 * 60_000

type Ready = Pick<Extract<Recognised, { kind: 'ready' }>, 'given' | 'fields' | 'damage'>

/** One person after the other: begins a reading, follows it, and leaves nothing of it behind. */
export class Visits {
  readonly #store: Store<DeskState, DeskAction>
  readonly #client: PageClient
  readonly #notices: Notices
  readonly #sessionOver: (error: DeskCallError) => void
  #count = 0
  /** Events of a reading whose id is not known yet: the socket can be faster than the answer to the start. */
  #early: ReadingNews[] = []
  /** Readings that the desk could not be told to forget. */
  readonly #owed = new Set<string>()
  #copied = false
  #idle: ReturnType<typeof setTimeout> | undefined

  constructor(given: {
    readonly store: Store<DeskState, DeskAction>
    readonly client: PageClient
    readonly notices: Notices
    readonly sessionOver: (error: DeskCallError) => void
  }) {
    this.#store = given.store
    this.#client = given.client
    this.#notices = given.notices
    this.#sessionOver = given.sessionOver
  }

  /** Begins with what was scanned or typed; a person who is still on the screen is erased first. */
  async start({ given, fields, damage }: Ready, consent?: ConsentText): Promise<void> {
    await this.#forget(this.wipe())
    const number = ++this.#count
    this.#store.send({ type: 'visitStarted', number, given, fields, damage })
    this.#touch()
    try {
      const started = await this.#client.desk.startReading(this.#request(given, consent))
      this.#took(number, started)
      const early = this.#early.filter(({ id }) => id === started.id)
      this.#early = []
      for (const event of early) this.#took(number, event)
      if (this.#store.now().visit?.number !== number) await this.#forget(started.id)
    } catch (error) {
      if (error instanceof DeskCallError && error.code === 'CONSENT_REQUIRED') await this.#askConsent(number, error)
      else this.#failed(number, error)
    }
  }

  /** Once more with what was given before. */
  async again(consent?: ConsentText): Promise<void> {
    const { visit } = this.#store.now()
    if (visit === null) return
    const { given, damage } = visit
    const fields = visit.fields.filter(({ source }) => source !== 'chip')
    await this.start({ given, fields, damage }, consent)
  }

  #request(given: AccessGiven, consent: ConsentText | undefined): StartReading {
    const { readers, chosenReader } = this.#store.now()
    // Not named: whichever reader gets the card.
    const chosen = readers?.readers.find(({ name }) => name === chosenReader)
    const named = chosen && { reader: chosen.name }
    const agreed = consent && {
      purpose: consent.purpose,
      consent: { purpose: consent.purpose, textVersion: consent.version, textDigest: consent.digest },
    }
    return { ...given, ...named, ...agreed, nonce: newNonce() }
  }

  /** The policy demands the holder's consent: the text is shown, and nothing is read before. */
  async #askConsent(number: number, refusal: DeskCallError): Promise<void> {
    try {
      const { texts } = await this.#client.desk.consentTexts()
      const text = texts.find(({ purpose }) => purpose === refusal.facts.purpose)
      if (text === undefined) this.#failed(number, refusal)
      else this.#store.send({ type: 'consentAsked', number, consent: text })
    } catch (error) {
      this.#failed(number, error)
    }
  }

  /** An event of any reading of this token. */
  heard(event: ReadingEvent): void {
    const { visit } = this.#store.now()
    if (visit === null) return
    if (visit.readingId === null) this.#early.push(event)
    else if (visit.readingId !== event.id) return
    else if (event.forgotten) this.#forgotten()
    else this.#took(visit.number, event)
  }

  /** The socket is back: whatever was said meanwhile was missed, so the desk is asked. */
  async catchUp(): Promise<void> {
    for (const id of [...this.#owed]) {
      this.#owed.delete(id)
      void this.#forget(id)
    }
    const { visit } = this.#store.now()
    if (visit?.readingId != null && visit.stage !== 'done' && visit.stage !== 'failed') {
      await this.#fetchResult(visit.number, visit.readingId)
    }
  }

  #took(number: number, news: ReadingNews): void {
    const before = this.#store.now().visit
    if (before === null || before.number !== number) return
    if (isOfChip(news.fields) && !isOfChip(before.fields)) fieldsArrived()
    this.#store.send({ type: 'reading', number, reading: news })
    const visit = this.#store.now().visit as Visit
    this.#touch()
    if (before.portrait.kind === 'unknown' && visit.portrait.kind === 'coming') {
      void this.#fetchPortrait(number, news.id)
    }
    if (visit.stage === 'done' && before.stage !== 'done' && visit.report === null) {
      void this.#fetchResult(number, news.id)
    }
  }

  /** The whole of it: events carry the verdict without its checks. */
  async #fetchResult(number: number, id: string): Promise<void> {
    try {
      this.#took(number, await this.#client.desk.reading(id))
    } catch (error) {
      this.#failed(number, error)
    }
  }

  async #fetchPortrait(number: number, id: string): Promise<void> {
    try {
      const bitmap = await createImageBitmap(await this.#client.desk.portrait(id))
      if (this.#store.now().visit?.number !== number) bitmap.close()
      else this.#store.send({ type: 'portrait', number, portrait: { kind: 'drawn', bitmap } })
    } catch {
      // A picture that cannot be shown is told as such; the verdict says what is wrong with it.
      this.#store.send({ type: 'portrait', number, portrait: { kind: 'none' } })
    }
  }

  async askInsurance(): Promise<void> {
    const { visit, connectors } = this.#store.now()
    if (!connectors?.insurance.configured || visit?.readingId == null || visit.stage !== 'done') return
    const { number, readingId } = visit
    this.#store.send({ type: 'insurance', number, view: { kind: 'asking' } })
    try {
      const answer = await this.#client.desk.insurance(readingId)
      this.#store.send({ type: 'insurance', number, view: { kind: 'answer', answer } })
    } catch (error) {
      if (isSessionOver(error)) this.#sessionOver(error)
      else this.#store.send({ type: 'insurance', number, view: { kind: 'trouble', trouble: troubleOf(error) } })
    }
  }

  #failed(number: number, error: unknown): void {
    if (isSessionOver(error)) this.#sessionOver(error)
    else this.#store.send({ type: 'trouble', number, trouble: troubleOf(error) })
  }

  /** "Next person": erases everything here at once, then has the desk forget it too. */
  async next(): Promise<void> {
    const had = this.#store.now().visit !== null
    const id = this.wipe()
    if (!had) return
    const told = await this.#forget(id)
    this.#notices.say(told ? WORDS.cleared : WORDS.clearedHere, told ? 'good' : 'bad')
  }

  /** The desk has forgotten the reading, by time or because another page of this token cleared it. */
  #forgotten(): void {
    this.wipe()
    this.#notices.say(WORDS.clearedByTime, 'good')
  }

  /** Takes the person out of the page; returns the id of the reading that the desk still holds. */
  wipe(): string | null {
    const { visit } = this.#store.now()
    this.#early = []
    clearTimeout(this.#idle)
    if (visit === null) return null
    if (visit.portrait.kind === 'drawn') visit.portrait.bitmap.close()
    this.#store.send({ type: 'visitEnded' })
    // The text that a pattern last matched stays reachable in the language itself (RegExp.input).
    ;/^/.test('')
    if (this.#copied) {
      this.#copied = false
      // What this page copied is the person's too. Refused when the page is not in front: nothing to do about it then.
      navigator.clipboard.writeText('').catch(() => undefined)
    }
    return visit.readingId
  }

  async #forget(id: string | null): Promise<boolean> {
    if (id === null) return true
    try {
      await this.#client.desk.forget(id)
      return true
    } catch (error) {
      if (error instanceof DeskCallError && error.status === 404) return true
      this.#owed.add(id)
      return false
    }
  }

  /** The page is being left: nothing of the person stays, and the desk is told while that is still possible. */
  leave(): void {
    const id = this.wipe()
    if (id !== null) void this.#client.desk.forget(id).catch(() => undefined)
  }

  async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      this.#copied = true
      this.#notices.say(WORDS.copied, 'good')
    } catch {
      this.#notices.say(WORDS.copyFailed, 'bad')
    }
  }

  /** Hands a file to the browser's downloads: kept then by whoever asked for it. */
  async download(form: 'fhir' | 'his'): Promise<void> {
    await this.#handOn(async id => {
      const url = URL.createObjectURL(await this.#client.file(id, form))
      const link = document.createElement('a')
      link.href = url
      link.download = form === 'fhir' ? 'nguoi-benh.fhir.json' : 'nguoi-benh.xml'
      link.click()
      setTimeout(() => URL.revokeObjectURL(url), 1000)
    })
  }

  /** By one of the desk's own text templates: into the clipboard, or to where the desk was told to send it. */
  async writeText(output: string): Promise<void> {
    await this.#handOn(async id => {
      const written = await this.#client.desk.text(id, { output })
      if (written.kind === 'reply') await this.copy(written.text)
      else this.#notices.say(WORDS.sent, 'good')
    })
  }

  async deliver(to: 'webhook' | 'fhir'): Promise<void> {
    await this.#handOn(async id => {
      await this.#client.desk.deliver(id, { to })
      this.#notices.say(WORDS.sent, 'good')
    })
  }

  async #handOn(give: (id: string) => Promise<void>): Promise<void> {
    const { visit } = this.#store.now()
    if (visit?.readingId == null) return
    try {
      await give(visit.readingId)
    } catch (error) {
      if (isSessionOver(error)) this.#sessionOver(error)
      else this.#notices.say(troubleOf(error).words, 'bad')
    }
  }

  /** Any key or click: the person stays on the screen for another while. */
  touched(): void {
    if (this.#store.now().visit !== null) this.#touch()
  }

  #touch(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      void this.next().then(() => this.#notices.say(WORDS.clearedByTime, 'good'))
    }, IDLE_MS)
  }
}

function isOfChip(fields: ReadingNews['fields']): boolean {
  return fields?.some(({ source }) => source === 'chip') ?? false
}
