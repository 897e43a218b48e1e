import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FileName, fromHex, type HashName, parseDg2 } from '@cccd/card-core'
import type { ReadResult } from '@cccd/card-reader'
import { type ChipAuthenticationKey, type ChipDocument, flipBit } from '@cccd/card-simulator'
import { readDocumentFolder } from '@cccd/card-simulator/document-folder'
import { holders, signingKey, type TestDocument, testDocument } from '@cccd/fixtures'
import { parseCardQr, parseMrz } from '@cccd/mrz'
import { findCheck, POLICIES, trustAnchors, type VerificationReport, verifyDocument } from '@cccd/verifier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentDifferences, tell } from './content.ts'
import { Desk, deskMissing } from './desk.ts'
import { differences, verdictOfJmrtd, verdictOfOurs } from './verdict.ts'

/** What JMRTD and BouncyCastle are asked to make. */
interface Wish {
  readonly name: string
  readonly csca: string
  readonly cscaAlgorithm: string
  readonly signer: string
  readonly signerAlgorithm: string
  readonly digest: string
  readonly aa: string
  readonly ca?: keyof typeof CHIP_AUTHENTICATION
}

/** Cipher and protocol of chip authentication, by the curve of its key. */
const CHIP_AUTHENTICATION = {
  secp256r1: { cipher: '3DES', oid: '0.4.0.127.0.7.2.2.3.2.1', keyLength: 32 },
  brainpoolP384r1: { cipher: 'AES-256', oid: '0.4.0.127.0.7.2.2.3.2.4', keyLength: 48 },
} as const

const P256: Wish = {
  name: 'P-256, AA with RSA, CA with 3DES',
  csca: 'secp256r1',
  cscaAlgorithm: 'SHA256withECDSA',
  signer: 'secp256r1',
  signerAlgorithm: 'SHA256withECDSA',
  digest: 'SHA-256',
  aa: 'rsa2048',
  ca: 'secp256r1',
}
const P384: Wish = {
  name: 'P-384 under P-521, AA with ECDSA, CA with AES-256',
  csca: 'secp521r1',
  cscaAlgorithm: 'SHA512withECDSA',
  signer: 'secp384r1',
  signerAlgorithm: 'SHA384withECDSA',
  digest: 'SHA-384',
  aa: 'secp256r1',
  ca: 'brainpoolP384r1',
}
const WISHES: readonly Wish[] = [
  P256,
  P384,
  {
    name: 'brainpoolP384r1 under brainpoolP512r1, AA with ECDSA',
    csca: 'brainpoolP512r1',
    cscaAlgorithm: 'SHA512withECDSA',
    signer: 'brainpoolP384r1',
    signerAlgorithm: 'SHA384withECDSA',
    digest: 'SHA-512',
    aa: 'brainpoolP256r1',
  },
  {
    name: 'RSA PKCS#1 of 2048 bits, AA with RSA',
    csca: 'rsa3072',
    cscaAlgorithm: 'SHA256withRSA',
    signer: 'rsa2048',
    signerAlgorithm: 'SHA256withRSA',
    digest: 'SHA-256',
    aa: 'rsa1024',
  },
  {
    name: 'RSA-PSS of 2048 bits, AA with RSA',
    csca: 'rsa3072',
    cscaAlgorithm: 'SHA256withRSAandMGF1',
    signer: 'rsa2048',
    signerAlgorithm: 'RSASSA-PSS',
    digest: 'SHA-224',
    aa: 'rsa1024',
  },
]

const HOLDER = holders.woman
const AA_HASH: HashName = 'sha256'

function chipAuthenticationKey(curve: keyof typeof CHIP_AUTHENTICATION, folder: string): ChipAuthenticationKey {
  const { cipher, keyLength } = CHIP_AUTHENTICATION[curve]
  const hex = readFileSync(join(folder, 'ca.key'), 'utf8')
  return { curve, cipher, keyId: 2n, privateKey: fromHex(hex.padStart(2 * keyLength, '0')) }
}

interface Generated {
  readonly document: ChipDocument
  readonly csca: Uint8Array
}

const missing = deskMissing()

