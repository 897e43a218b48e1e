import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type ErrorCode, FormatError } from '@cccd/card-core'
import { testCrl, testCsca, testDocument, testMasterList } from '@cccd/fixtures'
import { afterAll, expect, test } from 'vitest'
import { judged, P256 } from '../testing/judge.ts'
import { addToTrustStore, listTrustStore, loadTrustStore, showTrustStoreEntry } from './trust-store.ts'

const root = mkdtempSync(join(tmpdir(), 'cccd-trust-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const doc = await testDocument({ csca: P256, ds: P256 })
const csca = await testCsca({ choice: P256 })
const stranger = await testCsca({ choice: P256, role: 'csca-next', name: { country: 'UT', commonName: 'Other TEST' } })
const list = await testMasterList({ csca, further: [stranger.certificate], at: doc.at })
let count = 0

function folder(files: Record<string, Uint8Array | string> = {}): string {
  const dir = join(root, `store-${count++}`)
  mkdirSync(dir)
  for (const [name, content] of Object.entries(files)) writeFileSync(join(dir, name), content)
  return dir
}

function file(name: string, content: Uint8Array | string): string {
  return join(folder({ [name]: content }), name)
}

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

async function refusal(promise: Promise<unknown>): Promise<FormatError> {
  const error: unknown = await promise.then(
    () => undefined,
    reason => reason,
  )
  if (!(error instanceof FormatError)) throw new Error('nothing was refused')
  return error
}

test('a folder of certificate and CRL gives a green card', async () => {
  const anchors = await loadTrustStore(folder(doc.anchorsFiles))
  expect(judged(doc, { anchors }).colour).toBe('green')
})

test.each([
  ['a.cer', doc.csca],
  ['a.DER', doc.csca],
  ['a.crt', pem('CERTIFICATE', doc.csca)],
  ['bundle.pem', `two certificates:\n${pem('CERTIFICATE', stranger.certificate)}${pem('CERTIFICATE', doc.csca)}`],
] as const)('%s is read', async (name, content) => {
  const anchors = await loadTrustStore(folder({ [name]: content, 'a.crl': doc.crl, 'README.txt': 'not for us' }))
  expect(judged(doc, { anchors }).colour).toBe('green')
})

test('an empty folder has no anchors, a missing one is refused unless it may be missing', async () => {
  expect((await loadTrustStore(folder())).cscas).toEqual([])
  const missing = join(root, 'nowhere')
  const error = await refusal(loadTrustStore(missing))
  expect([error.code, error.facts.file]).toEqual(['TRUST_STORE_REFUSED', missing])
  expect((await loadTrustStore(missing, { optional: true })).cscas).toEqual([])
  expect(await listTrustStore(missing, { optional: true })).toEqual([])
})

test.each<[string, Uint8Array | string, ErrorCode]>([
  ['broken.cer', doc.csca.subarray(0, 200), 'CERTIFICATE_MALFORMED'],
  ['empty.cer', new Uint8Array(), 'CERTIFICATE_MALFORMED'],
  ['no-block.pem', '-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n', 'CERTIFICATE_MALFORMED'],
  ['not-base64.pem', '-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n', 'CERTIFICATE_MALFORMED'],
  ['broken.ml', list.subarray(0, 300), 'MASTER_LIST_MALFORMED'],
  ['broken.crl', doc.crl.subarray(0, 100), 'CRL_MALFORMED'],
])('%s is refused by name', async (name, content, code) => {
  const error = await refusal(loadTrustStore(folder({ 'good.cer': doc.csca, [name]: content })))
  expect([error.code, error.facts.file]).toEqual([code, name])
  expect(error.message).toContain(name)
})

test('a master list counts when its signature leads to a certificate of the folder', async () => {
  const store = folder({ 'root.cer': doc.csca, 'list.ml': list })
  const anchors = await loadTrustStore(store)
  expect(anchors.cscas.map(({ source }) => source)).toEqual(['certificate', 'masterList', 'masterList'])
  const entries = await listTrustStore(store)
  expect(entries.map(({ file: name, kind, status }) => [name, kind, status])).toEqual([
    ['list.ml', 'masterList', 'verified'],
    ['root.cer', 'csca', 'trusted'],
  ])
})

test('a master list that leads nowhere is refused by name, and taken only when asked for', async () => {
  const store = folder({ 'list.ml': list, 'other.cer': stranger.certificate })
  const error = await refusal(loadTrustStore(store))
  expect([error.code, error.facts.file]).toEqual(['TRUST_STORE_REFUSED', 'list.ml'])
  expect((await listTrustStore(store)).find(({ kind }) => kind === 'masterList')?.status).toBe('refused')
  const anchors = await loadTrustStore(store, { acceptUnverifiedLists: true })
  const report = judged(doc, { anchors })
  expect(report.checks.length).toBeGreaterThan(0)
  expect(JSON.stringify(report)).toContain('TRUSTED_BY_UNVERIFIED_LIST')
})

test('adding writes DER under a name of its own, once', async () => {
  const store = join(root, 'made-by-add')
  const [added] = await addToTrustStore(store, file('whatever.pem', pem('CERTIFICATE', doc.csca)))
  expect(added?.file).toMatch(/^csca-VN-[0-9A-F]{16}\.cer$/)
  expect(added?.status).toBe('trusted')
  expect(new Uint8Array(readFileSync(join(store, added?.file as string)))).toEqual(doc.csca)
  const again = await addToTrustStore(store, file('again.cer', doc.csca))
  expect(again.map(entry => entry.file)).toEqual([added?.file])
  await addToTrustStore(store, file('list.ml', list))
  await addToTrustStore(store, file('list.crl', doc.crl))
  const signer = await addToTrustStore(store, file('signer.cer', doc.documentSigner))
  expect(signer[0]?.kind).toBe('documentSigner')
  expect(readdirSync(store).map(name => name.split('-')[0])).toEqual(['crl', 'csca', 'list', 'signer'])
  expect(judged(doc, { anchors: await loadTrustStore(store) }).colour).toBe('green')
})

test('what does not count is not added, and nothing is left behind', async () => {
  const store = folder({ 'root.cer': stranger.certificate })
  const forged = await testCrl({ csca, at: doc.at })
  const cases: [string, Uint8Array | string, ErrorCode][] = [
    ['list.ml', list, 'TRUST_STORE_REFUSED'],
    ['forged.crl', forged, 'TRUST_STORE_REFUSED'],
    [
      'half.pem',
      `${pem('CERTIFICATE', doc.csca)}${pem('CERTIFICATE', doc.csca.subarray(0, 90))}`,
      'CERTIFICATE_MALFORMED',
    ],
    ['noise.bin', Uint8Array.of(1, 2, 3), 'TRUST_STORE_REFUSED'],
  ]
  for (const [name, content, code] of cases) {
    const error = await refusal(addToTrustStore(store, file(name, content)))
    expect([error.code, error.facts.file]).toEqual([code, name])
  }
  const absent = await refusal(addToTrustStore(store, join(root, 'absent.cer')))
  expect([absent.code, absent.facts.file]).toEqual(['TRUST_STORE_REFUSED', 'absent.cer'])
  expect(readdirSync(store)).toEqual(['root.cer'])
})

test('a list added unverified says so in its name, and loads without being asked again', async () => {
  const store = folder()
  const [added] = await addToTrustStore(store, file('list.ml', list), { acceptUnverifiedLists: true })
  expect(added?.file).toMatch(/\.unverified\.ml$/)
  expect(added?.status).toBe('unverified')
  const anchors = await loadTrustStore(store)
  expect(anchors.cscas.map(({ source }) => source)).toEqual(['unverifiedMasterList', 'unverifiedMasterList'])
})

test('an entry is shown by file name or by the beginning of a fingerprint', async () => {
  const store = folder({ 'root.cer': doc.csca, 'other.cer': stranger.certificate, 'list.ml': list })
  const shown = await showTrustStoreEntry(store, 'root.cer')
  expect(shown.certificates[0]?.subject).toContain('CSCA Viet Nam TEST')
  expect((await showTrustStoreEntry(store, shown.fingerprint.slice(0, 8).toLowerCase())).file).toBe('root.cer')
  expect((await showTrustStoreEntry(store, shown.fingerprint.match(/../g)?.join(':') as string)).file).toBe('root.cer')
  const none = await refusal(showTrustStoreEntry(store, 'absent.cer'))
  expect([none.code, none.facts.file]).toEqual(['TRUST_STORE_REFUSED', 'absent.cer'])
})

const data = process.env.CCCD_TEST_DATA ?? new URL('../../../../../shared/data/', import.meta.url).pathname
const lists = `${data}/csca/ml`

function shared(...names: string[]): Record<string, Uint8Array> {
  return Object.fromEntries(names.map(name => [basename(name), new Uint8Array(readFileSync(`${lists}/${name}`))]))
}

test.skipIf(!existsSync(lists))(
  'the German and Dutch lists verify to their roots, those of 2024 through the list of 2026 (skipped without the shared data)',
  async () => {
    const names = readdirSync(lists).filter(name => name.endsWith('.ml'))
    expect(names).toHaveLength(4)
    const store = folder(shared(...names, 'DE_ROOT_CA_CSCA07.cer', 'NL_ROOT_CA.cer'))
    const entries = await listTrustStore(store)
    expect(entries.filter(({ kind }) => kind === 'masterList').map(({ file: name, status }) => [name, status])).toEqual(
      names.sort().map(name => [name, 'verified']),
    )
    expect((await loadTrustStore(store)).cscas.length).toBeGreaterThan(500)
    const old = names.filter(name => name.startsWith('DE_ML_2024'))
    const alone = await listTrustStore(folder(shared(...old, 'DE_ROOT_CA_CSCA07.cer')))
    expect(alone.filter(({ kind }) => kind === 'masterList').map(({ status }) => status)).toEqual([
      'refused',
      'refused',
    ])
  },
)

test.skipIf(!existsSync(lists))(
  'Indonesian link certificates lead to the CSCA before them (skipped without the shared data)',
  async () => {
    const names = readdirSync(lists).filter(name => name.startsWith('ID_'))
    const entries = await listTrustStore(folder(shared(...names)))
    const links = entries.filter(({ kind }) => kind === 'linkCertificate').map(entry => entry.file)
    expect(links).toEqual(names.filter(name => name.includes('LINK')).sort())
  },
)
