import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError } from '@cccd/card-core'
import { readDocumentFolder } from '@cccd/card-simulator/document-folder'
import { parseCardQr, parseMrz } from '@cccd/mrz'
import { type PrintedData, verifyDocument } from '@cccd/verifier'
import { anchorsFrom, policyFrom } from '../anchors.ts'
import { showCard } from '../card-view.ts'
import type { ExitCode } from '../exit-code.ts'
import { UsageError } from '../output.ts'
import { type PrintedOptions, printedFrom } from '../printed.ts'
import { exitOf } from '../report-view.ts'
import type { Context } from '../wiring.ts'

/** `cccd verify DIR`: judges a card again that was read to a folder, now or at another time, with today's anchors. */
export async function verify(
  context: Context,
  options: Record<string, unknown>,
  words: readonly string[],
): Promise<ExitCode> {
  const [folder] = words
  if (options.bundle !== undefined) {
    if (folder === undefined) return await (await import('./verify-bundle.ts')).verifyBundleFile(context, options)
    throw new UsageError({
      vi: 'Chỉ một trong hai: thư mục hoặc --bundle.',
      en: 'One of the two: a folder or --bundle.',
    })
  }
  if (folder === undefined) {
    throw new UsageError({
      vi: 'Cần một thư mục đã đọc, hoặc --bundle với một gói bằng chứng.',
      en: 'A folder that was read is needed, or --bundle with an evidence bundle.',
    })
  }
  refuseBundleOptions(options)
  const policy = await policyFrom(options.policy)
  const anchors = await anchorsFrom(options.trust, context)
  const at = typeof options.at === 'string' ? timeOf(options.at) : context.now()
  const document = await readDocumentFolder(folder)
  const given = await printedFrom(options as PrintedOptions, context)
  const kept = await keptPrinted(folder)
  const evidence = document.evidence ?? { access: { offered: [], used: 'none' }, refusedFiles: [] }
  const report = verifyDocument({
    files: document.files,
    evidence,
    // Whoever can write the folder can write that chip authentication succeeded: only a signature proves itself again.
    keptEvidence: true,
    printed: { ...kept.data, ...given.data },
    anchors,
    policy,
    at,
  })
  await showCard(context.output, {
    files: document.files,
    evidence,
    report,
    printed: { ...kept.texts, ...given.texts },
  })
  return exitOf(report)
}

const BUNDLE_OPTIONS = 'nonce origin audience challenge key deskKey anyDesk maxAge seen authorityRequest'.split(' ')

/** Whoever expects a nonce of a folder would believe that it was compared. */
function refuseBundleOptions(options: Record<string, unknown>): void {
  if (BUNDLE_OPTIONS.every(name => options[name] === undefined)) return
  throw new UsageError({
    vi: 'Các tùy chọn về gói bằng chứng chỉ dùng cùng --bundle.',
    en: 'The options of evidence bundles go with --bundle.',
  })
}

/** The time of --at. Throws UsageError. */
export function timeOf(text: string): Date {
  const at = new Date(text)
  if (Number.isNaN(at.getTime()))
    throw new UsageError({ vi: '--at cần một thời điểm ISO 8601.', en: '--at wants an ISO 8601 time.' })
  return at
}

/** What was printed on the card when it was read, as `read --out` keeps it. */
async function keptPrinted(
  folder: string,
): Promise<{ data: PrintedData; texts: { qr?: string; mrz?: readonly string[] } }> {
  const file = 'printed.json'
  const text = await readFile(join(folder, file), 'utf8').catch(error => {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return { data: {}, texts: {} }
  const bad = (field: string): FormatError =>
    new FormatError('DOCUMENT_MALFORMED', 'the printed data are malformed', { file, field })
  let value: { qr?: unknown; mrz?: unknown; personalNumber?: unknown }
  try {
    value = JSON.parse(text) as typeof value
  } catch {
    // The parser's own message quotes what it read.
    throw bad('printed')
  }
  if (typeof value !== 'object' || value === null) throw bad('printed')
  const { qr, mrz, personalNumber } = value
  if (qr !== undefined && typeof qr !== 'string') throw bad('qr')
  if (mrz !== undefined && !(Array.isArray(mrz) && mrz.every(line => typeof line === 'string'))) throw bad('mrz')
  if (personalNumber !== undefined && typeof personalNumber !== 'string') throw bad('personalNumber')
  return {
    data: {
      ...(qr !== undefined && { qr: parseCardQr(qr) }),
      ...(mrz !== undefined && { mrz: parseMrz(mrz as string[]) }),
      ...(personalNumber !== undefined && { personalNumber }),
    },
    texts: { ...(qr !== undefined && { qr }), ...(mrz !== undefined && { mrz: mrz as string[] }) },
  }
}
