import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CertificateSummary } from '@cccd/verifier'
import { addToTrustStore, listTrustStore, showTrustStoreEntry, type TrustStoreEntry } from '@cccd/verifier/trust-store'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Text } from '../language.ts'
import { type Output, table, UsageError } from '../output.ts'
import { type Context, trustStoreFolder } from '../wiring.ts'

/** `cccd trust list|add|show`: the certificates, master lists and CRLs that the operator trusts. */
export async function trust(
  context: Context,
  options: Record<string, unknown>,
  words: readonly string[],
): Promise<ExitCode> {
  const { output } = context
  const named = typeof options.trust === 'string' ? options.trust : undefined
  const folder = trustStoreFolder(named, context.environment)
  const [action, ...names] = words
  switch (action) {
    case 'list': {
      const entries = await listTrustStore(folder, { optional: true })
      const anchors = entries.filter(counts).reduce((sum, entry) => sum + entry.certificates.length, 0)
      output.result({ folder, anchors, entries }, () => [
        ...table(entries.map(entry => [entry.file, describe(entry, output)])),
        output.pick({
          vi: `${anchors} chứng thư tin cậy trong ${folder}`,
          en: `${anchors} trusted certificates in ${folder}`,
        }),
      ])
      return EXIT.ok
    }
    case 'add': {
      if (names.length === 0) throw wantsFiles()
      const taking = { acceptUnverifiedLists: options.acceptUnverified === true }
      // One file that is refused refuses them all: nothing becomes trusted by a command that failed.
      if (names.length > 1) await rehearse(folder, names, taking)
      const added = await addAll(folder, names, taking)
      output.result({ folder, added }, () => table(added.map(entry => [entry.file, describe(entry, output)])))
      return EXIT.ok
    }
    case 'show': {
      if (names.length !== 1) throw wantsFiles()
      const entry = await showTrustStoreEntry(folder, names[0] as string)
      output.result(entry, () => [
        ...table([
          [output.pick({ vi: 'Tệp', en: 'File' }), entry.file],
          [output.pick({ vi: 'Loại', en: 'Kind' }), describe(entry, output)],
          ['SHA-256', entry.fingerprint],
          ...(entry.issuer === undefined
            ? []
            : [[output.pick({ vi: 'Nơi cấp', en: 'Issuer' }), entry.issuer] as const]),
        ]),
        ...entry.certificates.flatMap(certificate => ['', ...certificateLines(certificate, output)]),
      ])
      return EXIT.ok
    }
    default:
      throw new UsageError({
        vi: 'cccd trust nhận: list, add TỆP…, show TÊN.',
        en: 'cccd trust takes: list, add FILE…, show NAME.',
      })
  }
}

type Taking = { readonly acceptUnverifiedLists: boolean }

async function addAll(folder: string, names: readonly string[], taking: Taking): Promise<TrustStoreEntry[]> {
  const added: TrustStoreEntry[] = []
  for (const name of names) added.push(...(await addToTrustStore(folder, name, taking)))
  return added
}

/** Adds to a copy of the store, so that what is refused is refused before the store itself is touched. */
async function rehearse(folder: string, names: readonly string[], taking: Taking): Promise<void> {
  const stage = await mkdtemp(join(tmpdir(), 'cccd-trust-'))
  try {
    const copy = join(stage, 'store')
    await cp(folder, copy, { recursive: true }).catch(error => {
      if ((error as { code?: unknown }).code !== 'ENOENT') throw error
    })
    await addAll(copy, names, taking)
  } finally {
    await rm(stage, { recursive: true, force: true })
  }
}

const counts = (entry: TrustStoreEntry): boolean =>
  entry.kind !== 'crl' && (entry.status === 'trusted' || entry.status === 'verified' || entry.status === 'unverified')

function wantsFiles(): UsageError {
  return new UsageError({ vi: 'Cần tên tệp hoặc dấu vân tay.', en: 'A file name or a fingerprint is needed.' })
}

const STATUS: Readonly<Record<TrustStoreEntry['status'], Text>> = {
  trusted: { vi: 'tin cậy', en: 'trusted' },
  candidate: { vi: 'ứng viên, không phải điểm tin cậy', en: 'a candidate, no anchor' },
  verified: { vi: 'chữ ký đã kiểm tra', en: 'signature verified' },
  unverified: { vi: 'CHƯA kiểm tra chữ ký, nhận theo yêu cầu', en: 'signature NOT verified, taken as asked' },
  refused: { vi: 'bị từ chối', en: 'refused' },
}

const KIND: Readonly<Record<TrustStoreEntry['kind'], Text>> = {
  csca: { vi: 'CSCA', en: 'CSCA' },
  linkCertificate: { vi: 'chứng thư nối', en: 'link certificate' },
  documentSigner: { vi: 'bên ký giấy tờ', en: 'document signer' },
  masterList: { vi: 'danh sách CSCA', en: 'master list' },
  crl: { vi: 'danh sách thu hồi', en: 'CRL' },
}

function describe(entry: TrustStoreEntry, output: Output): string {
  const parts = [output.pick(KIND[entry.kind]), output.pick(STATUS[entry.status])]
  if (entry.kind === 'masterList') {
    parts.push(
      output.pick({ vi: `${entry.certificates.length} chứng thư`, en: `${entry.certificates.length} certificates` }),
    )
  } else if (entry.certificates[0]) parts.push(entry.certificates[0].subject)
  if (entry.reasons) parts.push(entry.reasons.join(', '))
  return parts.join('; ')
}

function certificateLines(certificate: CertificateSummary, output: Output): string[] {
  const row = (vi: string, en: string, value: string): readonly [string, string] => [output.pick({ vi, en }), value]
  return table([
    row('Chủ thể', 'Subject', certificate.subject),
    row('Nơi cấp', 'Issuer', certificate.issuer),
    row('Số sê-ri', 'Serial number', certificate.serialNumber),
    row('Hiệu lực', 'Valid', `${certificate.notBefore.slice(0, 10)} … ${certificate.notAfter.slice(0, 10)}`),
    row('SHA-256', 'SHA-256', certificate.fingerprint),
  ])
}
