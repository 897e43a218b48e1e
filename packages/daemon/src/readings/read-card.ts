import {
  type ChipEvidence,
  counted,
  type LdsFiles,
  type LinkCounts,
  run,
  TransportError,
  withStatusHandling,
} from '@cccd/card-core'
import { type ReadRequest, readDocument } from '@cccd/card-reader'
import type { ReaderCard } from '@cccd/card-reader/pcsc'
import { type CardWait, waitForCard } from './card-wait.ts'
import { whatBroke } from './what-broke.ts'

/** What was read, and over which reader. */
export interface ReadCard {
  readonly files: LdsFiles
  readonly evidence: ChipEvidence
  readonly reader: string
  /** Resolves when the card is let go. */
  readonly letGo: Promise<void>
}

/** What is told meanwhile. */
export interface CardNews {
  /** A card came. */
  connected(reader: string): void
  /** Why it waits: the card is mute. */
  mute(error: TransportError): void
  /** Why it waits again: the card was lifted. */
  lifted(error: TransportError): void
  /** One stay of the card is over, however it ended. */
  left(stay: { readonly link: LinkCounts; readonly ms: number }): void
}

/** A card that leaves its reader more often than that is not being read. */
const MOST_RESUMES = 10
/** A card on the edge of the field is there again at once, and gone again. */
const SETTLE_MS = 200

/**
 * Waits for a card and reads it; with `resumeMs` goes on when it is lifted and put back. `request` is asked for before each
 * stay of the card. Throws as waitForCard and readDocument do; what broke off tells what is really gone.
 */
export async function readCard(
  wait: CardWait & { readonly now: () => Date },
  given: {
    readonly waitMs: number
    readonly resumeMs: number
    readonly signal: AbortSignal
    readonly request: () => ReadRequest
    readonly news: CardNews
  },
): Promise<ReadCard> {
  const { resumeMs, signal, news } = given
  let { waitMs } = given
  for (let lifted = 1; ; lifted++) {
    const card = await waitForCard(wait, { waitMs, signal, isMute: error => news.mute(error) })
    const letCardGo = async (): Promise<void> => {
      await card.disconnect()
      wait.watch.look()
    }
    wait.watch.look()
    news.connected(card.reader)
    try {
      const { files, evidence } = await readOnce(wait, card, given)
      return {
        files,
        evidence: { ...evidence, reader: card.reader, atr: card.atr },
        reader: card.reader,
        letGo: letCardGo(),
      }
    } catch (error) {
      await letCardGo()
      const isLifted = error instanceof TransportError && error.code === 'CARD_REMOVED'
      if (!isLifted || resumeMs === 0 || lifted > MOST_RESUMES || signal.aborted) throw error
      waitMs = resumeMs
      news.lifted(error)
      await new Promise(resolve => setTimeout(resolve, SETTLE_MS))
    }
  }
}

async function readOnce(
  { watch, now }: CardWait & { readonly now: () => Date },
  card: ReaderCard,
  given: { readonly signal: AbortSignal; readonly request: () => ReadRequest; readonly news: CardNews },
): Promise<{ readonly files: LdsFiles; readonly evidence: ChipEvidence }> {
  const begun = now().getTime()
  const link = counted(card)
  try {
    return await run(readDocument(given.request()), withStatusHandling(link), { signal: given.signal })
  } catch (error) {
    throw await whatBroke(error, watch, card.reader)
  } finally {
    given.news.left({ link: link.counts, ms: now().getTime() - begun })
  }
}
