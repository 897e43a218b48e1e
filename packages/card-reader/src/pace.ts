import {
  blockSize,
  type CardProtocol,
  type CurveName,
  concat,
  decryptCbc,
  deriveKey,
  deriveSessionKeys,
  derOid,
  digest,
  ecdh,
  ecdhPoint,
  encodeOid,
  equal,
  equalConstantTime,
  expectOk,
  FormatError,
  findTlv,
  generateEcKeyPair,
  mac8,
  mapGeneratorGm,
  type PaceInfo,
  ProtocolError,
  parseTlv,
  parseTlvs,
  type Randomness,
  SecureMessaging,
  type SecurityInfo,
  StatusWordError,
  send,
  tlv,
  utf8,
  validatePoint,
} from '@cccd/card-core'
import type { PacePassword } from './access-key.ts'
import { triesLeft } from './bac.ts'
import { paceCurve } from './pace-choice.ts'

// PACE with generic mapping over elliptic curves (9303-11 §4.4). Integrated and chip authentication mapping and finite
// fields are not spoken here; pace-choice.ts says so in words when a chip offers nothing else.

/** The secure channel, and how it came about. */
export interface PaceResult {
  readonly secureMessaging: SecureMessaging
  readonly oid: string
  readonly parameterId?: number
  readonly mapping: 'GM'
}

export interface PaceRequest {
  /** The PACEInfo to use: ECDH with generic mapping. */
  readonly info: PaceInfo
  /** All of EF.CardAccess: resolves domain parameters of the card's own, and tells whether `info` is ambiguous. */
  readonly infos?: readonly SecurityInfo[]
  readonly password: PacePassword
  readonly random: Randomness
}

/**
 * Opens the chip with PACE. `random` is asked for two ephemeral private keys. Throws StatusWordError ACCESS_KEY_WRONG
 * (with `triesLeft` when the chip tells) or ACCESS_BLOCKED, ProtocolError ACCESS_PROTOCOL_MISSING when `info` is not
 * ECDH with generic mapping over a known curve, AUTHENTICATION_TOKEN_WRONG when the chip cannot prove that it knows the
 * password, PROTOCOL_VIOLATION for answers out of shape; `facts.step` names the step.
 */
export function* pace(given: PaceRequest): CardProtocol<PaceResult> {
  const { info, password, random } = given
  const { cipher } = info
  const curve = paceCurve(info, given.infos ?? [info])

  yield* setAuthenticationTemplate(given)

  const nonceStep = 'PACE: encrypted nonce'
  const z = yield* generalAuthenticate(nonceStep, 0x10, new Uint8Array(), 0x80)
  if (z.length === 0 || z.length % blockSize(cipher)) {
    throw violation(nonceStep, `the encrypted nonce has ${z.length} bytes`)
  }
  const kPi = deriveKey(paceSecret(password), 3, cipher)
  const nonce = decryptCbc({ cipher, key: kPi, data: z })

  const mapStep = 'PACE: map nonce'
  const mapping = generateEcKeyPair(curve, random)
  const mappingIc = yield* generalAuthenticate(mapStep, 0x10, tlv(0x81, mapping.publicKey), 0x82)
  checkChipKey(mapStep, curve, mappingIc, mapping.publicKey)
  const generator = mappedGenerator(mapStep, curve, nonce, ecdhPoint(curve, mapping.privateKey, mappingIc))

  const agreeStep = 'PACE: key agreement'
  const ephemeral = generateEcKeyPair(curve, random, generator)
  const ephemeralIc = yield* generalAuthenticate(agreeStep, 0x10, tlv(0x83, ephemeral.publicKey), 0x84)
  checkChipKey(agreeStep, curve, ephemeralIc, ephemeral.publicKey)
  const keys = deriveSessionKeys(ecdh(curve, ephemeral.privateKey, ephemeralIc), cipher)

  const tokenStep = 'PACE: mutual authentication'
  const tokenOf = (publicKey: Uint8Array): Uint8Array =>
    mac8({ cipher, key: keys.ksMac, data: publicKeyObject(info.oid, publicKey) })
  const tokenIc = yield* mutualAuthentication(tokenStep, tokenOf(ephemeralIc), password)
  if (!equalConstantTime(tokenIc, tokenOf(ephemeral.publicKey))) {
    throw new ProtocolError('AUTHENTICATION_TOKEN_WRONG', 'the authentication token of the chip is wrong', {
      step: tokenStep,
    })
  }
  return {
    secureMessaging: new SecureMessaging(keys),
    oid: info.oid,
    mapping: 'GM',
    ...(info.parameterId === undefined ? {} : { parameterId: info.parameterId }),
  }
}

