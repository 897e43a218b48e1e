import { join } from 'node:path'
import type { ReaderService } from '@cccd/card-reader/pcsc'
import { FormatError } from '@cccd/mrz'
import type { TrustAnchors } from '@cccd/verifier'
import { type AnchorsWatch, watchAnchors } from './anchors-watch.ts'
import { auditOfReadings } from './audit-of-readings.ts'
import type { DeskConfig } from './config/desk-config.ts'
import type { DeskFolders } from './config/folders.ts'
import { openConnectors } from './connectors/connectors.ts'
import type { Webhook } from './connectors/webhook/webhook.ts'
import type { CardDrawer, Desk, Log } from './desk.ts'
import type { AuditLog } from './keeping/audit-log.ts'
import { consentFor } from './keeping/consent.ts'
import { DeskMetrics } from './keeping/desk-metrics.ts'
import { PairingCodes } from './pairing/codes.ts'
import { openTokenStore } from './pairing/token-store.ts'
import { loadPolicies } from './policies.ts'
import { DESK_KEY_FILE, openDeskKey } from './readings/desk-key.ts'
import { ReaderWatch } from './readings/reader-watch.ts'
import { ReadingDesk, type ReadingDeskOptions } from './readings/reading-desk.ts'

/** What `startDesk` is given: everything that touches the machine. */
export interface DeskParts {
  readonly config: DeskConfig
  /** Where things are kept; undefined keeps nothing: tokens and key live as long as the process. */
  readonly folders?: DeskFolders
  readonly version: string
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  readonly log: Log
  readonly loadAnchors: () => Promise<TrustAnchors>
  readonly openReaders: () => Promise<ReaderService>
  /** The drawer of simulated cards; then `openReaders` opens the simulated reader. */
  readonly drawer?: CardDrawer
  /** The built page; without it the desk has no page. */
  readonly pageFolder?: string
}

/** A desk that does not listen yet, and how its services end. */
export interface OpenDesk {
  readonly desk: Desk
  readonly anchors: AnchorsWatch
  /** Ends the readings and forgets them. */
  stopReadings(): Promise<void>
  /** Ends everything else. */
  close(): Promise<void>
}

/** Opens everything that the routes need. Throws what cannot be opened: a desk without a part of it does not start. */
export async function openDesk(given: DeskParts, ownUrl: () => string): Promise<OpenDesk> {
  const { config, folders, version, now, random, log, drawer, pageFolder } = given
  const tokens = await openTokenStore({ ...(folders && { path: folders.tokenFile }), now, random })
  const policies = await loadPolicies(config.policies)
  if (!policies.has(config.policy)) {
    throw new FormatError('DESK_CONFIG_MALFORMED', 'the configuration names no known policy', { field: 'policy' })
  }
  const key = await openDeskKey(folders && join(folders.state, DESK_KEY_FILE))
  const anchors = await watchAnchors(given.loadAnchors, log)
  const audit = await openAudit(config, given)
  const readers = new ReaderWatch({ openReaders: given.openReaders, simulated: drawer !== undefined, log })
  let webhook: Webhook | undefined
  const metrics =
    config.metrics &&
    new DeskMetrics({ version, readers: () => readers.now(), audit: audit?.state, outbox: () => webhook?.status() })
  const { allowBacFallback, ...limits } = config.readings
  const readings = new ReadingDesk({
    ...{ watch: readers, anchors: anchors.now, policies, policy: config.policy, key, now, random, log, limits },
    allowBacFallback,
    admit: (caller, { policy, purpose, consent }) =>
      consentFor({ config: config.consent, policy, purpose, consent, by: caller.label, now }),
    ...accountsOf(audit, metrics),
  })
  tokens.onRevoked(tokenId => readings.revoked(tokenId))
  const connectors = await openConnectors({
    config: config.connectors,
    now,
    random,
    log,
    simulated: drawer !== undefined,
  }).catch(async error => {
    anchors.close()
    metrics?.close()
    await audit?.close()
    throw error
  })
  webhook = connectors.webhook
  const desk: Desk = {
    ...{ version, config, now, random, log, tokens, key, readers, readings, connectors, policies, ownUrl },
    codes: new PairingCodes({ now, random }),
    anchors: anchors.now,
    ...(audit && { audit }),
    ...(metrics && { metrics }),
    ...(drawer && { drawer }),
    ...(pageFolder !== undefined && { pageFolder }),
  }
  await audit?.record({ kind: 'desk.started', version })
  noteAudit(audit, log)
  readers.start()
  return {
    desk,
    anchors,
    stopReadings: () => readings.close(),
    async close() {
      anchors.close()
      await readers.close()
      await connectors.close()
      metrics?.close()
      try {
        await audit?.record({ kind: 'desk.stopped' })
        noteAudit(audit, log)
      } finally {
        await audit?.close()
      }
    },
  }
}

async function openAudit(
  { audit }: DeskConfig,
  { now, random }: Pick<DeskParts, 'now' | 'random'>,
): Promise<AuditLog | undefined> {
  if (!audit) return undefined
  const { openAuditLog } = await import('./keeping/audit-log.ts')
  return openAuditLog({ config: audit, now, random })
}

/** Where the audit log stands goes to another log, of another owner: an older copy of it, put in its place, is found out. */
function noteAudit(audit: AuditLog | undefined, log: Log): void {
  if (!audit) return
  const { chain, count, hash } = audit.state()
  log('info', 'audit', { chain, noted: `${count}:${hash}` })
}

/** Who hears of readings: the log first, since what it refuses does not begin. */
function accountsOf(
  audit: AuditLog | undefined,
  metrics: DeskMetrics | undefined,
): Required<Pick<ReadingDeskOptions, 'began' | 'finished'>> {
  const log = audit && auditOfReadings(audit)
  return {
    async began(reading) {
      await log?.began(reading)
      metrics?.began()
    },
    async finished(reading) {
      metrics?.finished(reading)
      await log?.finished(reading)
    },
  }
}
