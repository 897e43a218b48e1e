import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  type CardToolkitError,
  generateKey,
  type LdsFiles,
  type Signer,
  SignerError,
  softwareSigner,
} from '@cccd/card-core'
import { passiveAuthentication, trustAnchors } from '@cccd/verifier'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildLds, createCsca, createDocumentSigner, type Holder, type PoolSigner, SodService } from '../../index.ts'
import type { SignatureLedger } from '../../prepare/signature-ledger.ts'
import { openToken } from '../pkcs11/index.ts'
import { softHsmMissing, startSoftHsm } from '../testing/soft-hsm.ts'
import { openSqliteLedger } from './sqlite-ledger.ts'

const HOLDER: Holder = {
  personalNumber: '999190000001',
  fullName: 'TRẦN THỊ THỬ NGHIỆM',
  dateOfBirth: '15/08/1990',
  sex: 'female',
  nationality: 'Việt Nam',
  ethnicity: 'Kinh',
  religion: 'Không',
  placeOfOrigin: 'Xã Mẫu, Tỉnh Giả Định',
  placeOfResidence: 'Số 1, Phường Mẫu, Tỉnh Giả Định',
  identifyingFeatures: 'Không có thật',
  dateOfIssue: '01/09/2025',
  dateOfExpiry: '15/08/2030',
}
const ALGORITHM = { kind: 'ecdsa', hash: 'sha256' } as const
const P256 = (): Signer =>
  softwareSigner({ pkcs8: generateKey({ kind: 'ec', curve: 'secp256r1' }).pkcs8, algorithm: ALGORITHM })
const VALIDITY = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2037-01-01T00:00:00Z') }
const USAGE = { notBefore: new Date('2026-02-01T00:00:00Z'), notAfter: new Date('2026-05-01T00:00:00Z') }
const NOW = new Date('2026-03-01T08:00:00Z')

