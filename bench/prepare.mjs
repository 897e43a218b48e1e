// Documents prepared and signed a second on one thread, beside bare signing and verifying as the limit.
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeEcSpki, generateKey, importPublicKey, softwareSigner } from '@cccd/card-core'
import { buildLds, createCsca, createDocumentSigner, SodService } from '@cccd/personalization'
import { openSqliteLedger } from '@cccd/personalization/ledger'
import sharp from 'sharp'
import { printTable } from './table.mjs'

const ALGORITHM = { kind: 'ecdsa', hash: 'sha256' }
const VALIDITY = { notBefore: new Date('2026-01-01'), notAfter: new Date('2037-01-01') }
const BATCH = 100

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
  const folder = mkdtempSync(join(tmpdir(), 'cccd-bench-prepare-'))
  const ledger = await openSqliteLedger(join(folder, 'ledger.db'))
  const service = new SodService({
    signers: [{ certificate, signer: signerOf(dsKey), digest: 'sha256', limit: 1e9 }],
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
    portraitBytes: portrait.length,
    build: async () => {
      for (let i = 0; i < BATCH; i++) build()
      return BATCH
    },
    whole: async () => {
      const outcomes = await service.sign(Array.from({ length: BATCH }, build))
      if (outcomes.some(({ kind }) => kind !== 'signed')) throw new Error('a document was not signed')
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

export async function benchPrepare(seconds = 3) {
  const work = await preparation()
  try {
    await rate(1, work.whole)
    // The two sides in turn, the best of several windows: what else the machine does hits both.
    const best = { build: 0, whole: 0, bare: 0 }
    for (let round = 0; round < 5; round++) {
      for (const side of Object.keys(best)) best[side] = Math.max(best[side], await rate(seconds / 5, work[side]))
    }
    printTable(
      `Documents prepared (COM, DG1, 2 with ${work.portraitBytes} bytes of portrait, 13, 14, 15, SOD; P-256, one thread)`,
      ['step', 'a second', ': bare', 'aim'],
      [
        ['files built', best.build.toFixed(0), '', ''],
        ['built, counted, signed, verified', best.whole.toFixed(0), (best.whole / best.bare).toFixed(2), '≥ 0.60'],
        ['bare: one signature and one verification', best.bare.toFixed(0), '1.00', ''],
      ],
    )
    return best
  } finally {
    work.close()
  }
}
