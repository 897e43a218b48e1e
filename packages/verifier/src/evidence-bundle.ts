// What a desk saw of a card, so that somebody else can judge it again: the contents of an evidence bundle and their
// canonical JSON form (RFC 8785). Signing and encryption stand in node/evidence-bundle.

import {
  type ChipEvidence,
  evidenceFromJson,
  evidenceToJson,
  type FileName,
  FormatError,
  fromUtf8,
  type LdsFiles,
  utf8,
} from '@cccd/card-core'
import { parseCardQr, parseMrz } from '@cccd/mrz'
import { fromBase64Url, toBase64Url } from './base64.ts'
import { BundleError } from './bundle-code.ts'
import { canonicalJson, isShallow } from './canonical-json.ts'
import type { PrintedData } from './consistency.ts'
import { parseStoredReport, type StoredReport } from './stored-report.ts'
import type { VerificationReport } from './verify-document.ts'

/** To which request a bundle is the answer. */
export interface BundleBinding {
  /** The web origin that asked the desk, null for a program. */
  readonly origin: string | null
  /** The relying party's own, served once. 1 to 256 visible ASCII characters, as are the others. */
  readonly nonce: string
  /** Whom the bundle is meant for, where the desk was told. */
  readonly audience?: string
}

/** What was printed on the card, as it was scanned or typed. `mrz`: lines parted by line feeds. */
export interface PrintedTexts {
  readonly qr?: string
  readonly mrz?: string
  readonly personalNumber?: string
}

/** The consent that the desk recorded; nothing in it names the holder. */
export interface BundleConsent {
  readonly purpose: string
  readonly textVersion: string
  /** SHA-256 of the words that were shown, hexadecimal. */
  readonly textDigest: string
  /** ISO 8601. */
  readonly givenAt: string
  /** Who took it: the label of a token. */
  readonly by: string
}

/** What a bundle holds. */
export interface BundleContents {
  readonly files: LdsFiles
  readonly evidence: ChipEvidence
  readonly report: VerificationReport
  readonly printed?: PrintedTexts
  /** Id of the desk's trust anchors. */
  readonly trustStore: string
  /** Id of the desk's policy. */
  readonly policy: string
  /** When the card was judged, ISO 8601 in UTC. */
  readonly time: string
  readonly requestId: string
  readonly binding: BundleBinding
  readonly reader?: string
  readonly consent?: BundleConsent
}

/** A bundle's contents as they were read back: the report is somebody else's claim. */
export interface KeptContents extends Omit<BundleContents, 'report'> {
  readonly report: StoredReport
}

export const BUNDLE_FORMAT = 'cccd-evidence-bundle'
export const BUNDLE_VERSION = 1

/** The files that a bundle takes along, in the order of the list; others stay at the desk. Never fingerprints. */
export const BUNDLE_FILES: readonly FileName[] = [
  'EF.CardAccess',
  'EF.CardSecurity',
  'EF.COM',
  'EF.SOD',
  'EF.DG1',
  'EF.DG2',
  'EF.DG13',
  'EF.DG14',
  'EF.DG15',
]

type Fields = Readonly<Record<string, unknown>>

function jsonOf(contents: Omit<BundleContents, 'report'>, report: unknown): unknown {
  const { binding, consent, evidence, files, policy, printed, reader, requestId, time, trustStore } = contents
  const taken = BUNDLE_FILES.flatMap(name => {
    const bytes = files[name]
    return bytes ? [[name, toBase64Url(bytes)] as const] : []
  })
  return {
    format: BUNDLE_FORMAT,
    version: BUNDLE_VERSION,
    binding: { origin: binding.origin, nonce: binding.nonce, audience: binding.audience },
    consent: consent && {
      purpose: consent.purpose,
      textVersion: consent.textVersion,
      textDigest: consent.textDigest,
      givenAt: consent.givenAt,
      by: consent.by,
    },
    evidence: evidenceToJson(evidence),
    files: Object.fromEntries(taken),
    policy,
    printed: printed && { qr: printed.qr, mrz: printed.mrz, personalNumber: printed.personalNumber },
    reader,
    report,
    requestId,
    time,
    trustStore,
  }
}

/**
 * The canonical bytes of a bundle's contents. Throws BundleError CONTENTS_MALFORMED with the place for contents that
 * `parseBundleBytes` would not take back, so that no desk signs what nobody can read.
 */
export function bundleBytes(contents: BundleContents): Uint8Array {
  const bytes = canonicalBytes(jsonOf(contents, contents.report))
  parseBundleBytes(bytes)
  return bytes
}

function canonicalBytes(value: unknown): Uint8Array {
  try {
    return utf8(canonicalJson(value))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new BundleError('CONTENTS_MALFORMED', 'payload')
  }
}

/**
 * Reads a bundle's contents back. Throws BundleError: CONTENTS_NOT_CANONICAL when the bytes are not the one canonical
 * form (unknown members included, except in the report), VERSION_UNKNOWN, CONTENTS_MALFORMED with the place.
 */