/** 9303-11 §9.7.3: the CAN as its characters, the MRZ as the SHA-1 of its information. */
function paceSecret(password: PacePassword): Uint8Array {
  const text = utf8(password.value)
  return password.kind === 'CAN' ? text : digest('sha1', text)
}

/** 9303-11 §4.4.4.1. No Le: German documents answer 6700 to one. */
function* setAuthenticationTemplate(given: PaceRequest): CardProtocol<void> {
  const { info, password, infos = [] } = given
  const step = 'PACE: MSE:Set AT'
  const passwordReference = password.kind === 'MRZ' ? 1 : 2
  const template = (withParameterId: boolean): Uint8Array =>
    concat(
      tlv(0x80, encodeOid(info.oid)),
      tlv(0x83, Uint8Array.of(passwordReference)),
      withParameterId && info.parameterId !== undefined ? tlv(0x84, Uint8Array.of(info.parameterId)) : new Uint8Array(),
    )
  // DO 84 belongs there only when the protocol alone leaves the parameters open. Some chips always want it and some
  // never do, so a refusal of the data is answered with the other form, once.
  const ambiguous = infos.filter(other => other.kind === 'pace' && other.oid === info.oid).length > 1
  let sw = 0
  for (const withParameterId of info.parameterId === undefined ? [false] : [ambiguous, !ambiguous]) {
    const answer = yield* send({ cla: 0x00, ins: 0x22, p1: 0xc1, p2: 0xa4, data: template(withParameterId) })
    sw = answer.sw
    // 63Cx is no failure: the chip tells that earlier tries failed and goes on.
    if (sw === 0x9000 || (sw & 0xfff0) === 0x63c0) return
    if (sw !== 0x6a80 && sw !== 0x6a86 && sw !== 0x6a88 && sw !== 0x6700) break
  }
  expectOk({ data: new Uint8Array(), sw }, step)
}

/** One GENERAL AUTHENTICATE: `data` stands inside 7C; the value under `answerTag` is returned. */
function* generalAuthenticate(
  step: string,
  cla: number,
  data: Uint8Array,
  answerTag: number,
): CardProtocol<Uint8Array> {
  const answer = yield* send({ cla, ins: 0x86, p1: 0, p2: 0, data: tlv(0x7c, data), ne: 256 })
  return dynamicAuthenticationData(step, expectOk(answer, step), answerTag)
}

function* mutualAuthentication(step: string, token: Uint8Array, password: PacePassword): CardProtocol<Uint8Array> {
  const answer = yield* send({ cla: 0x00, ins: 0x86, p1: 0, p2: 0, data: tlv(0x7c, tlv(0x85, token)), ne: 256 })
  // The token is the first thing that depends on the password, so this is where a wrong one shows; 6300 and 63Cx are
  // the rule, 6982 and 6988 are met.
  if (answer.sw >> 8 === 0x63 || answer.sw === 0x6982 || answer.sw === 0x6988) {
    throw new StatusWordError('ACCESS_KEY_WRONG', `the chip does not accept the ${password.kind}`, {
      sw: answer.sw,
      step,
      ...triesLeft(answer.sw),
    })
  }
  return dynamicAuthenticationData(step, expectOk(answer, step), 0x86)
}

function dynamicAuthenticationData(step: string, data: Uint8Array, tag: number): Uint8Array {
  try {
    const object = findTlv(parseTlvs(parseTlv(data, 0x7c).value), tag)
    if (object) return object.value
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw violation(step, 'the dynamic authentication data are malformed', cause)
  }
  throw violation(step, `the answer has no data object ${tag.toString(16).toUpperCase()}`)
}

/** 9303-11 §4.4.1: the chip's keys must be points of the curve, and must differ from our own. */
function checkChipKey(step: string, curve: CurveName, publicKey: Uint8Array, own: Uint8Array): void {
  try {
    validatePoint(curve, publicKey)
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw violation(step, 'the public key of the chip is not a point of the curve', cause)
  }
  if (equal(publicKey, own)) throw violation(step, 'the chip sent the public key of the terminal back')
}

function mappedGenerator(step: string, curve: CurveName, nonce: Uint8Array, sharedPoint: Uint8Array): Uint8Array {
  try {
    return mapGeneratorGm(curve, nonce, sharedPoint)
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw violation(step, 'the nonce and keys of the chip map to no generator', cause)
  }
}

/** 9303-11 §9.4.5: the public key data object that the tokens are made over. */
function publicKeyObject(oid: string, publicKey: Uint8Array): Uint8Array {
  return tlv(0x7f49, derOid(oid), tlv(0x86, publicKey))
}

function violation(step: string, message: string, cause?: unknown): ProtocolError {
  return new ProtocolError('PROTOCOL_VIOLATION', message, { step }, cause === undefined ? {} : { cause })
}
