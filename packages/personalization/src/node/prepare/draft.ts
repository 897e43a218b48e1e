import { createHash } from 'node:crypto'
import { FormatError } from '@cccd/card-core'
import { canFromPersonalNumber } from '@cccd/mrz'
import { checkHolderRecord, type Holder, isUnderSix, recordDate, recordDay } from '../../intake/holder.ts'
import { buildHolderFiles, withChipKeys } from '../../prepare/build-lds.ts'
import { cardIssuedOn } from '../../prepare/card-issued-on.ts'
import {
  type ActiveAuthenticationKind,
  type ChipPublicKeys,
  chipKeyOptions,
  makeChipKeys,
} from '../../prepare/chip-keys.ts'
import { buildCvca } from '../../prepare/cvca.ts'
import type { JobDraft } from '../../prepare/job.ts'
import { holderBacKey, mrzLines } from '../../prepare/mrz-lines.ts'
import { cardQrText } from '../../prepare/qr-text.ts'
import { readPortrait } from '../intake/portrait-check.ts'
import { type PortraitBudget, portraitForChip } from './portrait-to-print.ts'

/** How the chips of a batch are made; the same for all of them. */
export interface DraftSettings {
  /** By the date of issue when absent. */
  readonly card?: '2021' | '2024'
  /** Default 1.7. */
  readonly ldsVersion?: '1.7' | '1.8'
  /** Default EC. */
  readonly activeAuthentication?: ActiveAuthenticationKind
  /** References of the authorities in EF.CVCA; no such file without. */
  readonly cvca?: readonly string[]
  /** The chip makes its own keys and tells their public halves later: nothing is signed until then. */
  readonly keysFromChip?: boolean
  /** Where the pictures lie that records name. */
  readonly portraits?: string
  readonly budget?: PortraitBudget
}

/** One record of a batch as intake accepted it. */
export interface DraftTask {
  readonly id: string
  readonly line: number
  readonly record: unknown
}

/** The id of a job: SHA-256 over the batch's digest and the line, so that a record makes one job however often. */
export function jobId(batch: string, line: number): string {
  return createHash('sha256').update(`${batch} ${line}`).digest('hex').slice(0, 32).toUpperCase()
}

/**
 * Everything of a job but the signature: the portrait fitted (none for a holder under six), keys made, files built.
 * Throws FormatError: DOCUMENT_MALFORMED for a record that intake would send back, IMAGE_MALFORMED for a portrait.
 */
export async function makeDraft(task: DraftTask, settings: DraftSettings): Promise<JobDraft> {
  const holder = await holderOf(task.record, settings)
  const card = settings.card ?? cardIssuedOn(recordDay(holder.dateOfIssue))
  const common = {
    version: 1,
    id: task.id,
    line: task.line,
    personalNumber: holder.personalNumber,
    access: { can: canFromPersonalNumber(holder.personalNumber), bacKey: holderBacKey(holder) },
    printed: { qr: cardQrText(holder, card), mrzLines: mrzLines(holder), card },
  } as const
  const files = buildHolderFiles(holder)
  if (settings.keysFromChip === true) return { ...common, files, keys: {} }
  const { keys, publicKeys } = makeChipKeys(settings.activeAuthentication ?? 'EC')
  return completeDraft({ ...common, files, keys }, publicKeys, settings)
}

/** A draft with the files that its chip's public keys belong in. Throws FormatError for keys that are none. */
export function completeDraft(
  draft: JobDraft,
  publicKeys: ChipPublicKeys,
  { ldsVersion = '1.7', cvca }: Pick<DraftSettings, 'ldsVersion' | 'cvca'>,
): JobDraft {
  const files = withChipKeys(draft.files, { ...chipKeyOptions(publicKeys), ldsVersion })
  return { ...draft, files: cvca ? { ...files, 'EF.CVCA': buildCvca(cvca) } : files }
}

async function holderOf(record: unknown, { portraits, budget }: DraftSettings): Promise<Holder> {
  const { holder, findings } = checkHolderRecord(record)
  if (!holder) {
    const { field, reason } = findings.find(({ severity }) => severity === 'error') ?? { field: 'record', reason: '' }
    throw new FormatError('DOCUMENT_MALFORMED', `intake would send the record back (${reason})`, { field })
  }
  const { portrait: name, ...rest } = holder
  if (name === undefined || isUnderSix(recordDate(rest.dateOfBirth), recordDay(rest.dateOfIssue))) return rest
  const picture = portraits === undefined ? undefined : await readPortrait(portraits, name)
  if (!(picture instanceof Uint8Array)) {
    throw new FormatError('IMAGE_MALFORMED', 'the portrait is not in the folder of portraits', { field: 'portrait' })
  }
  return { ...rest, portrait: await portraitForChip(picture, budget) }
}
