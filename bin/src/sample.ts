import {
  type CurveName,
  encodeEcSpki,
  generateEcKeyPair,
  generateKey,
  type HashName,
  importPublicKey,
  type LdsFiles,
  type Randomness,
  type Signer,
  softwareSigner,
} from '@cccd/card-core'
import type { ChipDocument } from '@cccd/card-simulator'
import { canFromPersonalNumber } from '@cccd/mrz'
import {
  buildLds,
  cardQrText,
  createCrl,
  createCsca,
  createDocumentSigner,
  type Holder,
  holderBacKey,
  signLds,
} from '@cccd/personalization'
import { SAMPLE_HOLDER } from './sample-holder.ts'
import { samplePortrait } from './sample-portrait.ts'

export { SAMPLE_HOLDER } from './sample-holder.ts'

/** An invented card with its test authority, as the demo and `cccd simulate` use it. */
export interface SampleCard {
  readonly holder: Holder
  readonly qr: string
  readonly document: ChipDocument
  readonly csca: Uint8Array
  /** An empty revocation list of the test CSCA, fresh for thirty days. */
  readonly crl: Uint8Array
}

const YEAR = 365.25 * 24 * 3600 * 1000

/** An EC key whose public half stands with explicit parameters, as in the certificates of Vietnam's passports. */
function explicitSigner(curve: CurveName, hash: HashName): Signer {
  const { pkcs8, spki } = generateKey({ kind: 'ec', curve })
  const key = importPublicKey(spki)
  if (key.kind !== 'ec') throw new RangeError('an EC key was asked for')
  return softwareSigner({ pkcs8, algorithm: { kind: 'ecdsa', hash }, spki: encodeEcSpki(curve, key.point, 'explicit') })
}

/** The keys and certificates of an invented authority. */
export interface SampleAuthority {
  readonly csca: Uint8Array
  readonly cscaSigner: Signer
  /** An empty revocation list, fresh for thirty days. */
  readonly crl: Uint8Array
  readonly documentSigner: { readonly certificate: Uint8Array; readonly signer: Signer }
  /** When it signs documents: two years ago. */
  readonly signingTime: Date
}

/** Makes a test authority: CSCA brainpoolP512r1, document signer brainpoolP384r1, both with explicit parameters. */
export async function makeSampleAuthority(given: {
  readonly now: Date
  readonly random: Randomness
  /** Since when its certificates are valid; three and two and a half years ago when absent. */
  readonly since?: Date
}): Promise<SampleAuthority> {
  const { now, random, since } = given
  const ago = (years: number): Date => new Date(now.getTime() - years * YEAR)
  const ahead = (years: number): Date => new Date(now.getTime() + years * YEAR)
  const cscaSigner = explicitSigner('brainpoolP512r1', 'sha512')
  const csca = await createCsca({
    signer: cscaSigner,
    serialNumber: random(8),
    validity: { notBefore: since ?? ago(3), notAfter: ahead(12) },
  })
  const signer = explicitSigner('brainpoolP384r1', 'sha384')
  const certificate = await createDocumentSigner({
    csca: { certificate: csca, signer: cscaSigner },
    spki: signer.publicKey,
    serialNumber: random(8),
    validity: { notBefore: since ?? ago(2.5), notAfter: ahead(11) },
  })
  const crl = await createCrl({
    csca: { certificate: csca, signer: cscaSigner },
    number: 1,
    thisUpdate: new Date(now.getTime() - 1000),
    nextUpdate: new Date(now.getTime() + 30 * 24 * 3600 * 1000),
    revoked: [],
  })
  return { csca, cscaSigner, crl, documentSigner: { certificate, signer }, signingTime: ago(2) }
}

/** Signs an invented holder's files and puts them with fresh chip keys into a document for the simulator. */
export async function makeSampleDocument(
  authority: SampleAuthority,
  holder: Holder,
  random: Randomness,
): Promise<ChipDocument> {
  const { documentSigner, signingTime } = authority
  const chipKey = generateEcKeyPair('brainpoolP256r1', random)
  const activeKey = generateKey({ kind: 'rsa', bits: 2048 })
  const unsigned = buildLds(holder, {
    chipAuthentication: [{ cipher: 'AES-128', spki: encodeEcSpki('brainpoolP256r1', chipKey.publicKey, 'explicit') }],
    activeAuthentication: { spki: activeKey.spki },
  })
  const sod = await signLds(unsigned, { ...documentSigner, digest: 'sha384' }, { signingTime })
  const files: LdsFiles = { ...unsigned, 'EF.SOD': sod }
  return {
    files,
    secrets: {
      can: canFromPersonalNumber(holder.personalNumber),
      bacKey: holderBacKey(holder),
      activeAuthentication: { pkcs8: activeKey.pkcs8, hash: 'sha256' },
      chipAuthentication: [{ curve: 'brainpoolP256r1', privateKey: chipKey.privateKey, cipher: 'AES-128' }],
    },
  }
}

/** Makes a test authority and the invented holder's card. */
export async function makeSampleCard(given: { readonly now: Date; readonly random: Randomness }): Promise<SampleCard> {
  const authority = await makeSampleAuthority(given)
  const holder: Holder = { ...SAMPLE_HOLDER, portrait: await samplePortrait() }
  const document = await makeSampleDocument(authority, holder, given.random)
  return { holder, qr: cardQrText(holder, '2024'), csca: authority.csca, crl: authority.crl, document }
}
