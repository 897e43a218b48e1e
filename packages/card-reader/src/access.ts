import {
  type AccessEvidence,
  type CardProtocol,
  CardToolkitError,
  FormatError,
  ProtocolError,
  parseSecurityInfos,
  type Randomness,
  type SecureMessaging,
  type SecurityInfo,
  StatusWordError,
  TransportError,
  under,
} from '@cccd/card-core'
import type { AccessKeys } from '@cccd/mrz'
import { bacKeys, paceKeys, pacePassword } from './access-key.ts'
import { bac } from './bac.ts'
import {
  type ReadLimits,
  readExtendedLengthLimit,
  readFile,
  selectApplication,
  selectMasterFile,
  shortLimits,
} from './file-system.ts'
import { pace } from './pace.ts'
import { choosePace, paceInfos } from './pace-choice.ts'
import type { ReadEvent } from './read-event.ts'

export interface AccessRequest {
  readonly accessKeys: AccessKeys
  readonly random: Randomness
  readonly accessPolicy?: AccessPolicy
  /** false or absent: short length. true: what EF.ATR/INFO allows. A number: the limit as learned before. */
  readonly extendedLength?: boolean | number
  observe?(event: ReadEvent): void
}

export interface AccessPolicy {
  /**
   * Whether BAC may be used where the chip offers PACE and PACE does not work. The default is false: a chip that seems
   * to break PACE may be an attacker who wants the weaker protocol. A wrong key never falls back.
   */
  readonly allowBacFallback: boolean
}

/** An open chip with the application selected. */
export interface OpenChip {
  readonly secureMessaging: SecureMessaging
  readonly evidence: AccessEvidence
  readonly limits: ReadLimits
  readonly cardAccess?: Uint8Array
  /** Opens the chip anew with the key that worked, after its channel broke. */
  reopen(): CardProtocol<SecureMessaging>
}

/** A chip whose EF.CardAccess is no set of SecurityInfos: how to open it is not told, and BAC instead would be the fall
 * that an attacker wants. The file itself is what there is to judge. */
export interface UnopenedChip {
  readonly malformedCardAccess: Uint8Array
  readonly limits: ReadLimits
}

/**
 * Opens a chip: EF.CardAccess, then PACE where it is offered, else BAC; and selects the application. Throws
 * StatusWordError ACCESS_KEY_WRONG when no key fits, ProtocolError ACCESS_PROTOCOL_MISSING when chip and keys have no
 * protocol in common, DOWNGRADE_REFUSED when only a fall to BAC would open it and the policy does not allow that.
 */
export function* openAccess(request: AccessRequest): CardProtocol<OpenChip | UnopenedChip> {
  const limits = shortLimits()
  const cardAccess = yield* readCardAccess(request.accessKeys)
  const infos = cardAccess ? wellFormed(cardAccess) : []
  if (!infos) return { malformedCardAccess: cardAccess as Uint8Array, limits }
  if (typeof request.extendedLength === 'number') limits.maxResponse = request.extendedLength
  // A chip without EF.CardAccess is of the years before EF.ATR/INFO: it is not asked.
  else if (request.extendedLength && cardAccess) limits.maxResponse = (yield* readExtendedLengthLimit()) ?? 256
  const common = { limits, ...(cardAccess ? { cardAccess } : {}) }

  if (paceInfos(infos).length === 0) {
    const evidence = { offered: ['BAC'], used: 'BAC', password: 'MRZ' } as const
    return { ...common, ...(yield* openWithBac(request)), evidence }
  }
  const opened = yield* openWithPace(request, infos)
  if (!(opened instanceof CardToolkitError)) {
    yield* under(opened.secureMessaging, selectApplication())
    return { ...common, ...opened }
  }
  checkFallBack(request, opened)
  const evidence = {
    offered: ['PACE', 'BAC'],
    used: 'BAC',
    password: 'MRZ',
    downgrade: `${opened.code} at ${opened.facts.step ?? 'PACE'}`,
  } as const
  return { ...common, ...(yield* openWithBac(request)), evidence }
}

