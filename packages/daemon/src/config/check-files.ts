import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'
import { FormatError } from '@cccd/mrz'
import { connectorFileFaults } from '../connectors/secrets.ts'
import { loadPolicies } from '../policies.ts'
import type { DeskConfig } from './desk-config.ts'
import type { ConfigFault } from './load-config.ts'

/** What is wrong with the files that a configuration names, as far as it shows without starting: policies, TLS keys,
 * the connectors' secrets, and consents for policies that are not there. */
export async function configFileFaults(config: DeskConfig): Promise<readonly ConfigFault[]> {
  const faults: ConfigFault[] = []
  const known = new Set<string>(['hospital', 'kyc'])
  try {
    for (const id of (await loadPolicies(config.policies)).keys()) known.add(id)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const { file = '', field = '' } = error.facts
    const index = config.policies.indexOf(file)
    const place = field && ` (${field})`
    faults.push({
      path: `policies.${index}`,
      vi: `Tệp chính sách ${file} không dùng được${place}`,
      en: `The policy file ${file} cannot be used: ${error.message}${place}`,
    })
    return faults
  }
  if (!known.has(config.policy)) {
    faults.push({
      path: 'policy',
      vi: `Không có chính sách “${config.policy}”`,
      en: `There is no policy “${config.policy}”`,
    })
  }
  for (const [i, { demandedBy }] of config.consent.texts.entries()) {
    for (const [j, id] of demandedBy.entries()) {
      if (known.has(id)) continue
      faults.push({
        path: `consent.texts.${i}.demandedBy.${j}`,
        vi: `Không có chính sách “${id}”`,
        en: `There is no policy “${id}”`,
      })
    }
  }
  for (const [i, { tls }] of config.listen.addresses.entries())
    faults.push(...(await tlsFaults(tls, `listen.addresses.${i}.tls`)))
  faults.push(...(await connectorFileFaults(config.connectors)))
  return faults
}

async function tlsFaults(
  tls: { readonly cert: string; readonly key: string },
  path: string,
): Promise<readonly ConfigFault[]> {
  const read: Partial<Record<'cert' | 'key', Buffer>> = {}
  const faults: ConfigFault[] = []
  for (const name of ['cert', 'key'] as const) {
    try {
      read[name] = await readFile(tls[name])
    } catch {
      faults.push({
        path: `${path}.${name}`,
        vi: `Không đọc được tệp ${tls[name]}`,
        en: `The file ${tls[name]} cannot be read`,
      })
    }
  }
  if (read.cert && read.key) {
    try {
      createSecureContext({ cert: read.cert, key: read.key })
    } catch {
      faults.push({
        path,
        vi: 'Chứng thư và khóa không dùng được, hoặc không đi cùng nhau',
        en: 'Certificate and key cannot be used, or do not belong together',
      })
    }
  }
  return faults
}
