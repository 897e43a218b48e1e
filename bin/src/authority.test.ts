import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EXIT } from './exit-code.ts'

// The command as it is installed, from a founding to a lint.
const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const PASSPHRASE = 'an invented passphrase'
let folder: string
let at: (name: string) => string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-authority-command-'))
  at = name => join(folder, name)
  writeFileSync(at('pass'), `${PASSPHRASE}\n`, { mode: 0o600 })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function cccd(...words: readonly string[]): { status: number | null; json: Record<string, unknown>; all: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, 'authority', ...words, '--json'], {
    encoding: 'utf8',
    input: '',
  })
  return { status, json: JSON.parse(stdout), all: stdout + stderr }
}
const as = (name: string): readonly string[] => ['--key', at(name), '--passphrase-file', at('pass')]

test('two people found a test authority, issue with it and look it over', () => {
  for (const name of ['an', 'binh', 'chi']) expect(cccd('person', name, ...as(name)).status).toBe(EXIT.ok)
  // A key file is never overwritten.
  expect(cccd('person', 'an', ...as('an')).status).toBe(EXIT.file)
  const home = at('authority')
  const cards = ['an', 'binh'].map(name => `${at(name)}.pub.json`)
  expect(cccd('found', home, '--person', cards[0] as string).status).toBe(EXIT.input)
  expect(cccd('found', home, '--person', ...cards).status).toBe(EXIT.ok)

  expect(cccd('ask', home, 'csca').json).toMatchObject({ request: { number: 1 }, approvedBy: [], needed: 2 })
  expect(cccd('run', home, '1')).toMatchObject({ status: EXIT.usage, json: { error: { code: 'APPROVAL_MISSING' } } })
  expect(cccd('approve', home, '1', ...as('chi'))).toMatchObject({
    status: EXIT.usage,
    json: { error: { code: 'APPROVAL_REFUSED' } },
  })
  for (const name of ['an', 'binh']) expect(cccd('approve', home, '1', ...as(name)).status).toBe(EXIT.ok)
  expect(cccd('run', home, '1').json).toMatchObject({ record: { act: 'csca', approvedBy: ['an', 'binh'] } })

  cccd('ask', home, 'document-signer', '--count', '2')
  for (const name of ['an', 'binh']) cccd('approve', home, '2', ...as(name))
  const signers = cccd('run', home, '2')
  expect(signers.json).toMatchObject({ lint: [{ clean: true }, { clean: true }] })

  expect(cccd('list', home).json).toMatchObject({ test: true, requests: [{ done: {} }, { done: {} }] })
  expect(cccd('verify', home)).toMatchObject({ status: EXIT.ok, json: { ok: true, faults: [] } })

  const csca = join(home, 'certificates', 'csca-001.cer')
  const ds = join(home, 'certificates', 'ds-001.cer')
  expect(cccd('lint', ds, '--issuer', csca)).toMatchObject({ status: EXIT.ok, json: { reports: [{ findings: [] }] } })
  expect(cccd('lint', ds, '--role', 'csca')).toMatchObject({ status: EXIT.failed, json: { ok: false } })
  writeFileSync(ds, readFileSync(csca))
  expect(cccd('verify', home)).toMatchObject({ status: EXIT.failed, json: { ok: false } })
})

test('what is typed wrong is a usage fault, and no passphrase is told', () => {
  expect(cccd('nothing').status).toBe(EXIT.usage)
  expect(cccd('ask', at('authority'), 'crown').status).toBe(EXIT.usage)
  expect(cccd('ask', at('authority'), 'crl', '--days', '91').status).toBe(EXIT.usage)
  expect(cccd('ask', at('authority'), 'crl', '--revoke', 'xyz').status).toBe(EXIT.usage)
  expect(cccd('lint', at('absent')).status).toBe(EXIT.file)
  const wrong = at('wrong')
  writeFileSync(wrong, 'short\n')
  const refused = cccd('person', 'dung', '--key', at('dung'), '--passphrase-file', wrong)
  expect(refused).toMatchObject({ status: EXIT.usage, json: { error: { code: 'APPROVAL_REFUSED' } } })
  expect(refused.all).not.toContain('short\n')
  expect(cccd('approve', at('authority'), '2', ...as('an')).all).not.toContain(PASSPHRASE)
})
