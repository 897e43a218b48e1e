import type { Log } from '../http/log.ts'
import type { ReadPerson } from '../person.ts'
import type { ConnectorsConfig } from './config.ts'
import { fhirBundle } from './fhir/bundle.ts'
import { type FhirReceipt, postBundle } from './fhir/fhir-server.ts'
import type { FhirBundle } from './fhir/resources.ts'
import { type Xml1, xml1 } from './his-export.ts'
import { InsuranceGateway } from './insurance/insurance-gateway.ts'
import { InsuranceMemory } from './insurance-memory.ts'
import { readSecrets, type Secrets } from './secrets.ts'
import { TextOutput } from './text/text-output.ts'
import { systemTimer, type Timer } from './timer.ts'
import { openOutbox } from './webhook/outbox.ts'
import { outboxKey } from './webhook/outbox-key.ts'
import { Webhook } from './webhook/webhook.ts'

/** What hands readings on. A connector that is not configured, or not used by a desk with simulated cards, is absent. */
export interface Connectors {
  readonly config: ConnectorsConfig
  readonly insurance?: InsuranceGateway
  /** What the gateway said of readings that are not forgotten yet. */
  readonly answers: InsuranceMemory
  readonly webhook?: Webhook
  readonly texts: readonly TextOutput[]
  /** The reading as a FHIR transaction. `portrait`: whether whoever asks may have it. */
  fhir(person: ReadPerson, given: { readonly portrait: boolean; readonly signed?: string }): FhirBundle
  /** Posts it to the configured server; absent where there is none. Rejects with ConnectorError. */
  readonly postFhir?: (bundle: FhirBundle) => Promise<FhirReceipt>
  his(person: ReadPerson): Xml1
  /** Ends what is under way; what waits in the outbox waits for the next start. */
  close(): Promise<void>
}

/** Reads the secret files, opens the outbox and begins to deliver what waits in it. Throws FormatError
 * CONNECTOR_CONFIG_MALFORMED or ConnectorError OUTBOX_FAILED, which name the setting and the file. */
export async function openConnectors(given: {
  readonly config: ConnectorsConfig
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  readonly log: Log
  /** The desk has simulated cards. */
  readonly simulated?: boolean
  readonly timer?: Timer
}): Promise<Connectors> {
  const { config, now, random, log, timer = systemTimer } = given
  const speaks = given.simulated !== true || config.whenSimulated === 'on'
  const used = speaks ? config : withoutServers(config)
  const secrets = await readSecrets(used)
  const texts = used.text.map(output => new TextOutput(output))
  const insurance =
    used.insurance && secrets.insurance && new InsuranceGateway({ config: used.insurance, ...secrets.insurance, now })
  const webhook =
    used.webhook && secrets.webhook && (await openWebhook(used.webhook, secrets.webhook, { now, random, log, timer }))
  webhook?.start()
  const closing = new AbortController()
  const { server } = used.fhir
  return {
    config: used,
    texts,
    answers: new InsuranceMemory(),
    ...(insurance && { insurance }),
    ...(webhook && { webhook }),
    fhir: (person, options) => fhirBundle(person, { config: used.fhir, ...options }),
    ...(server && {
      postFhir: bundle => postBundle(bundle, { server, signal: closing.signal, ...secrets.fhir }),
    }),
    his: person => xml1(person, used.his),
    async close() {
      closing.abort()
      insurance?.close()
      await Promise.all([webhook?.close(), ...texts.map(text => text.close())])
    },
  }
}

async function openWebhook(
  config: NonNullable<ConnectorsConfig['webhook']>,
  secrets: NonNullable<Secrets['webhook']>,
  parts: {
    readonly now: () => Date
    readonly random: (length: number) => Uint8Array
    readonly log: Log
    readonly timer: Timer
  },
): Promise<Webhook> {
  const { folder, keyFile, maxEntries, maxBytes } = config.outbox
  const key = await outboxKey(keyFile, parts.random)
  const outbox = await openOutbox({ folder, key, limits: { maxEntries, maxBytes }, random: parts.random })
  return new Webhook({ config, outbox, ...secrets, ...parts })
}

/** What stays on this machine: exports that are given back. */
function withoutServers({ insurance: _, webhook: __, fhir, ...config }: ConnectorsConfig): ConnectorsConfig {
  const { server: ___, ...local } = fhir
  return { ...config, fhir: local, text: config.text.filter(({ target }) => target.kind === 'reply') }
}
