import { FILES, type FileName, FormatError, fromHex, type LdsFiles, toHex } from '@cccd/card-core'
import type { BacKey } from '@cccd/mrz'

/** Keys that a chip is given: private halves, for the encoder alone. */
export interface ChipKeys {
  /** PKCS #8 of the active-authentication key. */
  readonly activeAuthentication?: Uint8Array
  /** PKCS #8 of the chip-authentication key. */
  readonly chipAuthentication?: Uint8Array
}

/** What opens the chip for a reader. */
export interface AccessSecrets {
  /** Six digits. */
  readonly can: string
  readonly bacKey: BacKey
}

/** A job before its signature. */
export interface JobDraft {
  readonly version: 1
  /** Of the batch and the line: the same record gives the same id. */
  readonly id: string
  /** The line of the record in its batch. */
  readonly line: number
  readonly personalNumber: string
  /** Without EF.SOD; without DG14, DG15, EF.CardAccess and EF.COM while the chip has yet to make its keys. */
  readonly files: LdsFiles
  /** Empty where the chip makes its own. */
  readonly keys: ChipKeys
  readonly access: AccessSecrets
  /** What is printed beside the fields of DG13. */
  readonly printed: { readonly qr: string; readonly mrzLines: readonly string[]; readonly card: '2021' | '2024' }
}

/** Everything that a station needs for one card: what goes on the chip, EF.SOD with it, and what goes on the plastic. */
export interface PreparedJob extends JobDraft {
  /** Id of the document signer's key. */
  readonly documentSigner: string
}

type Json = Readonly<Record<string, unknown>>

function malformed(field: string): FormatError {
  return new FormatError('DOCUMENT_MALFORMED', 'a prepared job is malformed', { field })
}

/** The job as JSON; bytes in upper-case hex. */
export function formatJob(job: JobDraft): string {
  const { files, keys, ...rest } = job
  const hex = (record: object): Json =>
    Object.fromEntries(Object.entries(record).map(([name, bytes]) => [name, toHex(bytes as Uint8Array)]))
  return JSON.stringify({ ...rest, files: hex(files), keys: hex(keys) })
}

function object(one: unknown, field: string): Json {
  if (typeof one !== 'object' || one === null || Array.isArray(one)) throw malformed(field)
  return one as Json
}

function words(one: unknown, field: string): string {
  if (typeof one !== 'string') throw malformed(field)
  return one
}

function bytes(one: unknown, field: string): Uint8Array {
  const digits = words(one, field)
  if (!/^([0-9A-F]{2})*$/.test(digits)) throw malformed(field)
  return fromHex(digits)
}

function parse(text: string): Json {
  try {
    return object(JSON.parse(text), 'job')
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    throw new FormatError('DOCUMENT_MALFORMED', 'a prepared job is no JSON', {}, { cause })
  }
}

function draftOf(job: Json): JobDraft {
  if (job.version !== 1) throw malformed('version')
  if (!Number.isSafeInteger(job.line)) throw malformed('line')
  const files: Partial<Record<FileName, Uint8Array>> = {}
  for (const [name, one] of Object.entries(object(job.files, 'files'))) {
    if (!Object.hasOwn(FILES, name)) throw malformed('files')
    files[name as FileName] = bytes(one, name)
  }
  const keys: { activeAuthentication?: Uint8Array; chipAuthentication?: Uint8Array } = {}
  for (const [name, one] of Object.entries(object(job.keys, 'keys'))) {
    if (name !== 'activeAuthentication' && name !== 'chipAuthentication') throw malformed('keys')
    keys[name] = bytes(one, name)
  }
  const access = object(job.access, 'access')
  const bac = object(access.bacKey, 'bacKey')
  const printed = object(job.printed, 'printed')
  const { card, mrzLines } = printed
  if (card !== '2021' && card !== '2024') throw malformed('card')
  if (!Array.isArray(mrzLines)) throw malformed('mrzLines')
  return {
    version: 1,
    id: words(job.id, 'id'),
    line: job.line as number,
    personalNumber: words(job.personalNumber, 'personalNumber'),
    files,
    keys,
    access: {
      can: words(access.can, 'can'),
      bacKey: {
        documentNumber: words(bac.documentNumber, 'bacKey'),
        dateOfBirth: words(bac.dateOfBirth, 'bacKey'),
        dateOfExpiry: words(bac.dateOfExpiry, 'bacKey'),
      },
    },
    printed: { qr: words(printed.qr, 'qr'), mrzLines: mrzLines.map(line => words(line, 'mrzLines')), card },
  }
}

/** Reads a draft that `formatJob` made. Throws FormatError DOCUMENT_MALFORMED with the field. */
export function parseDraft(text: string): JobDraft {
  return draftOf(parse(text))
}

/** Reads a whole job that `formatJob` made. Throws FormatError DOCUMENT_MALFORMED with the field. */
export function parseJob(text: string): PreparedJob {
  const job = parse(text)
  return { ...draftOf(job), documentSigner: words(job.documentSigner, 'documentSigner') }
}
