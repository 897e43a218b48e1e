import { type CardChannel, counted, run, TransportError, withStatusHandling } from '@cccd/card-core'
import { readDocument } from '@cccd/card-reader'
import { openReaderService } from '@cccd/card-reader/pcsc'
import { chipChannel, createChip } from '@cccd/card-simulator'
import { insertCard } from '@cccd/card-simulator/vpcd'
import { accessKeysFromQr, parseCardQr } from '@cccd/mrz'
import { POLICIES, trustAnchors, verifyDocument } from '@cccd/verifier'
import { type JudgedCard, requireNewFolder, showCard, writeCard } from '../card-view.ts'
import type { ExitCode } from '../exit-code.ts'
import { readingProgress } from '../progress.ts'
import { exitOf } from '../report-view.ts'
import type { SampleCard } from '../sample.ts'
import type { Context } from '../wiring.ts'

// Longer than any file of the sample, and told by its EF.ATR/INFO.
const SAMPLE_EXTENDED_LENGTH = 32_768

/** `cccd demo`: makes a test authority and a card of an invented holder, opens it with its QR text alone, judges it by
 * the strictest policy and writes report and portrait. Through pcscd's virtual reader where there is one. */
export async function demo(context: Context, options: Record<string, unknown>): Promise<ExitCode> {
  if (options.issue !== undefined) return await (await import('./demo-issue.ts')).demoIssue(context, options)
  const { output, now, random, signal } = context
  const out = typeof options.out === 'string' ? options.out : 'demo-out'
  await requireNewFolder(out)
  output.say({
    vi: 'Lập cơ quan cấp thử, làm và ký một thẻ của người không có thật…',
    en: 'Setting up a test authority, making and signing a card of an invented holder…',
  })
  const { makeSampleCard } = await import('../sample.ts')
  const sample = await makeSampleCard({ now: now(), random })
  const way = options.inProcess === true ? null : await throughPcsc(context, sample)
  const { channel, name, lift } = way ?? inProcess(context, sample)
  output.say({ vi: `Mã QR trên thẻ: ${sample.qr}`, en: `The QR on the card: ${sample.qr}` })
  output.say({ vi: `Đọc qua: ${name}`, en: `Reading over: ${name}` })
  try {
    const begin = now().getTime()
    const link = counted(channel)
    const qr = parseCardQr(sample.qr)
    const request = { accessKeys: accessKeysFromQr(qr), random, extendedLength: true, observe: readingProgress(output) }
    const { files, evidence } = await run(readDocument(request), withStatusHandling(link), { signal })
    const ms = now().getTime() - begin
    const { anchors } = trustAnchors({ certificates: [sample.csca], crls: [sample.crl] })
    const report = verifyDocument({ files, evidence, printed: { qr }, anchors, policy: POLICIES.kyc, at: now() })
    const card: JudgedCard = { files, evidence, report, printed: { qr: sample.qr }, link: { ...link.counts, ms } }
    await writeCard(out, card)
    await showCard(output, card, { out })
    return exitOf(report)
  } finally {
    output.status('')
    await lift()
  }
}

interface Way {
  readonly channel: CardChannel
  readonly name: string
  lift(): Promise<void>
}

function inProcess({ random }: Context, sample: SampleCard): Way {
  const chip = createChip(sample.document, { access: ['PACE', 'BAC'], random, extendedLength: SAMPLE_EXTENDED_LENGTH })
  return { channel: chipChannel(chip), name: 'in process', lift: async () => undefined }
}

/** Lays the card on pcscd's virtual reader; null where no such reader is, which is no error for a demo. */
async function throughPcsc({ random, output, signal }: Context, sample: SampleCard): Promise<Way | null> {
  const chip = createChip(sample.document, { access: ['PACE', 'BAC'], random, extendedLength: SAMPLE_EXTENDED_LENGTH })
  let card: Awaited<ReturnType<typeof insertCard>>
  try {
    card = await insertCard({ chip })
  } catch (error) {
    if (error instanceof TransportError) return null
    throw error
  }
  let service: Awaited<ReturnType<typeof openReaderService>> | undefined
  try {
    service = await openReaderService()
    const opened = service
    const reader = await service.waitForCard({
      reader: 'Virtual PCD',
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    })
    return {
      channel: reader,
      name: `PC/SC, ${reader.reader}`,
      async lift() {
        await reader.disconnect()
        await opened.close()
        await card.remove()
      },
    }
  } catch (error) {
    await service?.close()
    await card.remove()
    if (!(error instanceof TransportError) || signal.aborted) throw error
    output.say({
      vi: `Không dùng được PC/SC (${error.code}); đọc trong tiến trình.`,
      en: `PC/SC cannot be used (${error.code}); reading in process.`,
    })
    return null
  }
}