export function parseBundleBytes(bytes: Uint8Array): KeptContents {
  const text = textOf(bytes)
  const all = object(parseJson(text), '')
  if (all.format !== BUNDLE_FORMAT) throw new BundleError('NOT_A_BUNDLE', 'payload.format')
  if (all.version !== BUNDLE_VERSION) throw new BundleError('VERSION_UNKNOWN', 'payload.version')
  const { consent, printed, reader, report } = all
  const contents: Omit<BundleContents, 'report'> = {
    files: filesFrom(object(all.files, 'files')),
    evidence: evidenceFrom(all.evidence),
    ...(printed === undefined ? {} : { printed: printedFrom(object(printed, 'printed')) }),
    trustStore: token(all.trustStore, 'trustStore', 128),
    policy: token(all.policy, 'policy', 64),
    time: timeFrom(all.time),
    requestId: token(all.requestId, 'requestId', 128),
    binding: bindingFrom(object(all.binding, 'binding')),
    ...(reader === undefined ? {} : { reader: shortText(reader, 'reader') }),
    ...(consent === undefined ? {} : { consent: consentFrom(object(consent, 'consent')) }),
  }
  const stored = parseStoredReport(report)
  let again: string
  try {
    again = canonicalJson(jsonOf(contents, report))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new BundleError('CONTENTS_NOT_CANONICAL', 'payload')
  }
  if (again !== text) throw new BundleError('CONTENTS_NOT_CANONICAL', 'payload')
  return { ...contents, report: stored }
}

/** The printed data of a bundle, taken apart for judging. Throws BundleError CONTENTS_MALFORMED. */
export function printedOf(texts: PrintedTexts | undefined): PrintedData {
  if (!texts) return {}
  const { qr, mrz, personalNumber } = texts
  return {
    ...(qr === undefined ? {} : { qr: placed('printed.qr', () => parseCardQr(qr)) }),
    ...(mrz === undefined ? {} : { mrz: placed('printed.mrz', () => parseMrz(mrz.split('\n'))) }),
    ...(personalNumber === undefined ? {} : { personalNumber }),
  }
}

function bad(field: string): never {
  throw new BundleError('CONTENTS_MALFORMED', field === '' ? 'payload' : `payload.${field}`)
}

function placed<T>(field: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof FormatError) return bad(field)
    throw error
  }
}

function textOf(bytes: Uint8Array): string {
  return placed('', () => fromUtf8(bytes))
}

function parseJson(text: string): unknown {
  if (!isShallow(text)) return bad('')
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes what it read.
    return bad('')
  }
}

function object(value: unknown, field: string): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : bad(field)
}

/** Visible ASCII without blanks. */
function token(value: unknown, field: string, longest: number): string {
  if (typeof value !== 'string' || value.length > longest || !/^[\x21-\x7e]+$/.test(value)) return bad(field)
  return value
}

function shortText(value: unknown, field: string, longest = 256): string {
  return typeof value === 'string' && value.length <= longest ? value : bad(field)
}

function timeFrom(value: unknown): string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value)) return bad('time')
  const time = new Date(value)
  return !Number.isNaN(time.getTime()) && time.toISOString() === value ? value : bad('time')
}

function filesFrom(given: Fields): LdsFiles {
  const files: Partial<Record<FileName, Uint8Array>> = {}
  for (const [name, value] of Object.entries(given)) {
    // The name is somebody else's text, so an unknown one is not repeated.
    const known = BUNDLE_FILES.find(one => one === name)
    if (!known) return bad('files')
    const bytes = typeof value === 'string' ? fromBase64Url(value) : undefined
    if (!bytes || bytes.length === 0) return bad(`files.${known}`)
    files[known] = bytes
  }
  return files
}

function evidenceFrom(value: unknown): ChipEvidence {
  try {
    return evidenceFromJson(value)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const { field } = error.facts
    return bad(field === undefined || field === 'evidence' ? 'evidence' : `evidence.${field}`)
  }
}

const LONGEST_PRINTED = 4096

function printedFrom(given: Fields): PrintedTexts {
  const { qr, mrz, personalNumber } = given
  const texts: PrintedTexts = {
    ...(qr === undefined ? {} : { qr: shortText(qr, 'printed.qr', LONGEST_PRINTED) }),
    ...(mrz === undefined ? {} : { mrz: shortText(mrz, 'printed.mrz', LONGEST_PRINTED) }),
    ...(personalNumber === undefined ? {} : { personalNumber: token(personalNumber, 'printed.personalNumber', 12) }),
  }
  printedOf(texts)
  return texts
}

function bindingFrom(given: Fields): BundleBinding {
  const { origin, nonce, audience } = given
  return {
    origin: origin === null ? null : token(origin, 'binding.origin', 256),
    nonce: token(nonce, 'binding.nonce', 256),
    ...(audience === undefined ? {} : { audience: token(audience, 'binding.audience', 256) }),
  }
}

function consentFrom({ purpose, textVersion, textDigest, givenAt, by }: Fields): BundleConsent {
  return {
    purpose: token(purpose, 'consent.purpose', 64),
    textVersion: token(textVersion, 'consent.textVersion', 64),
    textDigest: token(textDigest, 'consent.textDigest', 128),
    givenAt: token(givenAt, 'consent.givenAt', 64),
    by: shortText(by, 'consent.by'),
  }
}
