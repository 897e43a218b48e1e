import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CardToolkitError,
  generateKey,
  type LdsFiles,
  parseSod,
  type Signer,
  softwareSigner,
  toHex,
} from '@cccd/card-core'
import { passiveAuthentication, trustAnchors } from '@cccd/verifier'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildLds, type SodOutcome } from '../../index.ts'
import { openToken } from '../pkcs11/index.ts'
import { softHsmMissing, startSoftHsm } from '../testing/soft-hsm.ts'
import { type ServerMood, type StandInSignServer, startSignServer } from '../testing/stand-in-sign-server.ts'
import { LINE_NOW, type TestLine, testLine } from '../testing/test-line.ts'
import { type OpenPool, openPool } from './open-pool.ts'
import { signServerMaker } from './sign-server.ts'

let folder: string
let line: TestLine
const open: OpenPool[] = []
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-pool-'))
  line = await testLine(folder)
})
afterEach(async () => {
  for (const pool of open.splice(0)) await pool.close()
  rmSync(folder, { recursive: true, force: true })
})

const opened = async (signers: readonly object[], more?: object): Promise<OpenPool> => {
  const pool = await openPool(line.pool(signers, more), { now: () => LINE_NOW })
  open.push(pool)
  return pool
}
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: CardToolkitError) => error.code,
  )
let next = 0
const document = (ldsVersion: '1.7' | '1.8' = '1.7'): { number: string; files: LdsFiles } => {
  const number = `999190${String(next++).padStart(6, '0')}`
  const files = buildLds(
    {
      personalNumber: number,
      fullName: 'TRẦN THỊ THỬ',
      dateOfBirth: '15/08/1990',
      sex: 'female',
      nationality: 'Việt Nam',
      ethnicity: 'Kinh',
      religion: 'Không',
      placeOfOrigin: 'Xã Mẫu',
      placeOfResidence: 'Xã Mẫu',
      identifyingFeatures: 'Không',
      dateOfIssue: '01/09/2025',
      dateOfExpiry: '15/08/2030',
    },
    { ldsVersion },
  )
  return { number, files }
}
const holds = (files: LdsFiles, outcome: SodOutcome | undefined): boolean => {
  if (outcome?.kind !== 'signed') return false
  const { anchors } = trustAnchors({ certificates: [line.csca] })
  return passiveAuthentication({ files: { ...files, 'EF.SOD': outcome.sod }, anchors }).successful === true
}
const signer = (): Signer =>
  softwareSigner({
    pkcs8: generateKey({ kind: 'ec', curve: 'secp256r1' }).pkcs8,
    algorithm: { kind: 'ecdsa', hash: 'sha256' },
  })

test('keys in files, on several curves and with several hashes, sign what verifies', async () => {
  const pool = await opened([await line.fileKey('a'), await line.fileKey('b', 'brainpoolP384r1', 'sha384')], {
    signingTime: true,
  })
  const documents = [document(), document()]
  const outcomes = [
    ...(await pool.service.sign(documents.slice(0, 1))),
    ...(await pool.service.sign(documents.slice(1))),
  ]
  expect(documents.map(({ files }, n) => holds(files, outcomes[n]))).toEqual([true, true])
  const sods = outcomes.map(one => parseSod(one.kind === 'signed' ? one.sod : new Uint8Array()))
  expect(sods.map(({ ldsSecurityObject }) => ldsSecurityObject.hash)).toEqual(['sha256', 'sha384'])
  expect(sods[0]?.signedData.signerInfos[0]?.signedAttributes?.signingTime).toBe(LINE_NOW.getTime())
})

test('a certificate may be PEM', async () => {
  const key = await line.fileKey('a')
  const der = readFileSync(join(folder, 'a.cer'))
  const text = der.toString('base64').replace(/.{64}/g, '$&\n')
  writeFileSync(join(folder, 'a.cer'), `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`)
  expect((await opened([key])).service.state().length).toBe(1)
})

test('a key of another certificate, a stranger’s certificate and broken files are refused at the opening', async () => {
  const [a, b] = [await line.fileKey('a'), await line.fileKey('b')]
  expect(await refusal(opened([{ ...a, key: b.key }]))).toBe('CERTIFICATE_REFUSED')
  const elsewhere = mkdtempSync(join(tmpdir(), 'cccd-pool-other-'))
  try {
    const other = await testLine(elsewhere)
    await other.fileKey('x')
    for (const name of ['x.cer', 'x.pem']) writeFileSync(join(folder, name), readFileSync(join(elsewhere, name)))
    const stranger = { ...a, certificate: 'x.cer', key: { file: 'x.pem' } }
    expect(await refusal(opened([stranger]))).toBe('CERTIFICATE_REFUSED')
  } finally {
    rmSync(elsewhere, { recursive: true, force: true })
  }
  expect(await refusal(opened([{ ...a, certificate: 'a.pem' }]))).toBe('CERTIFICATE_MALFORMED')
  expect(await refusal(opened([{ ...a, certificate: 'absent.cer' }]))).toBe('ENOENT')
  expect(await refusal(opened([{ ...a, limit: -1 }]))).toBe('SIGNER_POOL_MALFORMED')
  const path = line.pool([a])
  writeFileSync(path, '{')
  const refused = { code: 'SIGNER_POOL_MALFORMED', facts: { file: path } }
  await expect(openPool(path, { now: () => LINE_NOW })).rejects.toMatchObject(refused)
})

