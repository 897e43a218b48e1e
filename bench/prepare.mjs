// Documents prepared and signed a second, beside bare signing and verifying as the limit and beside JMRTD; records taken in.
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { encodeEcSpki, generateKey, importPublicKey, softwareSigner } from '@cccd/card-core'
import { buildLds, createCsca, createDocumentSigner, SodService, signLds } from '@cccd/personalization'
import { takeIn } from '@cccd/personalization/intake'
import { openSqliteLedger } from '@cccd/personalization/ledger'
import sharp from 'sharp'
import { inventedLines } from '../packages/personalization/src/node/testing/invented-records.mjs'
import { openJmrtdPreparation } from './jmrtd-prepare.mjs'
import { printTable } from './table.mjs'

const ALGORITHM = { kind: 'ecdsa', hash: 'sha256' }
const VALIDITY = { notBefore: new Date('2026-01-01'), notAfter: new Date('2037-01-01') }
/** Documents that are signed together. */
const BATCH = 128
const ROUNDS = 30

/** Runs `work`, which tells how many it did, for some seconds. */
async function rate(seconds, work) {
  const begin = process.hrtime.bigint()
  const end = begin + BigInt(Math.round(seconds * 1e9))
  let count = 0
  while (process.hrtime.bigint() < end) count += await work()
  return (count * 1e9) / Number(process.hrtime.bigint() - begin)
}

/** A grey noise picture of about `size` bytes as JPEG: nothing that compresses away. */
async function portraitOf(size) {
  let state = 1
  const pixels = Uint8Array.from({ length: 240 * 320 }, () => {
    state = (state * 48_271) % 2_147_483_647
    return state & 255
  })
  for (let quality = 60; quality > 1; quality -= 2) {
    const jpeg = await sharp(pixels, { raw: { width: 240, height: 320, channels: 1 } })
      .jpeg({ quality })
      .toBuffer()
    if (jpeg.length <= size) return Uint8Array.from(jpeg)
  }
  throw new Error('no quality is low enough')
}

