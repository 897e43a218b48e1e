// What passes between the process that uses a reader and the one that holds PC/SC.

export type ToReader =
  | { readonly kind: 'connect'; readonly id: number; readonly reader: string }
  | { readonly kind: 'transmit'; readonly id: number; readonly reader: string; readonly command: Uint8Array }
  | { readonly kind: 'disconnect'; readonly id: number; readonly reader: string }

export type FromReader =
  /** PC/SC is there, and `state` events have told all readers. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'notInstalled'; readonly detail: string }
  | { readonly kind: 'noService'; readonly detail: string }
  | { readonly kind: 'state'; readonly state: ReaderState }
  | { readonly kind: 'gone'; readonly reader: string }
  | { readonly kind: 'connected'; readonly id: number; readonly atr: Uint8Array }
  | { readonly kind: 'response'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'disconnected'; readonly id: number }
  /** `scard` is the error number of PC/SC, where there is one. */
  | { readonly kind: 'failed'; readonly id: number; readonly scard?: number; readonly detail: string }

/** A reader and what lies on it. */
export interface ReaderState {
  readonly reader: string
  readonly card: 'absent' | 'present' | 'mute'
  /** Whether another program holds the card. */
  readonly inUse: boolean
  readonly atr?: Uint8Array
}