let folder: string
let ledger: SignatureLedger
let cscaSigner: Signer
let csca: Uint8Array
let clock: Date
let serial = 1

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-ledger-'))
  ledger = await openSqliteLedger(join(folder, 'ledger.db'))
  clock = NOW
  cscaSigner = P256()
  csca = await createCsca({ signer: cscaSigner, serialNumber: Uint8Array.of(9), validity: VALIDITY })
})
afterEach(() => {
  ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

async function poolSigner(given: { signer?: Signer; limit?: number; usage?: typeof USAGE } = {}): Promise<PoolSigner> {
  const signer = given.signer ?? P256()
  const certificate = await createDocumentSigner({
    csca: { certificate: csca, signer: cscaSigner },
    spki: signer.publicKey,
    serialNumber: Uint8Array.of(1, serial++),
    validity: VALIDITY,
    privateKeyUsage: given.usage ?? USAGE,
  })
  return { certificate, signer, digest: 'sha256', limit: given.limit ?? 100 }
}

const service = (...signers: PoolSigner[]): SodService =>
  new SodService({ signers, cscas: [csca], ledger, now: () => clock })

const files = (number: string, address = 'Số 1'): LdsFiles =>
  buildLds({ ...HOLDER, personalNumber: number, placeOfResidence: address })
const numbers = (count: number, from = 1): { number: string; files: LdsFiles }[] =>
  Array.from({ length: count }, (_, n) => {
    const number = `999190${String(n + from).padStart(6, '0')}`
    return { number, files: files(number) }
  })
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'accepted',
    (error: CardToolkitError) => error.code,
  )
const used = (pool: SodService): number[] => pool.state().map(one => one.used)

describe('a pool of document signers', () => {
  test('signs by every key in turn, and what it hands out verifies up to the CSCA', async () => {
    const pool = service(await poolSigner(), await poolSigner(), await poolSigner())
    const { anchors } = trustAnchors({ certificates: [csca] })
    for (let round = 0; round < 3; round++) {
      const batch = numbers(4, 1 + round * 4)
      for (const [n, outcome] of (await pool.sign(batch)).entries()) {
        if (outcome.kind !== 'signed') throw new Error(outcome.kind)
        const whole = { ...batch[n]?.files, 'EF.SOD': outcome.sod }
        expect(passiveAuthentication({ files: whole, anchors }).successful).toBe(true)
      }
    }
    expect(used(pool)).toEqual([4, 4, 4])
  })

  test('a key stops at its limit, the next goes on, and after the last the batch is refused whole', async () => {
    const pool = service(await poolSigner({ limit: 3 }), await poolSigner({ limit: 2 }))
    const outcomes = await pool.sign(numbers(5))
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(5).fill('signed'))
    expect(used(pool)).toEqual([3, 2])
    expect(await refusal(pool.sign(numbers(1, 6)))).toBe('SIGNER_EXHAUSTED')
    expect(used(pool)).toEqual([3, 2])
  })

  test('a limit that is raised later does not count', async () => {
    const signer = await poolSigner({ limit: 2 })
    await service(signer).sign(numbers(2))
    expect(await refusal(service({ ...signer, limit: 1000 }).sign(numbers(1, 3)))).toBe('SIGNER_EXHAUSTED')
  })

  test('a key that is not of its certificate, and one of another CSCA, release nothing', async () => {
    const good = await poolSigner()
    const wrong = { ...good, signer: P256() }
    const pool = service(wrong, await poolSigner())
    const outcomes = await pool.sign(numbers(3))
    expect(outcomes.every(({ kind }) => kind === 'signed')).toBe(true)
    expect(pool.state()[0]).toMatchObject({ retired: 'SIGNER_FAILED' })
    const stranger = await createCsca({ signer: P256(), serialNumber: Uint8Array.of(8), validity: VALIDITY })
    expect(() => new SodService({ signers: [good], cscas: [stranger], ledger, now: () => clock })).toThrow(SignerError)
  })

  test('a key that fails in the middle of a batch is taken out, and another signs the rest', async () => {
    const sound = P256()
    let signatures = 0
    const failing: Signer = {
      ...sound,
      sign: async data => {
        const signature = await sound.sign(data)
        if (++signatures > 2) signature[signature.length - 1] = (signature.at(-1) as number) ^ 1
        return signature
      },
    }
    const pool = service(await poolSigner({ signer: failing }), await poolSigner())
    const outcomes = await pool.sign(numbers(5))
    const ids = pool.state().map(({ keyId }) => keyId)
    expect(outcomes.map(one => one.kind === 'signed' && ids.indexOf(one.keyId))).toEqual([0, 0, 1, 1, 1])
    expect(pool.state()[0]).toMatchObject({ retired: 'SIGNER_FAILED' })
    // A key that was taken out stays out, also for the next process.
    const next = service(await poolSigner())
    await next.sign(numbers(1, 10))
    expect(ledger.use(ids[0] as string)?.retired).toBe('SIGNER_FAILED')
  })

  test('outside the usage period, and with a clock that went back, nothing is signed', async () => {
    const pool = service(await poolSigner())
    clock = new Date('2026-01-15T00:00:00Z')
    expect(await refusal(pool.sign(numbers(1)))).toBe('SIGNER_CLOCK')
    clock = new Date('2026-06-01T00:00:00Z')
    expect(await refusal(pool.sign(numbers(1)))).toBe('SIGNER_CLOCK')
    clock = NOW
    await pool.sign(numbers(1))
    clock = new Date(NOW.getTime() - 3_600_000)
    expect(await refusal(pool.sign(numbers(1, 2)))).toBe('SIGNER_CLOCK')
    expect(used(pool)).toEqual([1])
    // A correction of seconds is no going back.
    clock = new Date(NOW.getTime() - 5000)
    expect(await refusal(pool.sign(numbers(1, 2)))).toBe('accepted')
  })

  test('a number is signed again with the same content, with other content only when that is said', async () => {
    const pool = service(await poolSigner())
    const [one] = numbers(1) as [{ number: string; files: LdsFiles }]
    const other = { ...one, files: files(one.number, 'Số 2') }
    await pool.sign([one])
    expect((await pool.sign([one]))[0]?.kind).toBe('signed')
    const [refused] = await pool.sign([other, ...numbers(1, 2)])
    expect(refused).toMatchObject({ kind: 'refused', error: { code: 'NUMBER_SIGNED_BEFORE' } })
    expect((await pool.sign([{ ...other, reissue: true }]))[0]?.kind).toBe('signed')
    // From then on that is the content of the number.
    expect((await pool.sign([one]))[0]?.kind).toBe('refused')
    // Two of one number in a batch are noticed as well.
    const third = numbers(1, 3)[0] as typeof one
    const twice = await pool.sign([third, { ...third, files: files(third.number, 'Số 9') }])
    expect(twice.map(({ kind }) => kind)).toEqual(['signed', 'refused'])
  })

  test('the ledger file holds no number', async () => {
    const pool = service(await poolSigner())
    const batch = numbers(5)
    await pool.sign(batch)
    ledger.close()
    const bytes = readFileSync(join(folder, 'ledger.db')).toString('latin1')
    for (const { number } of batch) expect(bytes).not.toContain(number)
    ledger = await openSqliteLedger(join(folder, 'ledger.db'))
  })
})

