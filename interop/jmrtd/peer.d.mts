// Types of peer.mjs, which is plain JavaScript so that `npm run bench` can use it on Node 20 too.
/** What stands in a document: SHA-256 of each file, the fields, and which files could not be parsed. */
export interface Told {
  readonly files: Readonly<Record<string, string>>
  readonly dg1?: Readonly<Record<string, string>>
  readonly faces?: readonly {
    readonly sha256: string
    readonly mime: string
    readonly width: number
    readonly height: number
  }[]
  readonly com?: { readonly ldsVersion: string; readonly unicodeVersion: string; readonly tags: readonly number[] }
  readonly sod?: {
    readonly digestAlgorithm: string
    readonly listed: Readonly<Record<string, string>>
    readonly signer?: string
  }
  readonly unparsed: readonly string[]
}

/** What JMRTD says of a document. */
export interface PeerAnswer {
  readonly ok: boolean
  /** The access that opened the card. */
  readonly opened?: string
  /** The status word, or the exception that JMRTD threw. */
  readonly fault?: string
  readonly step?: string
  /** Files that were not read: the status word, or the exception that JMRTD threw. */
  readonly refused?: Readonly<Record<string, string>>
  readonly apdus: number
  readonly bytesOut: number
  readonly bytesIn: number
  readonly perSecond?: number
  readonly chipAuthentication?: boolean
  readonly activeAuthentication?: boolean
  readonly told?: Told
  readonly verdict?: {
    readonly sod: boolean
    readonly hashes?: Readonly<Record<string, boolean>>
    readonly signature?: boolean
    readonly chain?: boolean
  }
}

export interface Peer {
  ask(request: Readonly<Record<string, unknown>>): Promise<PeerAnswer>
  stop(): Promise<void>
}

/** Compiles the Java program by Maven; returns what is missing in words, or undefined when it can be run. */
export declare function buildPeer(): string | undefined

/** Starts it; `env` names the pcscd to use. */
export declare function startPeer(env?: Readonly<Record<string, string>>): Peer
