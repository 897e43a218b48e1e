import {
  type CardProtocol,
  type ChipAuthenticationEvidence,
  type ChipAuthenticationInfo,
  type CurveName,
  concat,
  deriveSessionKeys,
  ecdh,
  encodeOid,
  FormatError,
  fromBigInt,
  generateEcKeyPair,
  type Randomness,
  type ResponseApdu,
  SecureMessaging,
  type SecurityInfo,
  type SessionCipher,
  tlv,
  validatePoint,
} from '@cccd/card-core'
import { sendAcceptingLoss } from './channel-loss.ts'
import { ecKeyOf } from './domain-parameters.ts'

// Chip authentication over elliptic curves (9303-11 §6.2, TR-03110-1 §3.4). Finite fields are not spoken here.

/** One key of EF.DG14 with the protocol that goes with it. */
export interface ChipAuthenticationChoice {
  readonly oid: string
  readonly cipher: SessionCipher
  readonly keyId?: bigint
  readonly curve: CurveName
  /** The chip's static public key, 04‖x‖y. */
  readonly publicKey: Uint8Array
}

/** id-CA-ECDH-3DES-CBC-CBC: what a chip speaks that gives a key and no ChipAuthenticationInfo (TR-03110-1 §A.1.1.2). */
const ECDH_3DES = '0.4.0.127.0.7.2.2.3.2.1'

/**
 * The first key of EF.DG14 that can be used: ECDH on a known curve, with the strongest cipher that names it. Undefined
 * when there is none; what is out of shape is passed over, since judging EF.DG14 is the verifier's part.
 */
export function chooseChipAuthentication(infos: readonly SecurityInfo[]): ChipAuthenticationChoice | undefined {
  const protocols = infos
    .filter((info): info is ChipAuthenticationInfo => info.kind === 'chipAuthentication' && info.agreement === 'ECDH')
    .toSorted((a, b) => strength(b.cipher) - strength(a.cipher))
  for (const info of infos) {
    if (info.kind !== 'chipAuthenticationPublicKey' || info.agreement !== 'ECDH') continue
    const key = usableKey(info.spki)
    if (!key) continue
    const protocol = protocols.find(candidate => candidate.keyId === info.keyId)
    if (!protocol && protocols.length) continue
    return {
      oid: protocol?.oid ?? ECDH_3DES,
      cipher: protocol?.cipher ?? '3DES',
      curve: key.curve,
      publicKey: key.point,
      ...(info.keyId === undefined ? {} : { keyId: info.keyId }),
    }
  }
  return undefined
}

function strength(cipher: SessionCipher): number {
  return ['3DES', 'AES-128', 'AES-192', 'AES-256'].indexOf(cipher)
}

function usableKey(spki: Uint8Array): { curve: CurveName; point: Uint8Array } | undefined {
  try {
    const key = ecKeyOf(spki)
    if (key) validatePoint(key.curve, key.point)
    return key
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}

/** The keys agreed upon; the chip has yet to show that it has them too. */
export interface ChipAuthenticationResult {
  /** Absent when the chip refused. It replaces the old channel; the next command under it is the proof. */
  readonly secureMessaging?: SecureMessaging
  readonly evidence: ChipAuthenticationEvidence
}

/**
 * Agrees on new session keys with the chip's static key; runs under the secure messaging of PACE or BAC. `random` is
 * asked for one ephemeral private key. `evidence.outcome` is `successful` only after the next protected command was
 * answered rightly, so the caller changes it to `failed` when it was not. With 3DES the key goes in MSE:Set KAT, else
 * in MSE:Set AT and GENERAL AUTHENTICATE.
 */
export function* chipAuthentication(
  choice: ChipAuthenticationChoice,
  random: Randomness,
): CardProtocol<ChipAuthenticationResult> {
  const { oid, cipher, keyId, curve } = choice
  const ephemeral = generateEcKeyPair(curve, random)
  const reference = keyId === undefined ? new Uint8Array() : tlv(0x84, unsigned(keyId))
  const evidence = {
    oid,
    ...(keyId === undefined ? {} : { keyId }),
    ephemeralPublicKey: ephemeral.publicKey,
  }
  const answer =
    cipher === '3DES'
      ? yield* setKeyAgreementTemplate(concat(tlv(0x91, ephemeral.publicKey), reference))
      : yield* agreeByGeneralAuthenticate(concat(tlv(0x80, encodeOid(oid)), reference), ephemeral.publicKey)
  if (answer.sw !== 0x9000) return { evidence: { ...evidence, outcome: 'refused', sw: answer.sw } }
  const keys = deriveSessionKeys(ecdh(curve, ephemeral.privateKey, choice.publicKey), cipher)
  return { secureMessaging: new SecureMessaging(keys), evidence: { ...evidence, outcome: 'successful' } }
}

function* setKeyAgreementTemplate(data: Uint8Array): CardProtocol<ResponseApdu> {
  return yield* sendAcceptingLoss({ cla: 0x00, ins: 0x22, p1: 0x41, p2: 0xa6, data })
}

function* agreeByGeneralAuthenticate(template: Uint8Array, publicKey: Uint8Array): CardProtocol<ResponseApdu> {
  const set = yield* sendAcceptingLoss({ cla: 0x00, ins: 0x22, p1: 0x41, p2: 0xa4, data: template })
  if (set.sw !== 0x9000) return set
  return yield* sendAcceptingLoss({
    cla: 0x00,
    ins: 0x86,
    p1: 0,
    p2: 0,
    data: tlv(0x7c, tlv(0x80, publicKey)),
    ne: 256,
  })
}

/** The shortest unsigned form: TR-03110-3 gives key references so, not as INTEGERs with a sign. */
function unsigned(value: bigint): Uint8Array {
  return fromBigInt(value, Math.max(1, Math.ceil(value.toString(16).length / 2)))
}