export async function preparation() {
  const [cscaKey, dsKey] = [0, 1].map(() => generateKey({ kind: 'ec', curve: 'secp256r1' }))
  const signerOf = key => softwareSigner({ pkcs8: key.pkcs8, algorithm: ALGORITHM })
  const csca = await createCsca({ signer: signerOf(cscaKey), serialNumber: Uint8Array.of(1), validity: VALIDITY })
  const certificate = await createDocumentSigner({
    csca: { certificate: csca, signer: signerOf(cscaKey) },
    spki: dsKey.spki,
    serialNumber: Uint8Array.of(2),
    validity: VALIDITY,
  })
  const documentSigner = { certificate, signer: signerOf(dsKey), digest: 'sha256' }
  const folder = mkdtempSync(join(tmpdir(), 'cccd-bench-prepare-'))
  const ledger = await openSqliteLedger(join(folder, 'ledger.db'))
  const service = new SodService({
    signers: [{ ...documentSigner, limit: 1e9 }],
    cscas: [csca],
    ledger,
    now: () => new Date('2026-03-01'),
  })
  const portrait = await portraitOf(20_480)
  const chipKey = importPublicKey(generateKey({ kind: 'ec', curve: 'brainpoolP256r1' }).spki)
  const options = {
    chipAuthentication: [{ cipher: 'AES-128', spki: encodeEcSpki('brainpoolP256r1', chipKey.point, 'explicit') }],
    activeAuthentication: { spki: generateKey({ kind: 'ec', curve: 'secp256r1' }).spki },
  }
  let next = 0
  const build = () => {
    const number = String(999_190_000_000 + (next++ % 1_000_000))
    const holder = {
      personalNumber: number,
      fullName: 'TRẦN THỊ THỬ NGHIỆM',
      dateOfBirth: '15/08/1990',
      sex: 'female',
      nationality: 'Việt Nam',
      ethnicity: 'Kinh',
      religion: 'Không',
      placeOfOrigin: 'Xã Mẫu, Huyện Thử, Tỉnh Giả Định',
      placeOfResidence: 'Số 1, Đường Thử Nghiệm, Phường Mẫu, Tỉnh Giả Định',
      identifyingFeatures: 'Nốt ruồi cách 1 cm dưới mắt trái (không có thật)',
      dateOfIssue: '01/09/2025',
      dateOfExpiry: '15/08/2030',
      portrait,
    }
    return { number: String(next), files: buildLds(holder, options) }
  }
  return {
    portrait,
    dg13: build().files['EF.DG13'],
    build: async () => {
      for (let i = 0; i < BATCH; i++) build()
      return BATCH
    },
    whole: async () => {
      const outcomes = await service.sign(Array.from({ length: BATCH }, build))
      if (outcomes.some(({ kind }) => kind !== 'signed')) throw new Error('a document was not signed')
      return BATCH
    },
    signed: async () => {
      for (let i = 0; i < BATCH; i++) await signLds(build().files, documentSigner)
      return BATCH
    },
    bare: (() => {
      const key = createPrivateKey({ key: Buffer.from(dsKey.pkcs8), format: 'der', type: 'pkcs8' })
      const publicKey = createPublicKey(key)
      const data = Buffer.alloc(150)
      return async () => {
        for (let i = 0; i < BATCH; i++) {
          if (!verify('sha256', data, publicKey, sign('sha256', data, key))) throw new Error('the signature is wrong')
        }
        return BATCH
      }
    })(),
    close() {
      ledger.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A line on every core, each with a signer and a ledger of its own: documents a second together, in rounds as asked. */
async function openAllCores() {
  const workers = Array.from(
    { length: availableParallelism() },
    () => new Worker(new URL('./prepare-worker.mjs', import.meta.url), { execArgv: [] }),
  )
  await Promise.all(workers.map(worker => once(worker, 'message')))
  return {
    cores: workers.length,
    async rate(seconds) {
      const rates = workers.map(async worker => (await once(worker, 'message'))[0])
      for (const worker of workers) worker.postMessage(seconds)
      return (await Promise.all(rates)).reduce((sum, one) => sum + one, 0)
    },
    async close() {
      const gone = workers.map(worker => once(worker, 'exit'))
      for (const worker of workers) worker.postMessage(0)
      await Promise.all(gone)
    },
  }
}

/** Records taken in a second: 100,000 invented lines, four in a hundred faulty, portraits aside. */
async function intakeRate(folder) {
  const count = 100_000
  const input = join(folder, 'many.ndjson')
  writeFileSync(input, `${[...inventedLines(count)].join('\n')}\n`)
  let best = 0
  for (let round = 0; round < 3; round++) {
    const begin = process.hrtime.bigint()
    await takeIn({
      input,
      format: 'ndjson',
      out: join(folder, `batch-${round}`),
      register: join(folder, `register-${round}`),
      now: () => new Date(),
    })
    best = Math.max(best, (count * 1e9) / Number(process.hrtime.bigint() - begin))
  }
  return best
}

/** Best of several windows, the sides in turn: what else the machine does hits all of them. */
export async function benchPrepare(seconds = 6) {
  const work = await preparation()
  const folder = mkdtempSync(join(tmpdir(), 'cccd-bench-prepare-'))
  const jmrtd = await openJmrtdPreparation({
    folder,
    portrait: work.portrait,
    width: 240,
    height: 320,
    dg13: work.dg13,
  })
  if (jmrtd.missing) console.log(`JMRTD is not measured: ${jmrtd.missing}`)
  try {
    await rate(1, work.whole)
    const sides = {
      build: time => rate(time, work.build),
      signed: time => rate(time, work.signed),
      whole: time => rate(time, work.whole),
      bare: time => rate(time, work.bare),
    }
    for (const one of jmrtd.rates) sides[one.name] = one.rate
    const best = Object.fromEntries(Object.keys(sides).map(name => [name, 0]))
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, side] of Object.entries(sides)) best[name] = Math.max(best[name], await side(seconds / ROUNDS))
    }
    const all = await openAllCores()
    let together = 0
    for (let round = 0; round < ROUNDS; round++) together = Math.max(together, await all.rate(seconds / ROUNDS))
    await all.close()
    const theirs = Math.max(...jmrtd.rates.map(({ name }) => best[name]))
    const row = (name, value, aim = '') => [
      name,
      value.toFixed(0),
      (value / best.bare).toFixed(2),
      jmrtd.missing ? '' : (value / theirs).toFixed(2),
      aim,
    ]
    printTable(
      `Documents prepared (COM, DG1, 2 with ${work.portrait.length} bytes of portrait, 13, 14, 15, SOD; P-256; best of ${ROUNDS} windows)`,
      ['step', 'a second', ': bare', ': JMRTD', 'aim'],
      [
        row('files built, one thread', best.build),
        row('built and signed, not verified, one thread', best.signed, '≥ 2 × JMRTD'),
        row('built, counted, signed, verified, one thread', best.whole, '≥ 0.60 × bare'),
        row(`the same on ${all.cores} cores`, together),
        row('bare: one signature and one verification, one thread', best.bare),
        ...jmrtd.rates.map(({ name }) => row(`${name}: built and signed, not verified, one thread`, best[name])),
      ],
    )
    const intake = await intakeRate(folder)
    printTable(
      'Intake (100,000 records, 4 % faulty, portraits aside; best of 3)',
      ['', 'a second', 'aim'],
      [['records', intake.toFixed(0), '≥ 20,000']],
    )
    return { ...best, together, intake }
  } finally {
    await jmrtd.close()
    work.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
