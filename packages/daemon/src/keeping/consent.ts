// Consent of the holder where a policy demands it: to one version of one text, for one purpose.
import { KeepingError } from '@cccd/mrz'
import { canonicalBytes } from './canonical-json.ts'
import { hashOfLine } from './hash-chain.ts'
import type { ConsentConfig, ConsentText } from './keeping-config.ts'

/** What a request says: the holder was shown this version and agreed. */
export interface ConsentGiven {
  readonly purpose: string
  readonly textVersion: string
  /** The digest of the text that was shown; where given it must be that of the configured text. */
  readonly textDigest?: string | undefined
}

/** What is recorded in the audit log and the evidence bundle. */
export interface ConsentRecord {
  readonly purpose: string
  readonly textVersion: string
  /** SHA-256, hexadecimal, over the canonical JSON of { en, purpose, version, vi }. */
  readonly textDigest: string
  /** ISO 8601, by the desk's clock. */
  readonly givenAt: string
  /** The label of the token whose holder took the consent. */
  readonly by: string
}

/** SHA-256, hexadecimal, over the canonical JSON of { en, purpose, version, vi }: the words in both languages. */
export const consentDigest = ({ purpose, version, vi, en }: ConsentText): string =>
  hashOfLine(canonicalBytes({ purpose, version, vi, en }))

/**
 * The record of the consent that came with a request; undefined where none is demanded and none was given. Throws KeepingError
 * CONSENT_REQUIRED when the policy demands a consent that is not there, or when what was given is not to the text as it is
 * configured now; its facts name purpose and version.
 */
export function consentFor(given: {
  readonly config: ConsentConfig | undefined
  readonly policy: string
  readonly purpose?: string | undefined
  readonly consent?: ConsentGiven | undefined
  readonly by: string
  readonly now: () => Date
}): ConsentRecord | undefined {
  const { config, policy, consent, purpose } = given
  const texts = config?.texts ?? []
  const demanded = texts.filter(text => text.demandedBy.includes(policy))
  // Several purposes may be open to one policy: the reading names its own, else any of them will do.
  const wanted =
    demanded.length > 0 && purpose !== undefined ? demanded.filter(text => text.purpose === purpose) : demanded
  if (consent === undefined) {
    if (demanded.length > 0) throw required(wanted[0] ?? (demanded[0] as ConsentText), 'the holder has not agreed')
    return undefined
  }
  const text = texts.find(one => one.purpose === consent.purpose)
  if (!text) throw required(demanded[0], 'there is no text for this purpose')
  if (purpose !== undefined && purpose !== consent.purpose) throw required(text, 'the consent is for another purpose')
  if (demanded.length > 0 && !demanded.includes(text))
    throw required(demanded[0], 'the policy demands consent for another purpose')
  if (consent.textVersion !== text.version) throw required(text, 'the holder agreed to another version of the text')
  const textDigest = consentDigest(text)
  if (consent.textDigest !== undefined && consent.textDigest !== textDigest)
    throw required(text, 'the holder was shown other words')
  return {
    purpose: text.purpose,
    textVersion: text.version,
    textDigest,
    givenAt: given.now().toISOString(),
    by: given.by,
  }
}

function required(text: ConsentText | undefined, message: string): KeepingError {
  return new KeepingError('CONSENT_REQUIRED', message, text ? { purpose: text.purpose, version: text.version } : {})
}
