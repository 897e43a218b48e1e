// EF.SODs that the service released, judged by OpenSSL's cms where it builds a path over the curve.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CurveName, type HashName, parseSod, parseTlv, toHex } from '@cccd/card-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { JobStore } from '../prepare/job-store.ts'
import { openPool } from '../prepare/open-pool.ts'
import { prepareBatch } from '../prepare/prepare.ts'
import { LINE_NOW, type TestLine, testLine } from '../testing/test-line.ts'

const missing = spawnSync('openssl', ['version']).status === 0 ? '' : 'there is no openssl'
let folder: string
let line: TestLine
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-openssl-'))
  line = await testLine(folder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const at = (name: string): string => join(folder, name)
function verify(sod: Uint8Array): { accepted: boolean; content: Uint8Array; told: string } {
  const pem = Buffer.from(line.csca).toString('base64').replace(/.{64}/g, '$&\n')
  writeFileSync(at('csca.pem'), `-----BEGIN CERTIFICATE-----\n${pem}\n-----END CERTIFICATE-----\n`)
  writeFileSync(at('sod.der'), parseTlv(sod, 0x77).value)
  const seconds = String(LINE_NOW.getTime() / 1000)
  const words = ['cms', '-verify', '-binary', '-inform', 'DER', '-in', at('sod.der'), '-CAfile', at('csca.pem')]
  const run = spawnSync('openssl', [...words, '-purpose', 'any', '-attime', seconds, '-out', at('content')], {
    encoding: 'utf8',
  })
  const accepted = run.status === 0
  return { accepted, content: accepted ? readFileSync(at('content')) : new Uint8Array(), told: run.stderr }
}

test.skipIf(missing).each<[CurveName, HashName, '1.7' | '1.8']>([
  ['secp256r1', 'sha256', '1.7'],
  ['secp384r1', 'sha384', '1.8'],
  ['brainpoolP256r1', 'sha256', '1.8'],
])(
  `OpenSSL verifies what a signer on %s with %s released, LDS %s, up to the CSCA${missing && ` (skipped: ${missing})`}`,
  async (curve, hash, ldsVersion) => {
    const pool = await openPool(line.pool([await line.fileKey('ds', curve, hash)]), { now: () => LINE_NOW })
    const store = await JobStore.open(at('jobs'), at('jobs.key'))
    try {
      const settings = { portraits: line.portraits, ldsVersion }
      const common = { store, signing: pool.service, threads: 0, now: () => LINE_NOW }
      await prepareBatch({ batch: line.batch(3), settings, ...common })
      for (const { id } of store.list()) {
        const sod = store.get(id).files['EF.SOD'] as Uint8Array
        const { accepted, content, told } = verify(sod)
        expect([accepted, told]).toEqual([true, expect.stringMatching(/successful/i)])
        expect(toHex(content)).toBe(toHex(parseSod(sod).ldsSecurityObject.raw))
        // One bit of the content, or of the signature at the end.
        for (const place of [sod.length - 1, sod.indexOf(0x30, 200)]) {
          const changed = sod.slice()
          changed[place] = (changed[place] as number) ^ 1
          expect(verify(changed).accepted).toBe(false)
        }
      }
    } finally {
      store.close()
      await pool.close()
    }
  },
)
