import type { StartReading } from '../api/readings.ts'
import { type DeskApi, type DeskEvent, DeskFault } from './desk-api.ts'
import {
  type DeskAction,
  type DeskState,
  type ReadingNews,
  readerInView,
  START,
  step,
  type Trouble,
  type Visit,
} from './desk-state.ts'
import { EventLink } from './event-link.ts'
import { fieldsArrived } from './paint-mark.ts'
import { forgetToken, keepToken, keptToken } from './pairing-token.ts'
import { type AccessGiven, type Recognised, recognise } from './scan-input.ts'
import { createStore, type Store } from './store.ts'
import { WORDS } from './words/desk-words.ts'
import { INPUT_WORDS } from './words/input-words.ts'

type Ready = Extract<Recognised, { kind: 'ready' }>

/** Without a key or a click for so long, the person on the screen is erased. */
const IDLE_MS = 10 * 60_000
const NOTICE_MS = 4000

/** What the page does: talks to the desk program and keeps the one state that the page shows. */
export class Desk {
  readonly store: Store<DeskState, DeskAction> = createStore(START, step)
  readonly api: DeskApi
  readonly #link: EventLink
  #visits = 0
  /** Events of a reading whose id is not known yet: the socket can be faster than the answer to the start. */
  #early: ReadingNews[] = []
  /** Readings that the desk could not be told to forget. */
  readonly #owed = new Set<string>()
  #copied = false
  #idle: ReturnType<typeof setTimeout> | undefined
  #noticeTimer: ReturnType<typeof setTimeout> | undefined