function wellFormed(cardAccess: Uint8Array): readonly SecurityInfo[] | undefined {
  try {
    return parseSecurityInfos(cardAccess)
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}

/** Throws unless the policy allows to go on with BAC after PACE failed with `refusal`. */
function checkFallBack(request: AccessRequest, refusal: CardToolkitError): void {
  if (request.accessKeys.bac.length && request.accessPolicy?.allowBacFallback) return
  // When the chip offers nothing that can be spoken here, that is a lack of ours and no attack to be refused.
  if (!request.accessKeys.bac.length || refusal.code === 'ACCESS_PROTOCOL_MISSING') throw refusal
  throw new ProtocolError(
    'DOWNGRADE_REFUSED',
    `the chip offers PACE, but it failed: ${refusal.message}; BAC would be weaker and the policy does not allow it`,
    { ...refusal.facts, remedy: 'Try again; if the card is known to be faulty, allow the fall back to BAC by name.' },
    { cause: refusal },
  )
}

/** A wrong or blocked key is no broken PACE, and what comes from the channel is no answer of the chip at all. */
function mayFallBack(error: unknown): error is CardToolkitError {
  if (!(error instanceof CardToolkitError) || error instanceof TransportError) return false
  return !['ACCESS_KEY_WRONG', 'ACCESS_BLOCKED', 'RESPONSE_TOO_SHORT', 'REPLAY_MISMATCH'].includes(error.code)
}

/**
 * EF.CardAccess, in the clear, with its short identifier right after power-on; by SELECT where that fails. Undefined
 * when the chip has none. With a single MRZ key, which is certain, "file not found" is believed at once; where a CAN
 * or guessed keys are at hand, PACE is what they are for, so the SELECT has the last word.
 */
function* readCardAccess(keys: AccessKeys): CardProtocol<Uint8Array | undefined> {
  const believeNotFound = keys.bac.length === 1
  const first = yield* tryCardAccess(true, believeNotFound)
  if (typeof first !== 'number') return first
  if (believeNotFound && first === 0x6a82) return undefined
  // A chip that was used before stands in its application, where the same identifiers mean other files.
  yield* selectMasterFile()
  const second = yield* tryCardAccess(false, true)
  return typeof second === 'number' ? undefined : second
}

/** The file, or the status word that says it is not there. */
function* tryCardAccess(shortFileIdentifiers: boolean, believeNotFound: boolean): CardProtocol<Uint8Array | number> {
  const limits = { ...shortLimits(), shortFileIdentifiers }
  try {
    const bytes = yield* readFile({ file: 'EF.CardAccess', limits, plainLength: most => most, believeNotFound })
    // EF.CVCA has the same identifiers in the application; EF.CardAccess is a SET.
    return bytes[0] === 0x42 ? 0x6a82 : bytes
  } catch (error) {
    const sw = error instanceof StatusWordError ? error.facts.sw : undefined
    if (sw === undefined || !saysMissing(sw)) throw error
    return sw
  }
}

/** Chips without the file say so in many ways; a status word of no sense is not taken for one of them. */
function saysMissing(sw: number): boolean {
  return [0x67, 0x69, 0x6a, 0x6b, 0x6d, 0x6e].includes(sw >> 8)
}

interface Opened {
  readonly secureMessaging: SecureMessaging
  reopen(): CardProtocol<SecureMessaging>
}

/** The channel, or the error that tells why PACE does not work with this chip. Throws what allows no fall back. */
function* openWithPace(
  request: AccessRequest,
  infos: readonly SecurityInfo[],
): CardProtocol<(Opened & { readonly evidence: AccessEvidence }) | CardToolkitError> {
  const { random } = request
  try {
    const info = choosePace(infos)
    const { oid, parameterId, mapping } = info
    const opened = yield* tryInTurn(request, 'PACE', paceKeys(request.accessKeys).map(pacePassword), password => ({
      password: password.kind,
      attempt: pace({ info, infos, password, random }),
    }))
    return {
      secureMessaging: opened.result.secureMessaging,
      evidence: {
        offered: ['PACE'],
        used: 'PACE',
        password: opened.key.kind,
        pace: { oid, mapping, ...(parameterId === undefined ? {} : { parameterId }) },
      },
      *reopen() {
        yield* selectMasterFile()
        const again = yield* pace({ info, infos, password: opened.key, random })
        yield* under(again.secureMessaging, selectApplication())
        return again.secureMessaging
      },
    }
  } catch (error) {
    if (mayFallBack(error)) return error
    throw error
  }
}

function* openWithBac(request: AccessRequest): CardProtocol<Opened> {
  const { random } = request
  const keys = bacKeys(request.accessKeys)
  if (!keys.length) {
    throw new ProtocolError('ACCESS_PROTOCOL_MISSING', 'the chip does not offer PACE, and a CAN opens nothing else', {
      step: 'BAC',
      remedy: 'Give the MRZ or the text of the QR code: BAC needs document number, date of birth and date of expiry.',
    })
  }
  yield* selectApplication()
  const opened = yield* tryInTurn(request, 'BAC', keys, key => ({ password: 'MRZ', attempt: bac(key, random) }))
  return {
    secureMessaging: opened.result,
    *reopen() {
      yield* selectApplication()
      return yield* bac(opened.key, random)
    },
  }
}

/**
 * Tries keys until one opens the chip; every try is told. Another key is tried only after a wrong one, and never when
 * the chip says that one more failure would lock it: the keys may be guesses.
 */
function* tryInTurn<K, T>(
  request: AccessRequest,
  protocol: 'PACE' | 'BAC',
  keys: readonly K[],
  start: (key: K) => { readonly password: 'CAN' | 'MRZ'; readonly attempt: CardProtocol<T> },
): CardProtocol<{ readonly key: K; readonly result: T }> {
  let refusal: unknown = new ProtocolError('ACCESS_PROTOCOL_MISSING', 'no key is given that could open the chip', {
    step: protocol,
    remedy: 'Give the text of the QR code, the CAN or the MRZ.',
  })
  for (const [index, key] of keys.entries()) {
    const { password, attempt } = start(key)
    const event = { protocol, password, attempt: index + 1, of: keys.length }
    request.observe?.({ kind: 'accessTried', ...event })
    try {
      const result = yield* attempt
      request.observe?.({ kind: 'accessOpened', protocol, password })
      return { key, result }
    } catch (error) {
      if (!(error instanceof StatusWordError) || error.code !== 'ACCESS_KEY_WRONG') throw error
      const { sw, triesLeft } = error.facts
      request.observe?.({
        kind: 'accessRefused',
        ...event,
        ...(sw === undefined ? {} : { sw }),
        ...(triesLeft === undefined ? {} : { triesLeft }),
      })
      if (triesLeft !== undefined && triesLeft <= 1) throw error
      refusal = error
    }
  }
  throw refusal
}