const PROCESS = fileURLToPath(new URL('../testing/ledger-process.mjs', import.meta.url))
const allowance = (limit: number) => ({
  id: 'KEY',
  limit,
  notBefore: USAGE.notBefore.getTime(),
  notAfter: USAGE.notAfter.getTime(),
})

describe('two processes and one ledger', () => {
  test('share a counter without ever going over the limit', async () => {
    ledger.admit(allowance(300))
    const run = promisify(execFile)
    const file = join(folder, 'ledger.db')
    const got = await Promise.all(
      ['a', 'b'].map(async name => {
        const { stdout } = await run(process.execPath, [PROCESS, file, 'KEY', 'drain', name])
        return Number(stdout)
      }),
    )
    expect(got.reduce((sum, one) => sum + one, 0)).toBe(300)
    expect(ledger.use('KEY')).toEqual({ used: 300, limit: 300 })
  })

  test('a process killed between counter and signature leaves the count and the number behind', () => {
    ledger.admit(allowance(2))
    const { signal, stdout } = spawnSync(process.execPath, [PROCESS, join(folder, 'ledger.db'), 'KEY', 'die', 'n'], {
      encoding: 'utf8',
    })
    expect([signal, stdout]).toEqual(['SIGKILL', 'reserved\n'])
    expect(ledger.use('KEY')).toMatchObject({ used: 1 })
    const content = new Uint8Array(32).fill(1)
    const other = new Uint8Array(32).fill(2)
    expect(ledger.reserve('KEY', [{ number: 'n', content: other }], NOW)).toEqual([{ kind: 'signedBefore' }])
    expect(ledger.reserve('KEY', [{ number: 'n', content }], NOW)).toEqual([{ kind: 'reserved', again: true }])
    expect(ledger.reserve('KEY', [{ number: 'm', content }], NOW)).toEqual([{ kind: 'exhausted' }])
  })
})

const missing = softHsmMissing()
test.skipIf(missing)(
  `a token that is taken out leaves its batches to other keys, and signs again when it is back${missing && ` (skipped: ${missing})`}`,
  async () => {
    const hsm = startSoftHsm()
    const { library, tokenLabel, pin } = hsm
    const token = await openToken({ library, tokenLabel, pin: () => pin })
    try {
      await token.generate({ label: 'ds' }, 'secp256r1')
      const inToken = await poolSigner({ signer: await token.signer({ label: 'ds' }, ALGORITHM) })
      const pool = service(inToken, await poolSigner())
      expect((await pool.sign(numbers(2))).map(({ kind }) => kind)).toEqual(['signed', 'signed'])
      hsm.unplug()
      await pool.sign(numbers(2, 3))
      // This batch is the token's turn.
      const outcomes = await pool.sign(numbers(2, 5))
      expect(outcomes.map(({ kind }) => kind)).toEqual(['signed', 'signed'])
      const [keyOfToken, keyOfFile] = pool.state().map(({ keyId }) => keyId)
      expect(outcomes.map(one => one.kind === 'signed' && one.keyId)).toEqual([keyOfFile, keyOfFile])
      hsm.plug()
      const by: unknown[] = []
      for (let round = 0; round < 2; round++) {
        for (const one of await pool.sign(numbers(1, 10 + round))) by.push(one.kind === 'signed' && one.keyId)
      }
      expect(by).toContain(keyOfToken)
      expect(pool.state().some(one => one.retired !== undefined)).toBe(false)
    } finally {
      await token.close()
      hsm.remove()
    }
  },
)