describe.skipIf(missing !== undefined)(`documents that JMRTD makes${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let desk: Desk
  let ours: TestDocument
  beforeAll(async () => {
    desk = await Desk.open()
    ours = await testDocument({ holder: HOLDER })
  })
  afterAll(async () => {
    await desk?.close()
  })

  async function generate({ name, ...wish }: Wish): Promise<Generated> {
    const folder = join(desk.folder, name.replace(/\W/g, '-'))
    const files = ours.document.files
    const [portrait, dg13] = [join(desk.folder, 'portrait.jpg'), join(desk.folder, 'dg13')]
    writeFileSync(portrait, HOLDER.portrait ?? new Uint8Array())
    writeFileSync(dg13, files['EF.DG13'] ?? new Uint8Array())
    const mrz = parseMrz(ours.mrzLines)
    const answer = await desk.ask({
      do: 'generate',
      folder,
      ...wish,
      ...(wish.ca ? { caProtocol: CHIP_AUTHENTICATION[wish.ca].oid } : {}),
      portrait,
      width: 360,
      height: 480,
      dg13,
      mrz: { ...mrz, secondaryIdentifier: mrz.secondaryIdentifier.replaceAll(' ', '<') },
      from: Date.parse('2021-01-01'),
      to: Date.parse('2034-01-01'),
    })
    expect(answer).toMatchObject({ ok: true })
    const { can, bacKey } = ours.document.secrets
    const pkcs8 = Uint8Array.from(readFileSync(join(folder, 'aa.p8')))
    const secrets = {
      ...(can ? { can } : {}),
      ...(bacKey ? { bacKey } : {}),
      activeAuthentication: { pkcs8, hash: AA_HASH },
      chipAuthentication: wish.ca ? [chipAuthenticationKey(wish.ca, folder)] : [],
    }
    const document = { files: (await readDocumentFolder(folder)).files, secrets }
    return { document, csca: Uint8Array.from(readFileSync(join(folder, 'csca.cer'))) }
  }

  function judge(read: ReadResult, csca: Uint8Array): VerificationReport {
    const { anchors } = trustAnchors({ certificates: [csca] })
    const { files, evidence } = read
    const printed = { qr: parseCardQr(ours.qr), mrz: parseMrz(ours.mrzLines) }
    return verifyDocument({ files, evidence, printed, anchors, policy: POLICIES.hospital, at: ours.at })
  }

  test.each(WISHES.map((wish, i) => [wish.name, i % 2 ? ('PACE-MRZ' as const) : ('BAC' as const), wish] as const))(
    'are read and found right: %s, over %s',
    async (_, access, wish) => {
      const { document, csca } = await generate(wish)
      const { jmrtd, ours: read } = await desk.readBoth({ document, csca, access })
      if (read instanceof Error) throw read
      expect(jmrtd).toMatchObject({ ok: true, refused: {} })
      expect(contentDifferences(jmrtd.told, tell(read.files))).toEqual([])
      const report = judge(read, csca)
      expect(differences(verdictOfJmrtd(jmrtd), verdictOfOurs(read, report))).toEqual({})
      expect(report).toMatchObject({ because: [], colour: 'green' })
      const [face] = parseDg2(read.files['EF.DG2'] ?? new Uint8Array()).faces
      expect(face?.image).toEqual(HOLDER.portrait)
    },
  )

  test('have the very MRZ, EF.COM and EF.DG15 that ours have', async () => {
    const { document } = await generate({ ...P256, aa: 'rsa1024' })
    for (const file of ['EF.DG1', 'EF.COM'] as const) expect(document.files[file]).toEqual(ours.document.files[file])
    expect(document.files['EF.DG15']).toHaveLength(ours.document.files['EF.DG15']?.length ?? 0)
  })

  test.each(['EF.DG1', 'EF.DG2', 'EF.DG13', 'EF.DG14', 'EF.DG15', 'EF.SOD'] as const)(
    'are red with the last bit of %s turned over, and the report names the file',
    async (file: FileName) => {
      const { document, csca } = await generate(P384)
      const bits = 8 * (document.files[file]?.length ?? 0)
      const read = await desk.readByUs({ document: flipBit(document, file, bits - 1), csca, access: 'BAC' })
      if (read instanceof Error) throw read
      const report = judge(read, csca)
      expect(report.colour).toBe('red')
      expect(report.because.map(one => one.file)).toContain(file)
    },
  )

  test('are red when the CSCA is another of the same name', async () => {
    const [one, other] = [await generate(P256), await generate(P384)]
    const read = await desk.readByUs({ document: one.document, csca: other.csca, access: 'BAC' })
    if (read instanceof Error) throw read
    const report = judge(read, other.csca)
    expect(report.colour).toBe('red')
    expect(findCheck(report.checks, 'issuer.documentSignerSignature').reason).toBe('ISSUER_NAME_IMITATED')
  })

  test('are red on a chip that has another key for active authentication', async () => {
    const { document, csca } = await generate(P384)
    const { pkcs8 } = signingKey('active-authentication', 'secp256r1')
    const secrets = { ...document.secrets, activeAuthentication: { pkcs8, hash: AA_HASH } }
    const read = await desk.readByUs({ document: { ...document, secrets }, csca, access: 'BAC' })
    if (read instanceof Error) throw read
    const report = judge(read, csca)
    expect(report.colour).toBe('red')
    expect(findCheck(report.checks, 'chipAuthenticity.activeAuthentication').reason).toBe('AA_SIGNATURE_WRONG')
  })
})
