import { CardToolkitError } from '@cccd/mrz'
import type { ConfigFault } from '../config/load-config.ts'
import type { ConnectorsConfig } from './config.ts'
import { readHeaderSecret, readPlainFile, readSecret, readSecretLines } from './secret-file.ts'
import { webhookSecret } from './webhook/signature.ts'

/** What the secret files of a configuration hold. Kept in memory; never logged, never in an error. */
export interface Secrets {
  readonly insurance?: { readonly password: string; readonly ca?: string }
  readonly fhir: { readonly token?: string; readonly ca?: string }
  readonly webhook?: { readonly secrets: readonly Uint8Array[]; readonly ca?: string }
}

/** Reads every file that the configuration names. Throws FormatError CONNECTOR_CONFIG_MALFORMED with setting and file. */
export async function readSecrets({ insurance, fhir, webhook }: ConnectorsConfig): Promise<Secrets> {
  const { server } = fhir
  const token =
    server?.tokenFile === undefined ? undefined : await readHeaderSecret('fhir.server.tokenFile', server.tokenFile)
  return {
    ...(insurance && {
      insurance: {
        password: await readSecret('insurance.passwordFile', insurance.passwordFile),
        ...(await caOf('insurance.caFile', insurance.caFile)),
      },
    }),
    fhir: { ...(token !== undefined && { token }), ...(await caOf('fhir.server.caFile', server?.caFile)) },
    ...(webhook && {
      webhook: {
        secrets: (await readSecretLines('webhook.secretFile', webhook.secretFile)).map(webhookSecret),
        ...(await caOf('webhook.caFile', webhook.caFile)),
      },
    }),
  }
}

/** What is wrong with the files that the connectors name, each for itself, for `cccd serve --check`. Nothing is made. */
export async function connectorFileFaults(config: ConnectorsConfig): Promise<readonly ConfigFault[]> {
  const { insurance, webhook, fhir, ...rest } = config
  const { server: _, ...local } = fhir
  const bare: ConnectorsConfig = { ...rest, fhir: local }
  const parts: ConnectorsConfig[] = [
    ...(insurance ? [{ ...bare, insurance }] : []),
    ...(fhir.server ? [{ ...bare, fhir }] : []),
    ...(webhook ? [{ ...bare, webhook }] : []),
  ]
  const faults: ConfigFault[] = []
  for (const part of parts) {
    try {
      await readSecrets(part)
    } catch (error) {
      if (!(error instanceof CardToolkitError)) throw error
      const [vi = '', en = vi] = error.message.split(' / ')
      faults.push({ path: `connectors.${error.facts.field ?? ''}`, vi, en })
    }
  }
  return faults
}

async function caOf(setting: string, path: string | undefined): Promise<{ readonly ca?: string }> {
  return path === undefined ? {} : { ca: await readPlainFile(setting, path) }
}
