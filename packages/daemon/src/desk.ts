import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Policy, TrustAnchors } from '@cccd/verifier'
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Role, Scope } from './api/access.ts'
import type { DeskConfig } from './config/desk-config.ts'
import type { Connectors } from './connectors/connectors.ts'
import type { Log } from './http/log.ts'
import type { AuditLog } from './keeping/audit-log.ts'
import type { DeskMetrics } from './keeping/desk-metrics.ts'
import type { PairingCodes } from './pairing/codes.ts'
import type { TokenStore } from './pairing/token-store.ts'
import type { DeskKey } from './readings/desk-key.ts'
import type { ReaderWatch } from './readings/reader-watch.ts'
import type { ReadingDesk } from './readings/reading-desk.ts'

export type { Role, Scope } from './api/access.ts'
export { ROLES, SCOPES } from './api/access.ts'
export type { DeskConfig } from './config/desk-config.ts'
export type { Log } from './http/log.ts'
export type { PairingCodes } from './pairing/codes.ts'
export type { TokenEntry, TokenStore } from './pairing/token-store.ts'

/** fastify with zod schemas: what a route file registers its routes on. */
export type DeskApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>

/** A file of routes: `export function healthRoutes(app: DeskApp, desk: Desk): void`. */
export type Routes = (app: DeskApp, desk: Desk) => void | Promise<void>

/** Who asks, as the guard found by the token. `origin` is null for a program without a browser. */
export interface Caller {
  readonly tokenId: string
  readonly origin: string | null
  readonly scopes: ReadonlySet<Scope>
  readonly role: Role
  readonly label: string
}

/** The drawer of simulated cards that `--simulate` opens. */
export interface CardDrawer {
  cards(): readonly SimulatedCard[]
  /** Lays this card on the simulated reader, in place of the one there. Throws DeskError CARD_UNKNOWN. */
  insert(id: string): Promise<void>
  remove(): Promise<void>
  /** The text of the card's QR, as a scanner would send it. Throws DeskError CARD_UNKNOWN. */
  scanText(id: string): string
}

export interface SimulatedCard {
  readonly id: string
  readonly vi: string
  readonly en: string
  /** What the desk will say of it. */
  readonly lie: string
}

/** What every route gets. */
export interface Desk {
  readonly version: string
  readonly config: DeskConfig
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  readonly log: Log
  readonly tokens: TokenStore
  readonly codes: PairingCodes
  readonly readers: ReaderWatch
  readonly readings: ReadingDesk
  /** What hands readings on. */
  readonly connectors: Connectors
  /** Signs results. */
  readonly key: DeskKey
  readonly policies: ReadonlyMap<string, Policy>
  /** The trust anchors as they are now. */
  readonly anchors: () => TrustAnchors
  /** Only where the configuration asks for one. */
  readonly audit?: AuditLog
  /** Only where the configuration asks for them. */
  readonly metrics?: DeskMetrics
  /** Only with --simulate. */
  readonly drawer?: CardDrawer
  /** The folder of the built page. */
  readonly pageFolder?: string
  /** Address of the desk's own page. */
  readonly ownUrl: () => string
}
