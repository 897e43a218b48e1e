// A small line for tests: a test CSCA, document signers in files, a pool configuration, and a batch of invented records.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CurveName, generateKey, type HashName, type Signer, softwareSigner } from '@cccd/card-core'
import sharp from 'sharp'
import { createCsca, createDocumentSigner } from '../../index.ts'
import { writeKeyFile } from '../file-signer.ts'
import { goodRecord } from './invented-records.mjs'

export const LINE_NOW: Date = new Date('2026-03-01T08:00:00Z')
const VALIDITY = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2037-01-01T00:00:00Z') }
const USAGE = { notBefore: new Date('2026-02-01T00:00:00Z'), notAfter: new Date('2026-05-01T00:00:00Z') }

export interface TestLine {
  readonly folder: string
  readonly csca: Uint8Array
  /** Writes a certificate for a key; returns the file's name. */
  certify(name: string, spki: Uint8Array): Promise<string>
  /** Makes a key in a file with its certificate, as the pool configuration wants it. */
  fileKey(name: string, curve?: CurveName, hash?: HashName): Promise<Record<string, unknown>>
  /** Writes the configuration; returns its path. */
  pool(signers: readonly object[], more?: object): string
  /** Writes `accepted.ndjson` of some good records; returns its path. */
  batch(count: number, change?: (record: object, index: number) => object, name?: string): string
  readonly portraits: string
}

/** Makes a line in a folder of the test. */
export async function testLine(folder: string): Promise<TestLine> {
  const cscaSigner: Signer = softwareSigner({
    pkcs8: generateKey({ kind: 'ec', curve: 'secp256r1' }).pkcs8,
    algorithm: { kind: 'ecdsa', hash: 'sha256' },
  })
  const csca = await createCsca({ signer: cscaSigner, serialNumber: Uint8Array.of(9), validity: VALIDITY })
  writeFileSync(join(folder, 'csca.cer'), csca)
  const portraits = join(folder, 'portraits')
  mkdirSync(portraits)
  // Waves, so that it weighs what a photograph does.
  const wave = (n: number): number => 128 + Math.round(60 * Math.sin(n / 9) + 60 * Math.sin(n / 101))
  const pixels = Uint8Array.from({ length: 360 * 480 }, (_, n) => wave(n))
  const picture = sharp(pixels, { raw: { width: 360, height: 480, channels: 1 } })
  writeFileSync(join(portraits, 'mau.jpg'), await picture.jpeg({ quality: 90 }).toBuffer())
  let serial = 1
  const certify = async (name: string, spki: Uint8Array): Promise<string> => {
    const certificate = await createDocumentSigner({
      csca: { certificate: csca, signer: cscaSigner },
      spki,
      serialNumber: Uint8Array.of(1, serial++),
      validity: VALIDITY,
      privateKeyUsage: USAGE,
    })
    writeFileSync(join(folder, `${name}.cer`), certificate)
    return `${name}.cer`
  }
  return {
    folder,
    csca,
    portraits,
    certify,
    async fileKey(name, curve = 'secp256r1', hash = 'sha256') {
      const { pkcs8, spki } = generateKey({ kind: 'ec', curve })
      writeKeyFile(join(folder, `${name}.pem`), pkcs8)
      return { certificate: await certify(name, spki), key: { file: `${name}.pem` }, hash, limit: 1000 }
    },
    pool(signers, more = {}) {
      const path = join(folder, 'pool.json')
      writeFileSync(path, JSON.stringify({ cscas: ['csca.cer'], ledger: 'ledger.db', signers, ...more }))
      return path
    },
    batch(count, change = record => record, name = 'accepted.ndjson') {
      const lines = Array.from({ length: count }, (_, n) =>
        JSON.stringify({ line: n + 1, record: change(goodRecord(n), n) }),
      )
      writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
      return join(folder, name)
    },
  }
}
