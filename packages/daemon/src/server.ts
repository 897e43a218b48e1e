import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TrustAnchors } from '@cccd/verifier'
import { SCOPES } from './api/access.ts'
import { buildDeskApp } from './app.ts'
import type { DeskConfig } from './config/desk-config.ts'
import type { CardDrawer, Desk, Log } from './desk.ts'
import { type Entrance, loopbackHosts } from './http/host-guard.ts'
import { PairingCodes } from './pairing/codes.ts'
import { openTokenStore } from './pairing/token-store.ts'

/** A desk that listens. */
export interface RunningDesk {
  /** Address of the desk's own page, without a code. */
  readonly url: string
  readonly port: number
  /** A new one-time code for the desk's own page. */
  pairingCode(): string
  close(): Promise<void>
}

export interface DeskParts {
  readonly config: DeskConfig
  readonly version: string
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  readonly log: Log
  /** The anchors as they are now. */
  readonly anchors: () => TrustAnchors
  readonly drawer?: CardDrawer
}

/** Opens what the desk keeps, builds its routes and listens. */
export async function startDesk(given: DeskParts): Promise<RunningDesk> {
  const { config, version, now, random, log, anchors, drawer } = given
  const tokens = await openTokenStore({ now, random })
  const codes = new PairingCodes({ now, random })
  const desk: Desk = { version, config, now, random, log, tokens, codes, anchors, ...(drawer && { drawer }) }
  const entrances = new WeakMap<Socket, Entrance>()
  const app = await buildDeskApp(desk, { entranceOf: (raw: IncomingMessage) => entrances.get(raw.socket) })
  let loopback: Entrance | undefined
  app.server.on('connection', socket => {
    if (loopback && !entrances.has(socket)) entrances.set(socket, loopback)
  })
  await app.listen({ host: '127.0.0.1', port: config.listen.port })
  const address = app.server.address()
  const port = typeof address === 'object' && address ? address.port : config.listen.port
  loopback = { scheme: 'http', hosts: loopbackHosts(port), local: false }
  const url = `http://127.0.0.1:${port}`
  return {
    url: `${url}/`,
    port,
    pairingCode: () =>
      codes.issue(
        { scopes: SCOPES, role: 'clerk', origin: url, tokenLifeMs: config.limits.tokenDays * 86_400_000 },
        15 * 60_000,
      ).code,
    close: async () => {
      await app.close()
    },
  }
}
