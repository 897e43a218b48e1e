// Records taken in, prepared and drawn: what `issue render` makes of an intake's folder and of a store of prepared jobs.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateKey, softwareSigner } from '@cccd/card-core'
import { openPictureDecoder } from '@cccd/card-reader/image'
import { portraits } from '@cccd/fixtures'
import { cardQrText, createCsca, createDocumentSigner } from '@cccd/personalization'
import { writeKeyFile } from '@cccd/personalization/file-signer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EXIT } from './exit-code.ts'
import { SAMPLE_HOLDER } from './sample.ts'
import { samplePortrait } from './sample-portrait.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'cccd-render-store-'))
const at = (...names: string[]): string => join(folder, ...names)
const cccd = (...words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, 'issue', ...words], { encoding: 'utf8' })
  return { status, stdout, stderr }
}
const VALIDITY = { notBefore: new Date(Date.now() - 1e9), notAfter: new Date(Date.now() + 1e10) }

beforeAll(async () => {
  const [ca, ds] = [generateKey({ kind: 'ec', curve: 'secp256r1' }), generateKey({ kind: 'ec', curve: 'secp256r1' })]
  const signer = softwareSigner({ pkcs8: ca.pkcs8, algorithm: { kind: 'ecdsa', hash: 'sha256' } })
  const csca = await createCsca({ signer, serialNumber: Uint8Array.of(1), validity: VALIDITY })
  const certificate = await createDocumentSigner({
    csca: { certificate: csca, signer },
    spki: ds.spki,
    serialNumber: Uint8Array.of(2),
    validity: VALIDITY,
  })
  writeFileSync(at('csca.cer'), csca)
  writeFileSync(at('ds.cer'), certificate)
  writeKeyFile(at('ds.pem'), ds.pkcs8)
  const signers = [{ certificate: 'ds.cer', key: { file: 'ds.pem' }, limit: 100 }]
  writeFileSync(at('pool.json'), JSON.stringify({ cscas: ['csca.cer'], ledger: 'ledger.db', signers }))
  mkdirSync(at('pictures'))
  writeFileSync(at('pictures', '1.jpg'), await samplePortrait())
  writeFileSync(at('pictures', '2.jpg'), portraits.a)
  const record = (n: number) =>
    JSON.stringify({
      ...SAMPLE_HOLDER,
      personalNumber: `99919000000${n}`,
      placeOfOrigin: `Xã Mẫu ${n}`,
      portrait: `${n}.jpg`,
    })
  writeFileSync(at('records.ndjson'), `${record(1)}\n${record(2)}\n`)
  const pictures = ['--portraits', at('pictures')]
  expect(cccd('intake', at('records.ndjson'), '--out', at('batch'), ...pictures)).toMatchObject({ status: EXIT.ok })
  const store = ['--signers', at('pool.json'), '--out', at('jobs'), '--key', at('jobs.key')]
  expect(cccd('prepare', at('batch'), ...store, ...pictures, '--threads', '1')).toMatchObject({ status: EXIT.ok })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the folder of an intake is drawn, each card by its line in the batch', () => {
  const run = cccd('render', at('batch'), '--portraits', at('pictures'), '--out', at('art'), '--side', 'front')
  expect([run.status, run.stderr]).toEqual([EXIT.ok, ''])
  expect(readdirSync(at('art')).sort()).toEqual(['000001-front.png', '000002-front.png', 'batch.json', 'cards.ndjson'])
})

test('a store of prepared jobs is drawn with its key, each card under the id of its job', async () => {
  const { jobs } = JSON.parse(cccd('jobs', at('jobs'), '--json').stdout)
  const run = cccd('render', at('jobs'), '--key', at('jobs.key'), '--out', at('cards'), '--side', 'back', '--json')
  expect([run.status, run.stderr]).toEqual([EXIT.ok, ''])
  expect(
    readdirSync(at('cards'))
      .filter(name => name.endsWith('.png'))
      .sort(),
  ).toEqual(jobs.map(({ id }: { id: string }) => `${id}-back.png`).sort())
  const decoder = openPictureDecoder({ threads: 1 })
  const { texts } = await decoder.decode(readFileSync(at('cards', `${jobs[0].id}-back.png`)))
  await decoder.close()
  const holder = { ...SAMPLE_HOLDER, personalNumber: '999190000001' }
  expect(texts.map(({ text }) => text)).toEqual([cardQrText(holder, '2024')])
})

test('without its key a store is not opened, and an erased job is refused while the rest is drawn', () => {
  expect(cccd('render', at('jobs'), '--out', at('none')).status).toBe(EXIT.usage)
  writeFileSync(at('other.key'), new Uint8Array(32))
  expect(cccd('render', at('jobs'), '--key', at('other.key'), '--out', at('none')).status).not.toBe(EXIT.ok)
  const { jobs } = JSON.parse(cccd('jobs', at('jobs'), '--json').stdout)
  expect(cccd('erase', at('jobs'), '--job', jobs[0].id).status).toBe(EXIT.ok)
  const run = cccd('render', at('jobs'), '--key', at('jobs.key'), '--out', at('rest'), '--json')
  expect([run.status, JSON.parse(run.stdout).drawn]).toEqual([EXIT.ok, 1])
})
