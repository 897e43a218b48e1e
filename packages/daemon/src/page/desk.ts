import type { ReaderInfo } from '../api/readers.ts'
import type { DeskApi } from './desk-api.ts'
import { type DeskAction, type DeskState, START, step } from './desk-state.ts'
import { EventLink } from './event-link.ts'
import { Notices } from './notices.ts'
import { forgetToken, keepToken, keptToken } from './pairing-token.ts'
import { type Recognised, recognise } from './scan-input.ts'
import type { DeskEvent } from './shapes.ts'
import { createStore, type Store } from './store.ts'
import { DeskFault, type Trouble, troubleOf } from './trouble.ts'
import { Visits } from './visits.ts'
import { WORDS } from './words/desk-words.ts'
import { INPUT_WORDS, REFUSAL_WORDS } from './words/input-words.ts'

/** What this page is called in the operator's list of pairings. */
const LABEL = 'Trang bàn đọc'

/** What the page does: pairs, listens to the desk program, and takes what is scanned; keeps the one state that it shows. */
export class Desk {
  readonly store: Store<DeskState, DeskAction> = createStore(START, step)
  readonly visits: Visits
  readonly #api: DeskApi
  readonly #notices: Notices
  readonly #link: EventLink

  constructor(api: DeskApi) {
    const { store } = this
    this.#api = api
    this.#notices = new Notices(store)
    this.visits = new Visits({
      store,
      api,
      notices: this.#notices,
      sessionOver: error => this.#unpair(troubleOf(error)),
    })
    this.#link = new EventLink({
      greeting: () => api.greeting(),
      onState: link => this.#linkChanged(link),
      onEvent: event => this.#event(event),
      onRefused: () => void this.#enter(),
    })
  }

  /** Begins with a pairing code from the address, else with the token of this tab, else with the pairing screen. */
  async begin(code: string | null): Promise<void> {
    if (code !== null) return await this.pair(code)
    const token = keptToken()
    if (token === null) return this.store.send({ type: 'pairingNeeded', trouble: null })
    this.#api.use(token)
    await this.#enter()
  }

  async pair(code: string): Promise<void> {
    this.store.send({ type: 'pairingTried' })
    try {
      const { token } = await this.#api.pair(code, LABEL)
      keepToken(token)
      this.#api.use(token)
    } catch (error) {
      return this.store.send({ type: 'pairingNeeded', trouble: troubleOf(error) })
    }
    await this.#enter()
  }

  /** Asks whether the token holds; only a refusal of the desk itself takes it away. */
  async #enter(): Promise<void> {
    try {
      await this.#api.session()
    } catch (error) {
      if (error instanceof DeskFault && error.status === 401) return this.#unpair(troubleOf(error))
      // The desk program is away: the socket goes on asking, the token stays.
      this.store.send({ type: 'link', link: 'lost' })
    }
    this.store.send({ type: 'paired' })
    this.#link.open()
    await this.#lookAround()
  }

  /** What is set up at this desk. Readers and readings come by the socket, as they are and as they change. */
  async #lookAround(): Promise<void> {
    try {
      this.store.send({ type: 'connectors', connectors: await this.#api.connectors() })
    } catch (error) {
      // Without an answer nothing is handed on; the socket says whether the desk is there at all.
      if (!(error instanceof DeskFault)) throw error
    }
  }

  /** Only a desk with simulated readers has a drawer. */
  async #openDrawer(): Promise<void> {
    if (this.store.now().cards !== null) return
    const cards = await this.#api.cards().catch(() => null)
    this.store.send({ type: 'cards', cards })
  }

  #unpair(trouble: Trouble | null): void {
    this.#link.close()
    this.visits.wipe()
    forgetToken()
    this.#api.use(null)
    this.store.send({ type: 'pairingNeeded', trouble })
  }

  /** Revokes the token at the desk: this page has to be paired again. */
  async endShift(): Promise<void> {
    await this.visits.next()
    await this.#api.endSession().catch(error => this.#notices.say(troubleOf(error).words, 'bad'))
    this.#unpair(null)
  }

  #linkChanged(link: DeskState['link']): void {
    const before = this.store.now().link
    this.store.send({ type: 'link', link })
    if (link !== 'up' || before !== 'lost') return
    this.#notices.say(WORDS.linkBack, 'good')
    void this.#lookAround()
    void this.visits.catchUp()
  }

  #event(event: DeskEvent): void {
    switch (event.type) {
      case 'reader':
        this.store.send({ type: 'reader', reader: readerOf(event) })
        if (event.simulated) void this.#openDrawer()
        break
      case 'service':
        this.store.send(event)
        break
      case 'reading':
        this.visits.heard(event)
    }
  }

  /** Reads the card with what the text gives. */
  async read(text: string): Promise<void> {
    const recognised = recognise(text)
    if (recognised.kind === 'ready') await this.visits.start(recognised)
    else if (recognised.kind === 'refused') this.#notices.say(REFUSAL_WORDS[recognised.why], 'bad')
  }

  async readPicture(picture: Blob): Promise<void> {
    this.store.send({ type: 'picture', picture: 'looking' })
    try {
      const { texts } = await this.#api.scanPicture(picture)
      const ready = texts.map(({ text }) => recognise(text)).filter(isReady)
      const numbers = new Set(ready.map(({ fields }) => fields.find(({ name }) => name === 'personalNumber')?.value))
      const [first] = ready
      if (first !== undefined && numbers.size === 1) return await this.visits.start(first)
      const trouble = first === undefined ? INPUT_WORDS.pictureEmpty : INPUT_WORDS.pictureSeveral
      this.store.send({ type: 'picture', picture: { trouble } })
    } catch (error) {
      this.store.send({ type: 'picture', picture: { trouble: troubleOf(error).words } })
    }
  }

  /** Lays a card of the drawer on the simulated reader and reads it as if its QR had been scanned. */
  async tryCard(id: string): Promise<void> {
    await this.visits.next()
    this.#notices.say(WORDS.layingCard, 'good')
    try {
      await this.read(await this.#api.insertCard(id))
    } catch (error) {
      this.#notices.say(troubleOf(error).words, 'bad')
    }
  }

  async takeCardAway(): Promise<void> {
    await this.#api.removeCard().catch(error => this.#notices.say(troubleOf(error).words, 'bad'))
  }

  /** null: whichever reader gets the card. */
  chooseReader(name: string | null): void {
    this.store.send({ type: 'readerChosen', name })
  }
}

type Ready = Extract<Recognised, { kind: 'ready' }>

function isReady(recognised: Recognised): recognised is Ready {
  return recognised.kind === 'ready'
}

function readerOf({ name, state, simulated }: Extract<DeskEvent, { type: 'reader' }>): ReaderInfo {
  return { name, state, ...(simulated && { simulated }) }
}
