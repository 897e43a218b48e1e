import { useEffect, useState } from 'preact/hooks'

/** A value that parts of the page follow. */
export interface Store<S, A> {
  now(): S
  send(action: A): void
  follow(listener: () => void): () => void
}

export function createStore<S, A>(start: S, step: (state: S, action: A) => S): Store<S, A> {
  let state = start
  const listeners = new Set<() => void>()
  return {
    now: () => state,
    send(action) {
      const next = step(state, action)
      if (next === state) return
      state = next
      for (const listener of [...listeners]) listener()
    },
    follow(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The state of a store; renders again when it changes. */
export function useStore<S, A>(store: Store<S, A>): S {
  const [state, show] = useState(() => store.now())
  useEffect(() => {
    const look = (): void => show(() => store.now())
    look()
    return store.follow(look)
  }, [store])
  return state
}
