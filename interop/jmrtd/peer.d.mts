// Types of peer.mjs, which is plain JavaScript so that `npm run bench` can use it on Node 20 too.
/** What JMRTD says of a document. */
export interface PeerAnswer {
  readonly ok: boolean
  readonly fault?: string
  readonly step?: string
  readonly sw?: string
  readonly apdus: number
  readonly bytesOut: number
  readonly bytesIn: number
  readonly perSecond?: number
  readonly chipAuthentication?: boolean
  readonly activeAuthentication?: boolean
  readonly told?: {
    readonly files: Readonly<Record<string, string>>
    readonly dg1?: Readonly<Record<string, string>>
    readonly faces?: readonly {
      readonly sha256: string
      readonly mime: string
      readonly width: number
      readonly height: number
    }[]
    readonly com?: { readonly ldsVersion: string; readonly unicodeVersion: string; readonly tags: readonly number[] }
    readonly unparsed: readonly string[]
  }
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
