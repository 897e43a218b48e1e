// What the tests of evidence bundles share: an honest reading of a test document as a desk would hand it on.

import type { ChipEvidence } from '@cccd/card-core'
import { honestReading, type TestDocument } from '@cccd/fixtures'
import { parseCardQr } from '@cccd/mrz'
import { type CryptoKey, exportJWK, generateKeyPair } from 'jose'
import type { BundleContents } from '../evidence-bundle.ts'
import { type BundleSigner, bundleSigner, type JWK } from '../node/evidence-bundle/keys.ts'
import { POLICIES } from '../policy.ts'
import { verifyDocument } from '../verify-document.ts'
import { anchorsOf } from './judge.ts'

export const OWN_CHALLENGE: Uint8Array = Uint8Array.of(0xb4, 1, 2, 3, 4, 5, 6, 0x4b)
export const NONCE = 'n-0123456789abcdef'
export const ORIGIN = 'https://bank.example'

/** The contents of a bundle made by an honest desk, judged by `kyc`. With `challenge` the relying party chose it. */
export function honestContents(
  made: TestDocument,
  changes: Partial<BundleContents> & { readonly challenge?: Uint8Array } = {},
): BundleContents {
  const { challenge, ...rest } = changes
  const reading = honestReading(made, challenge)
  const aa = reading.evidence.activeAuthentication
  const evidence: ChipEvidence = {
    ...reading.evidence,
    ...(aa && challenge ? { activeAuthentication: { ...aa, source: 'relying-party' } } : {}),
    reader: 'Virtual PCD 00 00',
    atr: Uint8Array.of(0x3b, 0x80, 0x80, 0x01, 0x01),
  }
  const report = verifyDocument({
    files: reading.files,
    evidence,
    printed: { qr: parseCardQr(made.qr) },
    anchors: anchorsOf(made),
    policy: POLICIES.kyc,
    at: made.at,
  })
  return {
    files: reading.files,
    evidence,
    report,
    printed: { qr: made.qr },
    trustStore: report.trustAnchors,
    policy: report.policy,
    time: made.at.toISOString(),
    requestId: 'f0a7c1d2-0000-4000-8000-000000000001',
    binding: { origin: ORIGIN, nonce: NONCE, audience: 'https://api.bank.example' },
    reader: 'Virtual PCD 00 00',
    ...rest,
  }
}

/** A fresh key; `privateKey` is for tests that sign what no desk would. */
export async function newSigner(
  alg: 'ES256' | 'EdDSA' = 'ES256',
): Promise<BundleSigner & { readonly privateKey: CryptoKey }> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await bundleSigner(await exportJWK(privateKey))), privateKey }
}

export async function newRecipient(
  alg: 'ECDH-ES+A256KW' | 'RSA-OAEP-256',
  crv?: string,
): Promise<{ readonly publicKey: JWK; readonly privateKey: JWK }> {
  const pair = await generateKeyPair(alg, { extractable: true, ...(crv === undefined ? {} : { crv }) })
  return { publicKey: await exportJWK(pair.publicKey), privateKey: await exportJWK(pair.privateKey) }
}