  constructor(api: DeskApi) {
    this.api = api
    this.#link = new EventLink({
      greeting: () => api.greeting(),
      onState: link => this.#linkChanged(link),
      onEvent: event => this.#event(event),
      onRefused: () => this.#unpair(null),
    })
  }

  /** Begins with a pairing code from the address, else with the token of this tab, else with the pairing screen. */
  async begin(code: string | null): Promise<void> {
    if (code !== null) return await this.pair(code)
    const token = keptToken()
    if (token === null) return this.store.send({ type: 'pairingNeeded', trouble: null })
    this.api.use(token)
    await this.#enter()
  }

  async pair(code: string): Promise<void> {
    this.store.send({ type: 'pairingTried' })
    try {
      const { token } = await this.api.pair(code, 'Trang bàn đọc')
      keepToken(token)
      this.api.use(token)
    } catch (error) {
      return this.store.send({ type: 'pairingNeeded', trouble: troubleOf(error) })
    }
    await this.#enter()
  }

  async #enter(): Promise<void> {
    try {
      await this.api.session()
    } catch (error) {
      if (error instanceof DeskFault && error.status !== 401) {
        // The desk program is away: the socket goes on asking, the token stays.
        this.store.send({ type: 'paired' })
        this.store.send({ type: 'link', link: 'lost' })
        return this.#link.open()
      }
      return this.#unpair(troubleOf(error))
    }
    this.store.send({ type: 'paired' })
    this.#link.open()
    await this.#lookAround()
  }

  /** What may have changed while nobody listened. */
  async #lookAround(): Promise<void> {
    const [readers, drawer] = await Promise.allSettled([this.api.readers(), this.api.cards()])
    if (readers.status === 'fulfilled') this.store.send({ type: 'readers', readers: readers.value })
    this.store.send({ type: 'cards', cards: drawer.status === 'fulfilled' ? drawer.value : null })
  }

  #unpair(trouble: Trouble | null): void {
    this.#link.close()
    forgetToken()
    this.api.use(null)
    this.#wipe()
    const cards = this.store.now().cards
    this.store.send({ type: 'pairingNeeded', trouble })
    if (cards !== null) this.store.send({ type: 'cards', cards })
  }

  /** Revokes the token at the desk: this page has to be paired again. */
  async endShift(): Promise<void> {
    await this.next()
    await this.api.endSession().catch(error => this.#say(troubleOf(error).words, 'bad'))
    this.#unpair(null)
  }

  // ---- one person

  /** Reads the card with what the text gives; a person who is still on the screen is erased first. */
  async read(text: string): Promise<void> {
    const recognised = recognise(text)
    if (recognised.kind === 'ready') await this.#start(recognised)
  }

  async readAgain(): Promise<void> {
    const { visit } = this.store.now()
    if (visit === null) return
    const { given, damage } = visit
    const fields = visit.fields.filter(({ source }) => source !== 'chip')
    await this.#start({ given, fields, damage })
  }

  async #start({ given, fields, damage }: Pick<Ready, 'given' | 'fields' | 'damage'>): Promise<void> {
    await this.#forgetReading(this.#wipe())
    const number = ++this.#visits
    this.store.send({ type: 'visitStarted', number, given, fields, damage })
    this.#early = []
    try {
      const reading = await this.api.start(this.#request(given))
      this.#took(number, reading)
      const early = this.#early.filter(({ id }) => id === reading.id)
      this.#early = []
      for (const event of early) this.#took(number, event)
      if (this.store.now().visit?.number !== number) await this.#forgetReading(reading.id)
    } catch (error) {
      this.#failed(number, error)
    }
  }

  #request(given: AccessGiven): StartReading {
    const { readers } = this.store.now()
    const nonce = [...crypto.getRandomValues(new Uint8Array(16))]
      .map(byte => byte.toString(16).padStart(2, '0'))
      .join('')
    const reader = readerInView(this.store.now())
    const named = reader !== null && (readers?.readers.length ?? 0) > 1 ? { reader: reader.name } : {}
    return { ...given, ...named, nonce }
  }

  #event(event: DeskEvent): void {
    switch (event.type) {
      case 'reader':
        this.store.send({ type: 'reader', reader: { name: event.name, state: event.state } })
        break
      case 'service':
        this.store.send(event)
        break
      case 'reading': {
        const { visit } = this.store.now()
        if (visit === null) return
        if (visit.readingId === null) this.#early.push(event)
        else if (visit.readingId !== event.id) return
        else if (event.forgotten) this.#forgotten()
        else this.#took(visit.number, event)
      }
    }
  }

  #took(number: number, reading: ReadingNews): void {
    const before = this.store.now().visit
    if (before === null || before.number !== number) return
    if (
      reading.fields?.some(({ source }) => source === 'chip') &&
      !before.fields.some(({ source }) => source === 'chip')
    ) {
      fieldsArrived()
    }
    this.store.send({ type: 'reading', number, reading })
    const visit = this.store.now().visit as Visit
    if (before.portrait.kind === 'unknown' && visit.portrait.kind === 'coming')
      void this.#fetchPortrait(number, reading.id)
    if (visit.stage === 'done' && visit.report === null && before.stage !== 'done')
      void this.#fetchResult(number, reading.id)
    this.#touch()
  }

  async #fetchResult(number: number, id: string): Promise<void> {
    try {
      this.#took(number, await this.api.reading(id))
    } catch (error) {
      this.#failed(number, error)
    }
  }

  async #fetchPortrait(number: number, id: string): Promise<void> {
    try {
      const bitmap = await createImageBitmap(await this.api.portrait(id))
      this.store.send({ type: 'portrait', number, portrait: { kind: 'drawn', bitmap } })
      if (this.store.now().visit?.number !== number) bitmap.close()
    } catch {
      // A picture that cannot be shown is told as such; the verdict says what is wrong with it.
      this.store.send({ type: 'portrait', number, portrait: { kind: 'none' } })
    }
  }

  async askInsurance(): Promise<void> {
    const { visit } = this.store.now()
    if (visit?.readingId == null || visit.stage !== 'done') return
    const { number, readingId } = visit
    this.store.send({ type: 'insurance', number, view: { kind: 'asking' } })
    try {
      const answer = await this.api.insurance(readingId)
      this.store.send({ type: 'insurance', number, view: { kind: 'answer', answer } })
    } catch (error) {
      this.store.send({ type: 'insurance', number, view: { kind: 'trouble', trouble: troubleOf(error) } })
    }
  }

  #failed(number: number, error: unknown): void {
    if (error instanceof DeskFault && error.status === 401) this.#unpair(troubleOf(error))
    else this.store.send({ type: 'trouble', number, trouble: troubleOf(error) })
  }

  /** "Next person": erases everything here at once, then has the desk forget it too. */
  async next(): Promise<void> {
    const had = this.store.now().visit !== null
    const id = this.#wipe()
    if (!had) return
    const told = await this.#forgetReading(id)
    this.#say(told ? WORDS.cleared : WORDS.clearedHere, told ? 'good' : 'bad')
  }

  /** The desk has forgotten the reading, by time or because another page of this token cleared it. */
  #forgotten(): void {
    this.#wipe()
    this.#say(WORDS.clearedByTime, 'good')
  }

  /** Takes the person out of the page; returns the id of the reading that the desk still holds. */
  #wipe(): string | null {
    const { visit } = this.store.now()
    this.#early = []
    clearTimeout(this.#idle)
    if (visit === null) return null
    if (visit.portrait.kind === 'drawn') visit.portrait.bitmap.close()
    this.store.send({ type: 'visitEnded' })
    // The last text that a pattern was tried on stays reachable in the language itself (RegExp.input).
    ;/^/.test('')
    if (this.#copied) {
      this.#copied = false
      // What this page copied is the person's too. Refused when the page is not in front: nothing to do about it then.
      navigator.clipboard.writeText('').catch(() => undefined)
    }
    return visit.readingId
  }

  async #forgetReading(id: string | null): Promise<boolean> {
    if (id === null) return true
    try {
      await this.api.forget(id)
      return true
    } catch (error) {
      if (error instanceof DeskFault && error.status === 404) return true
      this.#owed.add(id)
      return false
    }
  }

  /** The page is being left: nothing of the person stays, and the desk is told while that is still possible. */
  leave(): void {
    const id = this.#wipe()
    if (id !== null) void this.api.forget(id, true).catch(() => undefined)
  }

  // ---- what the clerk does

  async readPicture(picture: Blob): Promise<void> {
    this.store.send({ type: 'picture', picture: 'looking' })
    try {
      const { texts } = await this.api.scanPicture(picture)
      const ready = texts.map(({ text }) => recognise(text)).filter((one): one is Ready => one.kind === 'ready')
      const numbers = new Set(ready.map(({ fields }) => fields.find(({ name }) => name === 'personalNumber')?.value))
      const [first] = ready
      if (first !== undefined && numbers.size === 1) return await this.#start(first)
      const trouble = first === undefined ? INPUT_WORDS.pictureEmpty : INPUT_WORDS.pictureSeveral
      this.store.send({ type: 'picture', picture: { trouble } })
    } catch (error) {
      this.store.send({ type: 'picture', picture: { trouble: troubleOf(error).words } })
    }
  }

  /** Lays a card of the drawer on the simulated reader and reads it as if its QR had been scanned. */
  async tryCard(id: string): Promise<void> {
    await this.#forgetReading(this.#wipe())
    try {
      await this.read(await this.api.insertCard(id))
    } catch (error) {
      this.#say(troubleOf(error).words, 'bad')
    }
  }

  async takeCardAway(): Promise<void> {
    await this.api.removeCard().catch(error => this.#say(troubleOf(error).words, 'bad'))
  }

  chooseReader(name: string): void {
    this.store.send({ type: 'readerChosen', name })
  }

  async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      this.#copied = true
      this.#say(WORDS.copied, 'good')
    } catch {
      this.#say(WORDS.copyFailed, 'bad')
    }
  }

  /** Hands a file to the browser's downloads. */
  async download(form: 'fhir' | 'his'): Promise<void> {
    const { visit } = this.store.now()
    if (visit?.readingId == null) return
    try {
      const url = URL.createObjectURL(await this.api.exported(visit.readingId, form))
      const link = document.createElement('a')
      link.href = url
      link.download = form === 'fhir' ? 'nguoi-benh.fhir.json' : 'nguoi-benh.xml'
      link.click()
      setTimeout(() => URL.revokeObjectURL(url), 1000)
    } catch (error) {
      this.#say(troubleOf(error).words, 'bad')
    }
  }

  /** Any key or click: the person stays on the screen for another while. */
  touched(): void {
    if (this.store.now().visit !== null) this.#touch()
  }

  #touch(): void {
    clearTimeout(this.#idle)
    this.#idle = setTimeout(() => {
      void this.next().then(() => this.#say(WORDS.clearedByTime, 'good'))
    }, IDLE_MS)
  }

  #say(words: Parameters<typeof troubleWords>[0], tone: 'good' | 'bad'): void {
    this.store.send({ type: 'notice', notice: troubleWords(words, tone) })
    clearTimeout(this.#noticeTimer)
    this.#noticeTimer = setTimeout(() => this.store.send({ type: 'notice', notice: null }), NOTICE_MS)
  }

  #linkChanged(link: DeskState['link']): void {
    const before = this.store.now().link
    this.store.send({ type: 'link', link })
    if (link !== 'up') return
    for (const id of this.#owed) {
      this.#owed.delete(id)
      void this.#forgetReading(id)
    }
    if (before !== 'lost') return
    this.#say(WORDS.linkBack, 'good')
    void this.#lookAround()
    // Whatever was said meanwhile was missed: the desk is asked where the reading stands, if it still has it.
    const { visit } = this.store.now()
    if (visit?.readingId != null && visit.stage !== 'done' && visit.stage !== 'failed') {
      void this.#fetchResult(visit.number, visit.readingId)
    }
  }
}

function troubleWords(words: { readonly vi: string; readonly en: string }, tone: 'good' | 'bad') {
  return { words, tone } as const
}

function troubleOf(error: unknown): Trouble {
  if (!(error instanceof DeskFault)) throw error
  const { code, words, hint, facts } = error
  const triesLeft = typeof facts.triesLeft === 'number' ? facts.triesLeft : undefined
  return { code, words, hint, triesLeft }
}
