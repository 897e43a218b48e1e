import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run, withStatusHandling } from '@cccd/card-core'
import { readDocument } from '@cccd/card-reader'
import { openPictureDecoder } from '@cccd/card-reader/image'
import { readMrzPicture } from '@cccd/card-reader/mrz-image'
import { chipChannel, createChip } from '@cccd/card-simulator'
import { accessKeysFromQr, parseCardQr } from '@cccd/mrz'
import { CA_CURVE, ecPrivateScalar, type PreparedJob, SodService } from '@cccd/personalization'
import { openCardArt, renderBatch } from '@cccd/personalization/art'
import { takeIn } from '@cccd/personalization/intake'
import { openSqliteLedger } from '@cccd/personalization/ledger'
import { JobStore, prepareBatch } from '@cccd/personalization/prepare'
import { POLICIES, trustAnchors, verifyDocument } from '@cccd/verifier'
import { requireNewFolder } from '../card-view.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { inventedPortrait, inventedRecord } from '../invented-people.ts'
import { table, UsageError } from '../output.ts'
import { makeSampleAuthority, type SampleAuthority } from '../sample.ts'
import type { Context } from '../wiring.ts'

const MOST = 400
/** Before the first of the invented cards was issued. */
const SINCE = new Date('2021-01-01T00:00:00Z')
const EXTENDED_LENGTH = 32_768

/** What was found wrong with a card. */
interface Fault {
  readonly line: number
  readonly what: 'intake' | 'prepare' | 'art' | 'verdict' | 'qr' | 'mrz'
  readonly told: string
}

/**
 * `cccd demo --issue N`: invented records of all kinds go through intake, preparation and drawing; each card is then read
 * in the simulator with its QR alone and judged by the strictest policy, and QR and MRZ are read from the pictures. Ends
 * with `ok` when every card is green and every picture says what its chip does, with `failed` otherwise.
 */
