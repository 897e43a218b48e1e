// Where the token lives: in this tab's sessionStorage, so that reloading the page does not cost the clerk a new pairing,
// and nowhere else. It goes with the tab, with "end the shift" (which also revokes it at the desk), and with the first
// answer that refuses it. It is bound to this origin and expires by itself; nothing of a person is ever stored.

const KEY = 'cccd.token'

export function keptToken(): string | null {
  return sessionStorage.getItem(KEY)
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token)
}

export function forgetToken(): void {
  sessionStorage.removeItem(KEY)
}

/** The pairing code of `#code=CODE`, taken out of the address bar and the history entry at once. */
export function takeCodeFromAddress(): string | null {
  const { hash } = location
  if (hash === '') return null
  history.replaceState(null, '', location.pathname)
  return new URLSearchParams(hash.slice(1)).get('code')
}
