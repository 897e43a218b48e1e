import { holders, type TestDocumentOptions } from '@cccd/fixtures'
import type { Access } from './desk.ts'

/** A document that has to be green, and the way in. */
export interface GoodDocument {
  readonly name: string
  readonly access: Access
  readonly options: TestDocumentOptions
}

/** Good documents that together use every access, agreement, signature and coding that the field has. */
export const GOOD_DOCUMENTS: readonly GoodDocument[] = [
  {
    name: "as Vietnam's passports are signed; AA with RSA, CA with AES-128",
    access: 'PACE-CAN',
    options: {},
  },
  {
    name: 'without PACE; AA with ECDSA, CA with 3DES and a key identifier',
    access: 'BAC',
    options: { holder: holders.man, access: ['BAC'], aa: 'ecdsa', ca: { cipher: '3DES', keyId: 5n } },
  },
  {
    name: 'PACE on secp384r1 with AES-256; AA with ECDSA and SHA-384, CA with AES-256 and a key identifier',
    access: 'PACE-MRZ',
    options: {
      holder: holders.student,
      paceParameterId: 15,
      paceCipher: 'AES-256',
      aa: 'ecdsa',
      aaCurve: 'brainpoolP384r1',
      aaHash: 'sha384',
      ca: { curve: 'brainpoolP384r1', cipher: 'AES-256', keyId: 1n },
    },
  },
  {
    name: 'PACE on brainpoolP512r1 with AES-192; a portrait in JPEG 2000, a card that never expires',
    access: 'PACE-CAN',
    options: {
      holder: holders.fiftyEight,
      paceParameterId: 17,
      paceCipher: 'AES-192',
      aaBits: 1280,
      ca: { curve: 'secp256r1', cipher: 'AES-192', form: 'named' },
    },
  },
  {
    name: 'PACE on secp521r1 with AES-256; LDS 1.8, named curves, signer named by its key identifier',
    access: 'PACE-MRZ',
    options: {
      holder: holders.graduate,
      paceParameterId: 18,
      paceCipher: 'AES-256',
      ldsVersion: '1.8',
      sid: 'subjectKeyIdentifier',
      csca: { kind: 'ecdsa', curve: 'secp384r1', hash: 'sha384', form: 'named' },
      ds: { kind: 'ecdsa', curve: 'secp256r1', hash: 'sha256', form: 'named' },
      ca: { form: 'named' },
    },
  },
  {
    name: 'of a child without portrait; RSA-PSS throughout, nothing against copying',
    access: 'PACE-CAN',
    options: {
      holder: holders.toddler,
      aa: 'none',
      ca: 'none',
      csca: { kind: 'rsa-pss', bits: 3072, hash: 'sha256' },
      ds: { kind: 'rsa-pss', bits: 2048, hash: 'sha256' },
    },
  },
  {
    name: 'RSA PKCS#1 under a CSCA of 4096 bits, groups hashed by SHA-512, a name cut short in the MRZ',
    access: 'BAC',
    options: {
      holder: holders.longName,
      access: ['BAC'],
      csca: { kind: 'rsa-pkcs1', bits: 4096, hash: 'sha512' },
      ds: { kind: 'rsa-pkcs1', bits: 2048, hash: 'sha256' },
      digest: 'sha512',
    },
  },
  {
    name: 'P-521 with SHA-512 and explicit parameters; year of birth alone, PACE with 3DES',
    access: 'PACE-MRZ',
    options: {
      holder: holders.senior,
      paceParameterId: 16,
      paceCipher: '3DES',
      csca: { kind: 'ecdsa', curve: 'secp521r1', hash: 'sha512' },
      ds: { kind: 'ecdsa', curve: 'secp521r1', hash: 'sha512' },
      aa: 'ecdsa',
      aaCurve: 'secp256r1',
    },
  },
  {
    name: 'P-224 with SHA-224; a portrait beyond 32 KiB, and fingerprints that stay closed',
    access: 'PACE-CAN',
    options: {
      holder: holders.pupil,
      dg2Size: 40_000,
      fingerprints: true,
      ds: { kind: 'ecdsa', curve: 'secp224r1', hash: 'sha224' },
      ca: { cipher: 'AES-256' },
    },
  },
  {
    name: 'AA with RSA of 2048 bits, whose answer does not fit in a short response',
    access: 'PACE-CAN',
    options: { holder: holders.teenager, aaBits: 2048, ca: { cipher: '3DES' } },
  },
]
