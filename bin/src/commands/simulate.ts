import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { FormatError, TransportError } from '@cccd/card-core'
import { type ChipDocument, createChip } from '@cccd/card-simulator'
import { readDocumentFolder, writeDocumentFolder } from '@cccd/card-simulator/document-folder'
import { type InsertedCard, insertCard, VPCD_PORT } from '@cccd/card-simulator/vpcd'
import { removeEmptyFolder, requireNewFolder } from '../card-view.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { UsageError } from '../output.ts'
import { makeSampleCard, type SampleCard } from '../sample.ts'
import type { Context } from '../wiring.ts'

type Access = 'PACE' | 'BAC'

/** `cccd simulate`: lays a simulated card on pcscd's virtual reader until Ctrl-C, a --seconds limit, or the reader's end. */
export async function simulate(context: Context, options: Record<string, unknown>): Promise<ExitCode> {
  const { output, now, random, signal } = context
  const port = options.port === undefined ? VPCD_PORT : Number(options.port)
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new UsageError({ vi: '--port cần một số từ 1 đến 65535.', en: '--port wants a number from 1 to 65535.' })
  }
  const forSeconds = options.seconds === undefined ? undefined : Number(options.seconds)
  if (forSeconds !== undefined && !(forSeconds > 0 && forSeconds <= 86_400)) {
    throw new UsageError({
      vi: '--seconds cần một số từ 1 đến 86400.',
      en: '--seconds wants a number from 1 to 86400.',
    })
  }
  const save = typeof options.save === 'string' ? options.save : undefined
  if (save !== undefined) await requireNewFolder(save)
  let document: ChipDocument
  let access: readonly Access[] | undefined
  let qr: string | undefined
  let made: SampleCard | undefined
  if (typeof options.document === 'string') {
    const folder = await readDocumentFolder(options.document)
    if (!folder.secrets) {
      throw new FormatError('DOCUMENT_MALFORMED', 'the folder holds no chip.json with the keys of a test chip', {
        file: 'chip.json',
      })
    }
    document = { files: folder.files, secrets: folder.secrets }
    access = folder.access
  } else {
    const sample = await makeSampleCard({ now: now(), random })
    document = sample.document
    qr = sample.qr
    made = sample
  }
  access = accessFrom(options.access) ?? access ?? ['PACE', 'BAC']
  const card = await insertCard({ chip: createChip(document, { access, random, extendedLength: 32_768 }), port })
  const lift = (): void => void card.remove()
  signal.addEventListener('abort', lift, { once: true })
  await seenByReader(card, port)
  // Ctrl-C may have come while the sample was made.
  if (signal.aborted) lift()
  if (save !== undefined && made) {
    // Only now, so that a reader that is not there leaves no folder that stands in the way of the next try.
    await saveSample(save, made).catch(async error => {
      await card.remove()
      throw error
    })
  }
  output.result({ port, access, ...(qr !== undefined && { qr }), ...(save !== undefined && { saved: save }) }, () => [
    output.pick({
      vi: `Thẻ giả lập nằm trên đầu đọc ảo (cổng ${port}). Ctrl-C để nhấc.`,
      en: `The simulated card lies on the virtual reader (port ${port}). Ctrl-C lifts it.`,
    }),
    ...(qr === undefined ? [] : [`QR: ${qr}`]),
  ])
  const timer = forSeconds === undefined ? undefined : setTimeout(lift, forSeconds * 1000)
  await card.removed
  clearTimeout(timer)
  const { apdus, bytesOut, bytesIn } = card.counts
  output.say({
    vi: `Thẻ đã rời đầu đọc: ${apdus} APDU, ${bytesOut} + ${bytesIn} byte.`,
    en: `The card has left the reader: ${apdus} APDUs, ${bytesOut} + ${bytesIn} bytes.`,
  })
  return EXIT.ok
}

const SEEN_WITHIN_MS = 5000

/** One card a reader: a second one waits unseen until the first leaves, which nobody at a desk would guess. */
async function seenByReader(card: InsertedCard, port: number): Promise<void> {
  const limit = AbortSignal.timeout(SEEN_WITHIN_MS)
  const late = new Promise<boolean>(resolve => limit.addEventListener('abort', () => resolve(false), { once: true }))
  const seen = await Promise.race([card.powered.then(() => true), card.removed.then(() => true), late])
  if (seen) return
  await card.remove()
  throw new TransportError('READER_BUSY', `another card lies on the virtual reader of port ${port}`)
}

function accessFrom(option: unknown): readonly Access[] | undefined {
  if (option === undefined) return undefined
  const names = String(option).toUpperCase().split(',')
  if (names.length > 0 && names.every(name => name === 'PACE' || name === 'BAC')) return names as Access[]
  throw new UsageError({
    vi: '--access nhận pace,bac hoặc pace hoặc bac.',
    en: '--access takes pace,bac or pace or bac.',
  })
}

/** The sample as a folder: the document with its chip keys, the QR text, and a trust store with the test CSCA and its CRL. */
export async function saveSample(folder: string, sample: SampleCard): Promise<void> {
  const target = resolve(folder)
  await mkdir(dirname(target), { recursive: true })
  const staging = await mkdtemp(join(dirname(target), `.${basename(target)}-`))
  const whole = join(staging, 'sample')
  try {
    await writeDocumentFolder(whole, {
      files: sample.document.files,
      secrets: sample.document.secrets,
      access: ['PACE', 'BAC'],
    })
    await writeFile(join(whole, 'qr.txt'), `${sample.qr}\n`)
    await mkdir(join(whole, 'trust'))
    await writeFile(join(whole, 'trust', 'csca-test.cer'), sample.csca)
    await writeFile(join(whole, 'trust', 'csca-test.crl'), sample.crl)
    await removeEmptyFolder(target)
    await rename(whole, target)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}
