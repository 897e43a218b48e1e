import {
  type CurveName,
  DER,
  derChildren,
  encodeEcSpki,
  FormatError,
  generateKey,
  type HashName,
  importPublicKey,
  parseDer,
} from '@cccd/card-core'
import type { LdsOptions } from './build-lds.ts'
import type { ChipKeys } from './job.ts'

/** `none`: the chip does no active authentication. */
export type ActiveAuthenticationKind = 'EC' | 'RSA' | 'none'

/** The public halves of a chip's keys, as they stand in DG14 and DG15. */
export interface ChipPublicKeys {
  /** SubjectPublicKeyInfo. */
  readonly activeAuthentication?: Uint8Array
  readonly chipAuthentication: Uint8Array
}

const AA_CURVE: CurveName = 'secp256r1'
const AA_HASH: HashName = 'sha256'
const RSA_BITS = 2048
/** That of PACE on the known cards. */
export const CA_CURVE: CurveName = 'brainpoolP256r1'

/** Fresh keys for one chip: active authentication on P-256 or with RSA of 2048 bits, chip authentication on
 * brainpoolP256r1, its public key with explicit parameters. */
export function makeChipKeys(kind: ActiveAuthenticationKind): { keys: ChipKeys; publicKeys: ChipPublicKeys } {
  const ca = generateKey({ kind: 'ec', curve: CA_CURVE })
  const chipAuthentication = explicit(ca.spki)
  if (kind === 'none') {
    return { keys: { chipAuthentication: ca.pkcs8 }, publicKeys: { chipAuthentication } }
  }
  const aa = generateKey(kind === 'RSA' ? { kind: 'rsa', bits: RSA_BITS } : { kind: 'ec', curve: AA_CURVE })
  return {
    keys: { activeAuthentication: aa.pkcs8, chipAuthentication: ca.pkcs8 },
    publicKeys: { activeAuthentication: aa.spki, chipAuthentication },
  }
}

function explicit(spki: Uint8Array): Uint8Array {
  const key = importPublicKey(spki)
  if (key.kind !== 'ec') throw new FormatError('KEY_MALFORMED', 'a chip-authentication key is not on a curve')
  return encodeEcSpki(key.curve, key.point, 'explicit')
}

/** How DG14 and DG15 announce these keys. Throws FormatError KEY_MALFORMED and what `importPublicKey` throws for keys
 * that a chip told and that are none. */
export function chipKeyOptions({
  activeAuthentication,
  chipAuthentication,
}: ChipPublicKeys): Pick<LdsOptions, 'activeAuthentication' | 'chipAuthentication'> {
  if (importPublicKey(chipAuthentication).kind !== 'ec') {
    throw new FormatError('KEY_MALFORMED', 'a chip-authentication key is not on a curve')
  }
  return {
    chipAuthentication: [{ cipher: 'AES-128', spki: chipAuthentication }],
    ...(activeAuthentication && {
      activeAuthentication: {
        spki: activeAuthentication,
        ...(importPublicKey(activeAuthentication).kind === 'ec' && { hash: AA_HASH }),
      },
    }),
  }
}

/** The scalar of an EC key in PKCS #8, big-endian, as a chip takes it. Throws FormatError KEY_MALFORMED. */
export function ecPrivateScalar(pkcs8: Uint8Array): Uint8Array {
  const options = { code: 'KEY_MALFORMED' } as const
  // PrivateKeyInfo (RFC 5208): version, algorithm, OCTET STRING with ECPrivateKey (RFC 5915): version, scalar.
  const wrapped = derChildren(parseDer(pkcs8, options), options)[2]
  if (wrapped?.tag !== DER.octetString) throw new FormatError('KEY_MALFORMED', 'a key is no PKCS #8')
  const scalar = derChildren(parseDer(wrapped.value, options), options)[1]
  if (scalar?.tag !== DER.octetString) throw new FormatError('KEY_MALFORMED', 'a key is no EC key')
  return scalar.value
}