export async function demoIssue(context: Context, options: Readonly<Record<string, unknown>>): Promise<ExitCode> {
  const { output, now, signal } = context
  const count = Number(options.issue)
  if (!Number.isInteger(count) || count < 1 || count > MOST) {
    throw new UsageError({ vi: `--issue nhận số từ 1 đến ${MOST}.`, en: `--issue takes a number from 1 to ${MOST}.` })
  }
  const out = typeof options.out === 'string' ? options.out : 'demo-out'
  await requireNewFolder(out)
  await mkdir(out, { recursive: true, mode: 0o700 })
  const line = new DemoLine(context, out, count)
  try {
    await line.step({ vi: 'Bịa hồ sơ và ảnh', en: 'records and portraits invented' }, () => line.invent())
    await line.step({ vi: 'Nhận hồ sơ', en: 'taken in' }, () => line.takeIn())
    await line.step({ vi: 'Chuẩn bị và ký', en: 'prepared and signed' }, () => line.prepare())
    await line.step({ vi: 'Vẽ hai mặt', en: 'both sides drawn' }, () => line.draw())
    await line.step({ vi: 'Đọc bằng mã QR và kiểm tra', en: 'read with the QR, judged' }, () => line.read())
    await line.step({ vi: 'Đọc lại QR và MRZ từ hình', en: 'QR and MRZ read from the pictures' }, () => line.readBack())
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error
    output.status('')
    return EXIT.cancelled
  } finally {
    line.close()
  }
  const report = line.report(now())
  await writeFile(join(out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`, { mode: 0o600 })
  output.result({ ...report, out }, () => [
    output.pick({
      vi: `${report.green} trên ${count} thẻ xanh; QR đọc lại đúng ${report.qr}, MRZ ${report.mrz}.`,
      en: `${report.green} of ${count} cards are green; ${report.qr} QR and ${report.mrz} MRZ read back as they should be.`,
    }),
    ...table(Object.entries(report.kinds).map(([kind, number]) => [String(number), kind])),
    ...table(report.seconds.map(({ step, seconds }) => [`${seconds.toFixed(1)} s`, step])),
    ...table(report.faults.map(({ line: n, what, told }) => [String(n), `${what}: ${told}`])),
    join(out, 'sheet.png'),
  ])
  return report.faults.length === 0 && report.green === count && report.qr === count && report.mrz === count
    ? EXIT.ok
    : EXIT.failed
}

class DemoLine {
  readonly #context: Context
  readonly #out: string
  readonly #count: number
  readonly #faults: Fault[] = []
  readonly #kinds = new Map<string, number>()
  readonly #seconds: { readonly step: string; readonly seconds: number }[] = []
  #authority: SampleAuthority | undefined
  #store: JobStore | undefined
  #green = 0
  #qr = 0
  #mrz = 0

  constructor(context: Context, out: string, count: number) {
    this.#context = context
    this.#out = out
    this.#count = count
  }

  report(at: Date) {
    return {
      at: at.toISOString(),
      cards: this.#count,
      green: this.#green,
      qr: this.#qr,
      mrz: this.#mrz,
      kinds: Object.fromEntries(this.#kinds),
      seconds: this.#seconds,
      faults: this.#faults,
    }
  }

  close(): void {
    this.#store?.close()
  }

  async step(title: { vi: string; en: string }, work: () => Promise<void>): Promise<void> {
    const { output, now, signal } = this.#context
    signal.throwIfAborted()
    output.say({ vi: `${title.vi}…`, en: `${title.en}…` })
    const begin = now().getTime()
    await work()
    output.status('')
    this.#seconds.push({ step: title.en, seconds: (now().getTime() - begin) / 1000 })
  }

  #at(name: string): string {
    return join(this.#out, name)
  }

  #tell(done: number): void {
    this.#context.output.status(`${done}/${this.#count}`)
    this.#context.signal.throwIfAborted()
  }

  async invent(): Promise<void> {
    const { now, random } = this.#context
    this.#authority = await makeSampleAuthority({ now: now(), random, since: SINCE })
    await mkdir(this.#at('portraits'))
    const lines: string[] = []
    for (let n = 0; n < this.#count; n++) {
      const { kind, record } = inventedRecord(n)
      this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1)
      lines.push(`${JSON.stringify(record)}\n`)
      if (record.portrait) await writeFile(join(this.#at('portraits'), record.portrait), await inventedPortrait(n))
      this.#tell(n + 1)
    }
    await writeFile(this.#at('records.ndjson'), lines.join(''))
    await writeFile(this.#at('csca-test.cer'), this.#authority.csca)
  }

  async takeIn(): Promise<void> {
    const { now, signal } = this.#context
    const { report } = await takeIn({
      input: this.#at('records.ndjson'),
      format: 'ndjson',
      out: this.#at('batch'),
      portraits: this.#at('portraits'),
      register: this.#at('batches.jsonl'),
      now,
      signal,
    })
    for (const { reason, field, severity, count } of report.reasons) {
      if (severity === 'error') this.#faults.push({ line: 0, what: 'intake', told: `${count} ${field} ${reason}` })
    }
  }

  async prepare(): Promise<void> {
    const { now, signal } = this.#context
    const { csca, documentSigner } = this.#authority as SampleAuthority
    this.#store = await JobStore.open(this.#at('jobs'), this.#at('jobs.key'))
    const ledger = await openSqliteLedger(this.#at('ledger.db'))
    try {
      const signing = new SodService({
        signers: [{ ...documentSigner, digest: 'sha384', limit: 10 * MOST }],
        cscas: [csca],
        ledger,
        now,
      })
      const { refused } = await prepareBatch({
        batch: join(this.#at('batch'), 'accepted.ndjson'),
        store: this.#store,
        signing,
        settings: { portraits: this.#at('portraits') },
        now,
        signal,
        progress: ({ done }) => this.#tell(done),
      })
      for (const { line, code, field } of refused) {
        this.#faults.push({ line, what: 'prepare', told: `${code} ${field ?? ''}` })
      }
    } finally {
      ledger.close()
    }
  }

  #jobs(): readonly PreparedJob[] {
    const store = this.#store as JobStore
    return store.list().map(({ id }) => store.get(id))
  }

  async draw(): Promise<void> {
    const { signal } = this.#context
    const art = await openCardArt()
    try {
      const { refusals } = await renderBatch({
        source: { kind: 'jobs', shelf: this.#store as JobStore },
        out: this.#at('art'),
        art,
        wishes: { dpi: 300, outputs: ['png'] },
        sheet: this.#at('sheet.png'),
        signal,
        progress: ({ cards }) => this.#tell(cards),
      })
      for (const { line, error } of refusals) {
        this.#faults.push({ line, what: 'art', told: `${error?.code} ${error?.field ?? ''}` })
      }
    } finally {
      await art.close()
    }
  }

  async read(): Promise<void> {
    const { now, random, signal } = this.#context
    const { csca, crl } = this.#authority as SampleAuthority
    const { anchors } = trustAnchors({ certificates: [csca], crls: [crl] })
    for (const [n, job] of this.#jobs().entries()) {
      const chip = createChip(documentOf(job), { access: ['PACE', 'BAC'], random, extendedLength: EXTENDED_LENGTH })
      // What a desk has: the text of the QR and no more.
      const qr = parseCardQr(job.printed.qr)
      const request = { accessKeys: accessKeysFromQr(qr), random, extendedLength: true }
      const channel = withStatusHandling(chipChannel(chip))
      const { files, evidence } = await run(readDocument(request), channel, { signal })
      const { overall, because } = verifyDocument({
        files,
        evidence,
        printed: { qr },
        anchors,
        policy: POLICIES.kyc,
        at: now(),
      })
      if (overall === 'successful') this.#green++
      else this.#faults.push({ line: job.line, what: 'verdict', told: `${overall} ${JSON.stringify(because)}` })
      this.#tell(n + 1)
    }
  }

  async readBack(): Promise<void> {
    const decoder = openPictureDecoder()
    try {
      for (const [n, { id, line, printed }] of this.#jobs().entries()) {
        const side = (name: 'front' | 'back') => readFile(join(this.#at('art'), `${id}-${name}.png`))
        const { texts } = await decoder.decode(await side(printed.card === '2021' ? 'front' : 'back'))
        if (texts.length === 1 && texts[0]?.text === printed.qr) this.#qr++
        else this.#faults.push({ line, what: 'qr', told: `${texts.length} texts` })
        const mrz = await readMrzPicture(await side('back'))
        if (mrz.kind === 'read' && mrz.mrz.lines.join() === printed.mrzLines.join()) this.#mrz++
        else this.#faults.push({ line, what: 'mrz', told: mrz.kind })
        this.#tell(n + 1)
      }
    } finally {
      await decoder.close()
    }
  }
}

/** The chip that a station would make of a job. */
function documentOf({ files, keys, access }: PreparedJob) {
  const { activeAuthentication, chipAuthentication } = keys
  return {
    files,
    secrets: {
      ...access,
      ...(activeAuthentication && { activeAuthentication: { pkcs8: activeAuthentication, hash: 'sha256' as const } }),
      ...(chipAuthentication && {
        chipAuthentication: [
          { curve: CA_CURVE, privateKey: ecPrivateScalar(chipAuthentication), cipher: 'AES-128' as const },
        ],
      }),
    },
  }
}
