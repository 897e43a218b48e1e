import type { HashName, SecurityInfo, SessionCipher } from '@cccd/card-core'

/** One chip-authentication key as DG14 announces it. */
export interface ChipAuthenticationKeyInfo {
  readonly cipher: SessionCipher
  /** SubjectPublicKeyInfo, named or explicit parameters. */
  readonly spki: Uint8Array
  /** Needed as soon as there are two keys. */
  readonly keyId?: bigint
}

/** One PACE offer of EF.CardAccess: ECDH, generic mapping. */
export interface PaceOffer {
  readonly cipher: SessionCipher
  /** 9303-11 Table 6: 8 (secp192r1) to 18 (secp521r1). */
  readonly parameterId: number
}

/** What the known cards offer: ECDH-GM with AES-128 over brainpoolP256r1. */
export const KNOWN_PACE: PaceOffer = { cipher: 'AES-128', parameterId: 13 }

export interface SecurityFeatures {
  /** Offered in EF.CardAccess; without any there is no such file. */
  readonly pace?: readonly PaceOffer[]
  readonly chipAuthentication?: readonly ChipAuthenticationKeyInfo[]
  /** Hash of plain ECDSA, when the active-authentication key is an EC key; RSA announces nothing. */
  readonly ecdsaActiveAuthentication?: HashName
  /** Whether terminal authentication (version 1) is announced, as the known cards do. */
  readonly terminalAuthentication: boolean
}

const BSI = '0.4.0.127.0.7.2.2.'
const CIPHER_ARC: Readonly<Record<SessionCipher, number>> = { '3DES': 1, 'AES-128': 2, 'AES-192': 3, 'AES-256': 4 }
// TR-03111 §5.2.1.1: ecdsa-plain-SHA1 to -SHA512.
const PLAIN_ECDSA_ARC: Readonly<Record<HashName, number>> = { sha1: 1, sha224: 2, sha256: 3, sha384: 4, sha512: 5 }

function keyIdOf(key: ChipAuthenticationKeyInfo): { keyId?: bigint } {
  return key.keyId === undefined ? {} : { keyId: key.keyId }
}

function chipAuthenticationInfos(features: SecurityFeatures): SecurityInfo[] {
  return (features.chipAuthentication ?? []).map(key => ({
    kind: 'chipAuthentication',
    oid: `${BSI}3.2.${CIPHER_ARC[key.cipher]}`,
    agreement: 'ECDH',
    cipher: key.cipher,
    version: 1,
    ...keyIdOf(key),
  }))
}

/** The infos of EF.CardAccess in the order of the known cards: TA, CA, PACE. */
export function cardAccessInfos(features: SecurityFeatures): SecurityInfo[] {
  const pace: SecurityInfo[] = (features.pace ?? []).map(offer => ({
    kind: 'pace',
    oid: `${BSI}4.2.${CIPHER_ARC[offer.cipher]}`,
    agreement: 'ECDH',
    mapping: 'GM',
    cipher: offer.cipher,
    version: 2,
    parameterId: offer.parameterId,
  }))
  const terminal: SecurityInfo[] = features.terminalAuthentication
    ? [{ kind: 'terminalAuthentication', oid: `${BSI}2`, version: 1 }]
    : []
  return [...terminal, ...chipAuthenticationInfos(features), ...pace]
}

/** The infos of DG14: those of EF.CardAccess, so that a changed EF.CardAccess shows, then the keys and the algorithm of
 * active authentication (9303-11 §9.2.11: ECDSA needs it). */
export function dg14Infos(features: SecurityFeatures): SecurityInfo[] {
  const keys: SecurityInfo[] = (features.chipAuthentication ?? []).map(key => ({
    kind: 'chipAuthenticationPublicKey',
    oid: `${BSI}1.2`,
    agreement: 'ECDH',
    spki: key.spki,
    ...keyIdOf(key),
  }))
  const hash = features.ecdsaActiveAuthentication
  const active: SecurityInfo[] = hash
    ? [
        {
          kind: 'activeAuthentication',
          oid: '2.23.136.1.1.5',
          version: 1,
          signatureAlgorithmOid: `0.4.0.127.0.7.1.1.4.1.${PLAIN_ECDSA_ARC[hash]}`,
        },
      ]
    : []
  return [...cardAccessInfos(features), ...keys, ...active]
}
