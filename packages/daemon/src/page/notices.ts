import type { DeskAction, DeskState } from './desk-state.ts'
import type { Store } from './store.ts'
import type { Text } from './words/language.ts'

const NOTICE_MS = 4000

/** Says something once, at the lower edge; it goes by itself. Never holds a personal value. */
export class Notices {
  readonly #store: Store<DeskState, DeskAction>
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(store: Store<DeskState, DeskAction>) {
    this.#store = store
  }

  say(words: Text, tone: 'good' | 'bad'): void {
    this.#store.send({ type: 'notice', notice: { words, tone } })
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#store.send({ type: 'notice', notice: null }), NOTICE_MS)
  }
}
