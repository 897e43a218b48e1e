import {
  ChipSecureMessaging,
  type CommandApdu,
  deriveKey,
  deriveSessionKeys,
  digest,
  type EcKeyPair,
  ecdh,
  ecdhPoint,
  encryptCbc,
  equal,
  equalConstantTime,
  FormatError,
  findTlv,
  generateEcKeyPair,
  mac8,
  mapGeneratorGm,
  parseTlv,
  parseTlvs,
  response,
  type SessionKeys,
  type Tlv,
  tlv,
  toBigInt,
  utf8,
} from '@cccd/card-core'
import { mrzInformation } from '@cccd/mrz'
import { CONDITIONS_OF_USE, failedTry, isBlocked, succeededTry } from '../access-control.ts'
import type { ChipBody, PaceVariant } from '../chip-body.ts'
import type { ChipState, Step } from '../chip-state.ts'

// PACE with generic mapping over ECDH, chip side (9303-11 §4.4).

/** A PACE run between two commands; `awaits` is the step that must come next. */
export type PaceRun = {
  readonly variant: PaceVariant
  /** KDF_pi of the password (9303-11 §9.7.3). */
  readonly kPi: Uint8Array
} & (
  | { readonly awaits: 'nonce' }
  | { readonly awaits: 'mapping'; readonly nonce: Uint8Array }
  | { readonly awaits: 'keyAgreement'; readonly generator: Uint8Array }
  | {
      readonly awaits: 'token'
      readonly keys: SessionKeys
      readonly chipPublicKey: Uint8Array
      readonly terminalPublicKey: Uint8Array
    }
)

/** The state without a PACE run: every command but the next GENERAL AUTHENTICATE ends it. */
export function withoutPace(state: ChipState): ChipState {
  const { pace: _pace, ...rest } = state
  return rest
}

function refuse(state: ChipState, sw: number): Step {
  return { response: response(sw), state: withoutPace(state) }
}

function objects(data: Uint8Array | undefined): Tlv[] | null {
  try {
    return parseTlvs(data ?? new Uint8Array())
  } catch (error) {
    if (error instanceof FormatError) return null
    throw error
  }
}

/** f(pi): the password as the KDF takes it, SHA-1 of the MRZ information or the digits of the CAN. */
function passwordSecret(chip: ChipBody, reference: number): Uint8Array | undefined {
  const { can, bacKey } = chip.secrets
  if (reference === 1 && bacKey) return digest('sha1', utf8(mrzInformation(bacKey)))
  if (reference === 2 && can !== undefined) return utf8(can)
  return undefined
}

/** MSE:Set AT for PACE, P1-P2 C1A4 (9303-11 §4.4.4.1): protocol 80, password 83, domain parameters 84. */
export function setPace(chip: ChipBody, state: ChipState, command: CommandApdu): Step {
  const { options } = chip
  if (state.session || chip.paceVariants.length === 0) return refuse(state, CONDITIONS_OF_USE)
  if (options.paceBroken !== undefined) return refuse(state, options.paceBroken)
  const given = objects(command.data)
  const oid = given && findTlv(given, 0x80)?.value
  const password = given && findTlv(given, 0x83)?.value
  const parameters = given && findTlv(given, 0x84)?.value
  if (!oid || password?.length !== 1) return refuse(state, 0x6a80)
  const rule = options.paceParameterReference ?? 'optional'
  if ((rule === 'required' && !parameters) || (rule === 'refused' && parameters)) return refuse(state, 0x6a80)
  const known = chip.paceVariants.filter(variant => equal(variant.oid, oid))
  if (known.length === 0) return refuse(state, 0x6a80)
  const variant = parameters
    ? known.find(one => toBigInt(parameters) === BigInt(one.parameterId))
    : known.length === 1
      ? known[0]
      : undefined
  const secret = passwordSecret(chip, password[0] as number)
  if (!variant || !secret) return refuse(state, 0x6a88)
  if (isBlocked(chip, state, 'pace')) return refuse(state, 0x6983)
  const kPi = deriveKey(secret, 3, variant.cipher)
  return { response: response(0x9000), state: { ...state, pace: { variant, kPi, awaits: 'nonce' } } }
}

