import { type ChipEvidence, type FileName, FormatError, type LdsFiles } from '@cccd/card-core'
import type { Finding } from './check.ts'
import type { ReasonCode } from './reason.ts'

/** What there is to examine: the files as read, what the chip answered, and what could not be read to the end. */
export interface DocumentToVerify {
  readonly files: LdsFiles
  readonly evidence: ChipEvidence
  /** Files whose reading broke off (card lifted, reader gone). That says nothing about the document. */
  readonly aborted?: readonly FileName[]
  /** The evidence was kept and comes back from storage, instead of from a reading by this very program. */
  readonly keptEvidence?: boolean
  /** Nobody whom the verifier trusts says how and when the evidence was gathered. */
  readonly unattested?: boolean
  /** The challenge that the verifier itself chose: a signature over it needs nobody who says when it was made. */
  readonly ownChallenge?: Uint8Array
}

/** How reading a file ended. */
export type FileState =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly sw: number }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'unread' }

/** How reading `file` ended; a file that was read in the end was read, whatever was refused before. */
export function fileState(document: DocumentToVerify, file: FileName): FileState {
  const bytes = document.files[file]
  if (bytes) return { kind: 'read', bytes }
  if (document.aborted?.includes(file)) return { kind: 'aborted' }
  const refused = document.evidence.refusedFiles.find(one => one.file === file)
  return refused ? { kind: 'refused', sw: refused.sw } : { kind: 'unread' }
}

/** A file taken apart, or why it could not be. */
export type Parsed<T> =
  | { readonly kind: 'parsed'; readonly value: T }
  | { readonly kind: 'malformed'; readonly finding: Finding }
  | Exclude<FileState, { kind: 'read' }>

const HEX_DIGITS = 16

/** Code, place and OID of a FormatError: what a report may say of it. Its message stays out, so that no parser's
 * wording can carry anything of the holder into a report. */
export function formatErrorDetail(error: FormatError): string {
  const { offset, tag, oid, field, line, column } = error.facts
  return [
    error.code,
    tag === undefined ? '' : `tag ${tag.toString(HEX_DIGITS).toUpperCase()}`,
    offset === undefined ? '' : `offset ${offset}`,
    oid === undefined ? '' : `OID ${oid}`,
    field === undefined ? '' : field,
    line === undefined ? '' : `line ${line}`,
    column === undefined ? '' : `column ${column}`,
  ]
    .filter(part => part !== '')
    .join(', ')
}

/** The finding of a file or structure that does not parse. */
export function malformedFinding(error: FormatError, file: FileName, reason: ReasonCode = 'FILE_MALFORMED'): Finding {
  return { status: 'failed', reason, detail: formatErrorDetail(error), file }
}

/** Runs a parser over a file; a FormatError becomes a finding, anything else is a bug and goes on. */
export function parseFile<T>(
  document: DocumentToVerify,
  file: FileName,
  parse: (bytes: Uint8Array) => T,
  reason?: ReasonCode,
): Parsed<T> {
  const state = fileState(document, file)
  if (state.kind !== 'read') return state
  try {
    return { kind: 'parsed', value: parse(state.bytes) }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return { kind: 'malformed', finding: malformedFinding(error, file, reason) }
  }
}

/** The value of a parsed file, undefined for every other outcome. */
export function parsedValue<T>(parsed: Parsed<T>): T | undefined {
  return parsed.kind === 'parsed' ? parsed.value : undefined
}

/** A status word as four hex digits. */
export function swText(sw: number): string {
  return sw.toString(HEX_DIGITS).toUpperCase().padStart(4, '0')
}
