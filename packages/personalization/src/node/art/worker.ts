/** The thread in which cards are drawn, one after the other. */
import { parentPort, workerData } from 'node:worker_threads'
import { CardToolkitError, type ErrorCode, type ErrorFacts } from '@cccd/mrz'
import type { CardVariant } from '../../art/index.ts'
import { type ArtJob, type ArtMeans, type FinishedArt, renderArt } from './art-job.ts'
import { type FontChoice, loadFonts } from './fonts.ts'
import { type LayoutTexts, parseLayout } from './layouts.ts'

export interface ArtSetup {
  readonly fonts: FontChoice
  readonly layouts: Readonly<Partial<Record<CardVariant, LayoutTexts>>>
}

export interface ArtTask {
  readonly id: number
  readonly job: ArtJob
}

export type ArtAnswer =
  | { readonly id: number; readonly art: FinishedArt }
  | { readonly id: number; readonly error: { code: ErrorCode; message: string; facts: ErrorFacts } }
  | { readonly id: number; readonly fault: string }

/** What drawing needs, from files and texts. Throws FormatError FONT_UNUSABLE and LAYOUT_MALFORMED. */
export async function artMeans({ fonts, layouts }: ArtSetup): Promise<ArtMeans> {
  const loaded = await loadFonts(fonts)
  const parsed = Object.entries(layouts).map(([card, texts]) => [card, parseLayout(texts)])
  return {
    layouts: Object.fromEntries(parsed),
    fonts: loaded.map(({ face }) => face),
    fontFiles: loaded.map(({ file }) => file),
    grounds: new Map(),
  }
}

if (parentPort && workerData) {
  const port = parentPort
  const means = artMeans(workerData as ArtSetup)
  port.on('message', async ({ id, job }: ArtTask) => {
    const answer = (message: ArtAnswer): void => port.postMessage(message)
    try {
      answer({ id, art: await renderArt(job, await means) })
    } catch (error) {
      if (error instanceof CardToolkitError) {
        const { code, message, facts } = error
        answer({ id, error: { code, message, facts } })
      } else answer({ id, fault: error instanceof Error ? error.name : 'unknown' })
    }
  })
}
