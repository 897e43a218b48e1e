import { access, constants } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import {
  type CardChannel,
  counted,
  formatTranscript,
  recording,
  run,
  TransportError,
  withStatusHandling,
} from '@cccd/card-core'
import { holding, type ReadRequest, type ReadResult, readDocument } from '@cccd/card-reader'
import { openReaderService, type ReaderService } from '@cccd/card-reader/pcsc'
import { verifyDocument } from '@cccd/verifier'
import { anchorsFrom, policyFrom } from '../anchors.ts'
import { type JudgedCard, requireNewFolder, showCard, writeCard } from '../card-view.ts'
import { relyingPartyChallenge } from '../challenge.ts'
import type { ExitCode } from '../exit-code.ts'
import { prepareBundle } from '../make-bundle.ts'
import { type Output, UsageError } from '../output.ts'
import { writeForOwner } from '../owner-file.ts'
import { type PrintedOptions, printedFrom, requireKeys } from '../printed.ts'
import { readingProgress } from '../progress.ts'
import { exitOf } from '../report-view.ts'
import type { Context } from '../wiring.ts'

interface ReadOptions extends PrintedOptions {
  readonly out?: string
  readonly trust?: string
  readonly policy?: string
  readonly reader?: string
  readonly wait?: string
  readonly resume?: string
  readonly allowBac?: boolean
  readonly challenge?: string
  readonly short?: boolean
  readonly transcript?: string
  readonly testCard?: string
  readonly bundle?: string
  readonly bundleRecipient?: string
  readonly nonce?: string
  readonly audience?: string
}

/** `cccd read`: waits for a card, opens it with what is printed on it, reads, judges and shows it. */
export async function read(context: Context, given: Record<string, unknown>): Promise<ExitCode> {
  const options = given as ReadOptions
  // Everything that can be wrong without a card is told before one is asked for.
  const printed = await printedFrom(options, context)
  const keys = requireKeys(printed)
  const policy = await policyFrom(options.policy)
  const anchors = await anchorsFrom(options.trust, context)
  const challenge = options.challenge === undefined ? undefined : relyingPartyChallenge(options.challenge)
  const waitMs = seconds(options.wait, '--wait', 60) * 1000
  const resumeMs = seconds(options.resume, '--resume', 0) * 1000
  if (options.out !== undefined) await requireNewFolder(options.out)
  if (options.transcript !== undefined) await access(dirname(resolve(options.transcript)), constants.W_OK)

  const bundle = await prepareBundle(context, options)

  const held = holding()
  const progress = readingProgress(context.output)
  const request: ReadRequest = {
    accessKeys: keys,
    random: context.random,
    extendedLength: options.short !== true,
    accessPolicy: { allowBacFallback: options.allowBac === true },
    ...(challenge && { activeAuthentication: { challenge } }),
    observe(event) {
      held.observe(event)
      progress(event)
    },
  }
  const service = await openReaderService()
  try {
    const session = new Session(context, service, options)
    let result: Reading
    for (let wait = waitMs; ; wait = resumeMs) {
      try {
        result = await session.read({ ...request, held: held.held() }, wait)
        break
      } catch (error) {
        if (resumeMs === 0 || !(error instanceof TransportError) || error.code !== 'CARD_REMOVED') throw error
        context.output.say({
          vi: 'Thẻ bị nhấc ra. Đặt lại chính thẻ đó để đọc tiếp.',
          en: 'The card was lifted. Put the same card back to go on.',
        })
      }
    }
    const evidence = { ...result.evidence, reader: result.reader, atr: result.atr }
    const at = context.now()
    const report = verifyDocument({ files: result.files, evidence, printed: printed.data, anchors, policy, at })
    const card: JudgedCard = { files: result.files, evidence, report, printed: printed.texts, link: result.link }
    if (options.out !== undefined) await writeCard(options.out, card)
    const made = await bundle?.make(card, at)
    await showCard(context.output, card, {
      ...(options.out !== undefined && { out: options.out }),
      ...(made && { bundle: made }),
    })
    return exitOf(report)
  } finally {
    context.output.status('')
    await service.close()
  }
}

interface Reading extends ReadResult {
  readonly reader: string
  readonly atr: Uint8Array
  readonly link: { readonly apdus: number; readonly bytesOut: number; readonly bytesIn: number; readonly ms: number }
}

class Session {
  readonly #context: Context
  readonly #service: ReaderService
  readonly #options: ReadOptions

  constructor(context: Context, service: ReaderService, options: ReadOptions) {
    this.#context = context
    this.#service = service
    this.#options = options
  }

  /** Waits for a card and reads it once. */
  async read(request: ReadRequest, waitMs: number): Promise<Reading> {
    const { output, signal, now } = this.#context
    sayPlaceCard(output)
    const card = await this.#service
      .waitForCard({
        signal: AbortSignal.any([signal, AbortSignal.timeout(waitMs)]),
        ...(this.#options.reader !== undefined && { reader: this.#options.reader }),
      })
      .catch(error => {
        if (signal.aborted || !(error instanceof TransportError) || error.code !== 'READ_CANCELLED') throw error
        throw new TransportError('NO_CARD', `no card came within ${waitMs / 1000} s`, {}, { cause: error })
      })
    const begin = now().getTime()
    const link = counted(card)
    let channel: CardChannel = link
    let tape: ReturnType<typeof recording> | undefined
    if (this.#options.transcript !== undefined) {
      tape = recording(link, this.#options.testCard === undefined ? {} : { testCard: this.#options.testCard })
      channel = tape.channel
    }
    try {
      const result = await run(readDocument(request), withStatusHandling(channel), { signal })
      return { ...result, reader: card.reader, atr: card.atr, link: { ...link.counts, ms: now().getTime() - begin } }
    } finally {
      output.status('')
      await card.disconnect()
      if (tape && this.#options.transcript !== undefined) {
        await writeForOwner(this.#options.transcript, formatTranscript(tape.transcript()))
      }
    }
  }
}

function sayPlaceCard(output: Output): void {
  output.say({ vi: 'Đặt thẻ lên đầu đọc…', en: 'Place the card on the reader…' })
}

function seconds(text: string | undefined, name: string, otherwise: number): number {
  if (text === undefined) return otherwise
  if (/^\d{1,5}$/.test(text)) return Number(text)
  throw new UsageError({ vi: `${name} cần số giây.`, en: `${name} wants a number of seconds.` })
}
