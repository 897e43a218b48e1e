import { resolve } from 'node:path'
import type { ConnectorsConfig, ServerConfig } from '../connectors/config.ts'
import type { DeskConfig } from './desk-config.ts'

/** A configuration whose relative paths count from `base`, the folder of its file. */
export function withPathsFrom(config: DeskConfig, base: string): DeskConfig {
  const at = (path: string): string => (path.startsWith('\\\\.\\') ? path : resolve(base, path))
  const { listen, stateFolder, runtimeFolder, trustStore, audit } = config
  return {
    ...config,
    listen: {
      ...listen,
      socket: typeof listen.socket === 'string' ? at(listen.socket) : listen.socket,
      addresses: listen.addresses.map(one => ({ ...one, tls: { cert: at(one.tls.cert), key: at(one.tls.key) } })),
    },
    ...(stateFolder !== undefined && { stateFolder: at(stateFolder) }),
    ...(runtimeFolder !== undefined && { runtimeFolder: at(runtimeFolder) }),
    ...(trustStore !== undefined && { trustStore: at(trustStore) }),
    policies: config.policies.map(at),
    connectors: connectorsFrom(config.connectors, at),
    ...(audit && { audit: { ...audit, folder: at(audit.folder), keyFile: at(audit.keyFile) } }),
  }
}

function connectorsFrom(connectors: ConnectorsConfig, at: (path: string) => string): ConnectorsConfig {
  const withCa = <T extends ServerConfig>(server: T): T =>
    server.caFile === undefined ? server : { ...server, caFile: at(server.caFile) }
  const { insurance, fhir, webhook, text } = connectors
  return {
    ...connectors,
    ...(insurance && { insurance: { ...withCa(insurance), passwordFile: at(insurance.passwordFile) } }),
    fhir: {
      ...fhir,
      ...(fhir.server && {
        server: {
          ...withCa(fhir.server),
          ...(fhir.server.tokenFile !== undefined && { tokenFile: at(fhir.server.tokenFile) }),
        },
      }),
    },
    ...(webhook && {
      webhook: {
        ...withCa(webhook),
        secretFile: at(webhook.secretFile),
        outbox: { ...webhook.outbox, folder: at(webhook.outbox.folder), keyFile: at(webhook.outbox.keyFile) },
      },
    }),
    text: text.map(one =>
      one.target.kind === 'file' ? { ...one, target: { ...one.target, path: at(one.target.path) } } : one,
    ),
  }
}