const missing = softHsmMissing()
test.skipIf(missing)(
  `a key in a token signs by configuration alone${missing && ` (skipped: ${missing})`}`,
  async () => {
    const hsm = startSoftHsm()
    try {
      const { library, tokenLabel, pin } = hsm
      const token = await openToken({ library, tokenLabel, pin: () => pin })
      const spki = await token.generate({ label: 'ds-1', id: Uint8Array.of(0x0a) }, 'secp256r1')
      await token.close()
      writeFileSync(join(folder, 'pin.txt'), `${pin}\n`)
      const pkcs11 = { library, token: tokenLabel, label: 'ds-1', id: '0a', pinFile: 'pin.txt' }
      const config = { certificate: await line.certify('hsm', spki), key: { pkcs11 }, limit: 5 }
      const pool = await opened([config])
      const one = document()
      expect(holds(one.files, (await pool.service.sign([one]))[0])).toBe(true)
      // Closed before the token goes, which a module that was unloaded would not survive.
      for (const held of open.splice(0)) await held.close()
      writeFileSync(join(folder, 'pin.txt'), '0000\n')
      expect(await refusal(opened([config]))).toBe('SIGNER_PIN_WRONG')
      writeFileSync(join(folder, 'pin.txt'), pin)
      expect(await refusal(opened([{ ...config, key: { pkcs11: { ...pkcs11, label: 'x' } } }]))).toBe(
        'SIGNER_KEY_MISSING',
      )
    } finally {
      hsm.remove()
    }
  },
)

describe('a signing server', () => {
  let server: StandInSignServer
  let fromServer: object
  beforeEach(async () => {
    const own = signer()
    const certificate = await line.certify('server', own.publicKey)
    const bytes = Uint8Array.from(readFileSync(join(folder, certificate)))
    server = await startSignServer({ worker: 'SOD', certificate: bytes, signer: own, otherSigner: signer() })
    fromServer = { certificate, key: { signServer: { url: server.url, worker: 'SOD' } }, limit: 100 }
  })
  afterEach(() => server.close())

  test.each(['1.7', '1.8'] as const)('makes an EF.SOD of LDS %s that verifies', async version => {
    const pool = await opened([fromServer])
    const one = document(version)
    const [outcome] = await pool.service.sign([one])
    expect(holds(one.files, outcome)).toBe(true)
    const sod = outcome?.kind === 'signed' ? outcome.sod : new Uint8Array()
    expect(parseSod(sod).ldsSecurityObject.version).toBe(version === '1.7' ? 0 : 1)
    expect(pool.service.state()[0]?.used).toBe(1)
  })

  test.each<[ServerMood]>([[{ status: 500 }], [{ status: 503 }], [{ status: 404 }], ['hangs-up'], ['redirects']])(
    'that is out of order (%j) leaves its batch to another key, and comes back later',
    async mood => {
      const pool = await opened([fromServer, await line.fileKey('a')])
      const [atServer, inFile] = pool.service.state().map(({ keyId }) => keyId)
      server.mood = mood
      const one = document()
      expect((await pool.service.sign([one]))[0]).toMatchObject({ kind: 'signed', keyId: inFile })
      server.mood = 'well'
      const by = [await pool.service.sign([document()]), await pool.service.sign([document()])].flat()
      expect(by.map(outcome => outcome.kind === 'signed' && outcome.keyId)).toContain(atServer)
      expect(pool.service.state().map(({ retired }) => retired)).toEqual([undefined, undefined])
    },
  )

  test.each<[ServerMood]>([['nonsense'], ['endless'], ['other-hashes'], ['other-key']])(
    'that answers wrongly (%s) is taken out, and nothing that it made is released',
    async mood => {
      const pool = await opened([fromServer, await line.fileKey('a')])
      server.mood = mood
      const one = document()
      const [outcome] = await pool.service.sign([one])
      expect(holds(one.files, outcome)).toBe(true)
      expect(pool.service.state().map(({ retired }) => retired)).toEqual(['SIGNER_FAILED', undefined])
      const requests = server.requests
      await pool.service.sign([document(), document()])
      expect(server.requests).toBe(requests)
    },
  )

  test('that says nothing is given up after a time', async () => {
    server.mood = 'silent'
    const certificate = Uint8Array.from(readFileSync(join(folder, 'server.cer')))
    const maker = signServerMaker({ url: server.url, worker: 'SOD', certificate, hash: 'sha256', patience: 200 })
    const request = { hashes: new Map([[1, new Uint8Array(32)]]), ldsVersion: '0107', unicodeVersion: '040000' }
    expect(await refusal(maker.makeSod(request))).toBe('SIGNER_TOKEN_GONE')
    server.mood = 'well'
    expect(toHex(await maker.makeSod(request)).startsWith('77')).toBe(true)
  })
})