/** The one object of this tag inside DO 7C, or null. */
function dynamicData(data: Uint8Array | undefined, tag: number): Uint8Array | null {
  try {
    const inside = parseTlvs(parseTlv(data ?? new Uint8Array(), 0x7c).value)
    return inside.length === 1 && inside[0]?.tag === tag ? inside[0].value : null
  } catch (error) {
    if (error instanceof FormatError) return null
    throw error
  }
}

/** 9303-11 §4.4.4.4: MAC over the other side's ephemeral key under the protocol's OID. */
function token(variant: PaceVariant, keys: SessionKeys, publicKey: Uint8Array): Uint8Array {
  const input = tlv(0x7f49, tlv(0x06, variant.oid), tlv(0x86, publicKey))
  return mac8({ cipher: variant.cipher, key: keys.ksMac, data: input })
}

/** GENERAL AUTHENTICATE of a running PACE: nonce, mapping, key agreement, mutual authentication. All but the last are
 * chained (CLA 10). Anything out of order ends the run. */
export function paceStep(chip: ChipBody, state: ChipState, command: CommandApdu, run: PaceRun): Step {
  try {
    return advance(chip, state, command, run)
  } catch (error) {
    // A point that is not on the curve, or that leads to infinity.
    if (error instanceof FormatError) return refuse(state, 0x6a80)
    throw error
  }
}

function advance(chip: ChipBody, state: ChipState, command: CommandApdu, run: PaceRun): Step {
  if (command.p1 || command.p2) return refuse(state, 0x6a86)
  const chained = (command.cla & 0x10) !== 0
  if (chained !== (run.awaits !== 'token')) return refuse(state, chained ? CONDITIONS_OF_USE : 0x6883)
  const { variant, kPi } = run
  const { curve } = variant
  const answer = (tag: number, value: Uint8Array, pace: PaceRun): Step => ({
    response: response(0x9000, tlv(0x7c, tlv(tag, value))),
    state: { ...state, pace },
  })
  switch (run.awaits) {
    case 'nonce': {
      if (!equal(command.data ?? new Uint8Array(), Uint8Array.of(0x7c, 0x00))) return refuse(state, 0x6a80)
      const nonce = chip.options.random(16)
      const encrypted = encryptCbc({ cipher: variant.cipher, key: kPi, data: nonce })
      return answer(0x80, encrypted, { variant, kPi, awaits: 'mapping', nonce })
    }
    case 'mapping': {
      const point = dynamicData(command.data, 0x81)
      if (!point) return refuse(state, 0x6a80)
      const key = generateEcKeyPair(curve, chip.options.random)
      if (equal(point, key.publicKey)) return refuse(state, 0x6a80)
      const shared = ecdhPoint(curve, key.privateKey, point)
      const generator = mapGeneratorGm(curve, run.nonce, shared)
      return answer(0x82, key.publicKey, { variant, kPi, awaits: 'keyAgreement', generator })
    }
    case 'keyAgreement': {
      const terminalPublicKey = dynamicData(command.data, 0x83)
      if (!terminalPublicKey) return refuse(state, 0x6a80)
      const key: EcKeyPair = generateEcKeyPair(curve, chip.options.random, run.generator)
      // 9303-11 §4.4.1: the two ephemeral keys must differ.
      if (equal(terminalPublicKey, key.publicKey)) return refuse(state, 0x6a80)
      const keys = deriveSessionKeys(ecdh(curve, key.privateKey, terminalPublicKey), variant.cipher)
      const chipPublicKey = key.publicKey
      return answer(0x84, chipPublicKey, { variant, kPi, awaits: 'token', keys, chipPublicKey, terminalPublicKey })
    }
    case 'token': {
      const given = dynamicData(command.data, 0x85)
      if (!given) return refuse(state, 0x6a80)
      const { keys, chipPublicKey, terminalPublicKey } = run
      if (!equalConstantTime(given, token(variant, keys, chipPublicKey))) {
        const failed = failedTry(chip, state, 'pace')
        return refuse(failed.state, failed.sw)
      }
      const data = tlv(0x7c, tlv(0x86, token(variant, keys, terminalPublicKey)))
      const sm = new ChipSecureMessaging(keys)
      const open = withoutPace(succeededTry(chip, state, 'pace'))
      return {
        response: response(0x9000, data),
        state: { ...open, session: { opened: 'PACE', sm, chipAuthenticated: false } },
      }
    }
  }
}
