import type { ReaderInfo } from '../api/readers.ts'
import { DeskCallError } from '../client/call-error.ts'
import type { DeskEvent } from '../client/event-socket.ts'
import { type DeskAction, type DeskState, START, step } from './desk-state.ts'
import { Notices } from './notices.ts'
import { PageClient } from './page-client.ts'
import { forgetToken, keepToken, keptToken } from './pairing-token.ts'
import { type Recognised, recognise } from './scan-input.ts'
import { createStore, type Store } from './store.ts'
import { isSessionOver, type Trouble, troubleOf } from './trouble.ts'
import { Visits } from './visits.ts'
import { WORDS } from './words/desk-words.ts'
import { INPUT_WORDS, REFUSAL_WORDS } from './words/input-words.ts'

/** What this page is called in the operator's list of pairings. */
const LABEL = 'Trang bàn đọc'

/** What the page does: pairs, listens to the desk program, and takes what is scanned; keeps the one state that it shows. */
export class Desk {
  readonly store: Store<DeskState, DeskAction> = createStore(START, step)
  readonly visits: Visits
  readonly #client = new PageClient()
  readonly #notices: Notices
  /** Ends the listening to the desk. */
  #listening: AbortController | null = null

  constructor() {
    const { store } = this
    this.#notices = new Notices(store)
    this.visits = new Visits({
      store,
      client: this.#client,
      notices: this.#notices,
      sessionOver: error => this.#unpair(troubleOf(error)),
    })
  }

  /** Begins with a pairing code from the address, else with the token of this tab, else with the pairing screen. */
  async begin(code: string | null): Promise<void> {
    if (code !== null) return await this.pair(code)
    const token = keptToken()
    if (token === null) return this.store.send({ type: 'pairingNeeded', trouble: null })
    this.#client.use(token)
    await this.#enter()
  }

  async pair(code: string): Promise<void> {
    this.store.send({ type: 'pairingTried' })
    try {
      const { token } = await this.#client.desk.pair({ code, label: LABEL })
      keepToken(token)
      this.#client.use(token)
    } catch (error) {
      return this.store.send({ type: 'pairingNeeded', trouble: troubleOf(error) })
    }
    await this.#enter()
  }

  /** Asks whether the token holds; only a refusal of the desk itself takes it away. */
  async #enter(): Promise<void> {
    try {
      await this.#client.desk.session()
    } catch (error) {
      if (isSessionOver(error)) return this.#unpair(troubleOf(error))
      // The desk program is away: the socket goes on asking, the token stays.
      this.store.send({ type: 'link', link: 'lost' })
    }
    this.store.send({ type: 'paired' })
    void this.#listen()
    await this.#lookAround()
  }

  /** What is set up at this desk. Readers and readings come by the socket, as they are and as they change. */
  async #lookAround(): Promise<void> {
    try {
      this.store.send({ type: 'connectors', connectors: await this.#client.desk.connectors() })
    } catch (error) {
      // Without an answer nothing is handed on; the socket says whether the desk is there at all.
      if (!(error instanceof DeskCallError)) throw error
    }
  }

  /** Only a desk with simulated readers has a drawer. */
  async #openDrawer(): Promise<void> {
    if (this.store.now().cards !== null) return
    const cards = await this.#client.desk.simulatedCards().catch(() => null)
    // Without the text of its QR: that is asked for when the card is laid down.
    this.store.send({ type: 'cards', cards: cards?.map(({ id, vi, en, lie }) => ({ id, vi, en, lie })) ?? null })
  }

  /** Hears the desk until the session ends. */
  async #listen(): Promise<void> {
    if (this.#listening !== null) return
    const listening = new AbortController()
    this.#listening = listening
    try {
      for await (const event of this.#client.desk.watch(['readers', 'readings'], listening.signal)) this.#event(event)
    } catch (error) {
      if (!isSessionOver(error)) throw error
      if (this.#listening === listening) this.#unpair(troubleOf(error))
    }
  }

  #unpair(trouble: Trouble | null): void {
    this.#listening?.abort()
    this.#listening = null
    this.visits.wipe()
    forgetToken()
    this.#client.use(null)
    this.store.send({ type: 'pairingNeeded', trouble })
  }

  /** Revokes the token at the desk: this page has to be paired again. */
  async endShift(): Promise<void> {
    await this.visits.next()
    await this.#client.desk.endSession().catch(error => this.#notices.say(troubleOf(error).words, 'bad'))
    this.#unpair(null)
  }

  #linkChanged(link: 'up' | 'lost'): void {
    const before = this.store.now().link
    this.store.send({ type: 'link', link })
    if (link !== 'up' || before !== 'lost') return
    this.#notices.say(WORDS.linkBack, 'good')
    void this.#lookAround()
    void this.visits.catchUp()
  }

  #event(event: DeskEvent): void {
    switch (event.type) {
      case 'connection':
        this.#linkChanged(event.state === 'open' ? 'up' : 'lost')
        break
      case 'reader':
        this.store.send({ type: 'reader', reader: readerOf(event) })
        if (event.simulated) void this.#openDrawer()
        break
      case 'service':
        this.store.send(event)
        break
      case 'reading':
        this.visits.heard(event)
        break
      case 'error':
        this.#notices.say(event.error, 'bad')
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
      const { texts } = await this.#client.desk.scanPicture(picture)
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
      const { desk } = this.#client
      await desk.insertSimulatedCard(id)
      await this.read((await desk.simulatedCards()).find(card => card.id === id)?.scanText ?? '')
    } catch (error) {
      this.#notices.say(troubleOf(error).words, 'bad')
    }
  }

  async takeCardAway(): Promise<void> {
    await this.#client.desk.removeSimulatedCard().catch(error => this.#notices.say(troubleOf(error).words, 'bad'))
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
