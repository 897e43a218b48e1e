import {
  buildSecurityInfos,
  type CurveName,
  concat,
  ecPublicKey,
  encodeEcSpki,
  fromHex,
  generateEcKeyPair,
  generateKey,
  type LdsFiles,
  type SecurityInfo,
  type SessionCipher,
  tlv,
  utf8,
} from '@cccd/card-core'
import type { BacKey } from '@cccd/mrz'
import { buildAtrInfo, type Chip, type ChipAuthenticationKey, type ChipOptions, createChip } from '../index.ts'
import { PACE_OIDS, seeded, Terminal } from './terminal.ts'

// The chip that the conformance cases run against: every file, every key, all standard PACE curves.

export const BAC_KEY: BacKey = { documentNumber: '000000001', dateOfBirth: '000101', dateOfExpiry: '250101' }
export const CAN = '000001'
export const CIPHERS: readonly SessionCipher[] = ['3DES', 'AES-128', 'AES-192', 'AES-256']
/** 9303-11 Table 6, the elliptic curves. */
export const PARAMETER_IDS: readonly number[] = [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]

const bytes = seeded('card under test')
const keyOn = (curve: CurveName): Uint8Array => generateEcKeyPair(curve, bytes).privateKey

export const CA_KEYS: readonly ChipAuthenticationKey[] = [
  { keyId: 1n, curve: 'secp256r1', privateKey: keyOn('secp256r1'), cipher: '3DES' },
  { keyId: 2n, curve: 'secp256r1', privateKey: keyOn('secp256r1'), cipher: 'AES-128' },
  { keyId: 3n, curve: 'brainpoolP384r1', privateKey: keyOn('brainpoolP384r1'), cipher: 'AES-256' },
]

export const AA_EC: { pkcs8: Uint8Array; spki: Uint8Array } = generateKey({ kind: 'ec', curve: 'brainpoolP256r1' })
export const AA_RSA: { pkcs8: Uint8Array; spki: Uint8Array } = generateKey({ kind: 'rsa', bits: 1024 })

const pace: SecurityInfo[] = CIPHERS.flatMap(cipher =>
  PARAMETER_IDS.map(
    (parameterId): SecurityInfo => ({
      kind: 'pace',
      oid: PACE_OIDS[cipher],
      cipher,
      agreement: 'ECDH',
      mapping: 'GM',
      version: 2,
      parameterId,
    }),
  ),
)
const caKeys: SecurityInfo[] = CA_KEYS.map(key => ({
  kind: 'chipAuthenticationPublicKey',
  oid: '0.4.0.127.0.7.2.2.1.2',
  agreement: 'ECDH',
  spki: encodeEcSpki(key.curve, ecPublicKey(key.curve, key.privateKey), 'named'),
  ...(key.keyId === undefined ? {} : { keyId: key.keyId }),
}))

export const LARGE_FILE_LENGTH = 40_000
const CVCA = concat(tlv(0x42, utf8('ZZTESTCVCA00001')), new Uint8Array(19))

export const FILES_UNDER_TEST: LdsFiles = {
  'EF.CardAccess': buildSecurityInfos(pace),
  'EF.CardSecurity': tlv(0x30, utf8('no content that a case looks at')),
  'EF.ATR/INFO': buildAtrInfo({ maxCommand: 0xffff, maxResponse: 0xffff }),
  'EF.COM': fromHex('601A5F0104303130375F36063034303030305C067561636E6F76'),
  'EF.SOD': tlv(0x77, seeded('sod')(1500)),
  'EF.CVCA': CVCA,
  'EF.DG1': tlv(0x61, tlv(0x5f1f, utf8('IDVNM0000000010000000000000<<0'))),
  'EF.DG2': tlv(0x75, seeded('dg2')(LARGE_FILE_LENGTH - 4)),
  'EF.DG3': tlv(0x63, seeded('dg3')(300)),
  'EF.DG4': tlv(0x76, seeded('dg4')(300)),
  'EF.DG14': tlv(0x6e, buildSecurityInfos(caKeys)),
  'EF.DG15': tlv(0x6f, AA_EC.spki),
}

/** A chip of its own for each case, so that none stands on another. */
export function chipUnderTest(options: Partial<ChipOptions> & { readonly rsa?: boolean } = {}): Chip {
  const { rsa, ...rest } = options
  return createChip(
    {
      files: { ...FILES_UNDER_TEST, ...(rsa ? { 'EF.DG15': tlv(0x6f, AA_RSA.spki) } : {}) },
      secrets: {
        can: CAN,
        bacKey: BAC_KEY,
        chipAuthentication: CA_KEYS,
        activeAuthentication: { pkcs8: rsa ? AA_RSA.pkcs8 : AA_EC.pkcs8, hash: 'sha256' },
      },
    },
    { access: ['PACE', 'BAC'], random: seeded('chip'), selectMf: 'ok', ...rest },
  )
}

export function terminal(options: Partial<ChipOptions> & { readonly rsa?: boolean } = {}): Terminal {
  return new Terminal(chipUnderTest(options))
}

/** Opened by BAC (3DES) or by PACE with the CAN (AES-128), the application selected. */
export function opened(by: 'BAC' | 'PACE', options: Partial<ChipOptions> & { readonly rsa?: boolean } = {}): Terminal {
  const t = terminal(options)
  if (by === 'BAC') t.bac(BAC_KEY)
  else {
    t.pace({ cipher: 'AES-128', parameterId: 13, secret: utf8(CAN), password: 2 })
    t.sm({ header: [0x0c, 0xa4, 0x04, 0x0c], objects: [t.do87(fromHex('A0000002471001'))] })
  }
  return t
}
