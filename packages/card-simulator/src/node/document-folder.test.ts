import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FormatError, fromHex } from '@cccd/card-core'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildChipJson, type ChipSecrets, parseChipJson } from '../index.ts'
import { type DocumentFolder, readDocumentFolder, writeDocumentFolder } from './document-folder.ts'

const SECRETS: ChipSecrets = {
  can: '000001',
  bacKey: { documentNumber: '000000001', dateOfBirth: '000101', dateOfExpiry: '250101' },
  activeAuthentication: { pkcs8: fromHex('3003020100'), hash: 'sha256' },
  chipAuthentication: [
    { keyId: 7n, curve: 'brainpoolP256r1', privateKey: fromHex('0102'), cipher: 'AES-128' },
    { curve: 'secp256r1', privateKey: fromHex('03'), cipher: '3DES' },
  ],
}

const DOCUMENT: DocumentFolder = {
  files: { 'EF.COM': fromHex('6000'), 'EF.ATR/INFO': fromHex('4700'), 'EF.DG13': fromHex('6D00') },
  secrets: SECRETS,
  access: ['PACE'],
  evidence: {
    access: { offered: ['PACE'], used: 'PACE', password: 'CAN' },
    activeAuthentication: { challenge: fromHex('0102030405060708'), sw: 0x6d00, source: 'reader' },
    refusedFiles: [{ file: 'EF.DG3', sw: 0x6982 }],
  },
}

let parent: string
let dir: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cccd-folder-'))
  dir = join(parent, 'document')
})
afterEach(async () => {
  await chmod(parent, 0o700)
  await rm(parent, { recursive: true })
})

test('a document comes back as it was written', async () => {
  await writeDocumentFolder(dir, DOCUMENT)
  expect(await readDocumentFolder(dir)).toEqual(DOCUMENT)
  expect((await readdir(dir)).sort()).toEqual([
    'EF.ATR-INFO.bin',
    'EF.COM.bin',
    'EF.DG13.bin',
    'chip.json',
    'evidence.json',
  ])
})

test('a document without secrets comes back without them', async () => {
  await writeDocumentFolder(dir, { files: DOCUMENT.files })
  expect(await readDocumentFolder(dir)).toEqual({ files: DOCUMENT.files })
})

test.skipIf(process.platform === 'win32')('every file of a document is readable by its owner alone', async () => {
  await writeDocumentFolder(dir, DOCUMENT)
  const names = await readdir(dir)
  expect(names).toContain('EF.DG13.bin')
  for (const name of names) expect([name, (await stat(join(dir, name))).mode & 0o777]).toEqual([name, 0o600])
})

test('an earlier document is replaced, and other files in the folder are left alone', async () => {
  await writeDocumentFolder(dir, DOCUMENT)
  await writeFile(join(dir, 'report.json'), '{}')
  await writeDocumentFolder(dir, { files: { 'EF.COM': fromHex('600100') } })
  expect((await readdir(dir)).sort()).toEqual(['EF.COM.bin', 'report.json'])
  expect(await readDocumentFolder(dir)).toEqual({ files: { 'EF.COM': fromHex('600100') } })
})

test('a fault while writing leaves neither a half-written folder nor a trace beside it', async () => {
  const broken = { ...DOCUMENT, evidence: { ...DOCUMENT.evidence, refusedFiles: [{ file: 'EF.DG3', sw: 1n }] } }
  await expect(writeDocumentFolder(dir, broken as unknown as DocumentFolder)).rejects.toThrow()
  expect(await readdir(parent)).toEqual([])
})

test('a folder without any file of a document is refused', async () => {
  await expect(readDocumentFolder(parent)).rejects.toMatchObject({ code: 'DOCUMENT_MALFORMED' })
  await expect(readDocumentFolder(join(parent, 'nowhere'))).rejects.toMatchObject({ code: 'DOCUMENT_MALFORMED' })
})

test('a malformed evidence.json names itself', async () => {
  await writeDocumentFolder(dir, DOCUMENT)
  for (const text of ['{', '{"access":{}}']) {
    await writeFile(join(dir, 'evidence.json'), text)
    await expect(readDocumentFolder(dir)).rejects.toMatchObject({
      code: 'DOCUMENT_MALFORMED',
      facts: { file: 'evidence.json' },
    })
  }
})

describe('chip.json', () => {
  test('what is built is parsed to the same secrets', () => {
    const json = { secrets: SECRETS, access: ['PACE', 'BAC'] as const }
    expect(parseChipJson(buildChipJson(json))).toEqual(json)
  })

  test.each([
    ['{', 'the whole'],
    ['[]', ''],
    ['{"can":"12345"}', 'can'],
    ['{"can":123456}', 'can'],
    ['{"access":["EAC"]}', 'access'],
    ['{"bacKey":{"documentNumber":"000000001","dateOfBirth":"1","dateOfExpiry":"250101"}}', 'bacKey.dateOfBirth'],
    ['{"activeAuthentication":{"pkcs8":"0","hash":"sha256"}}', 'activeAuthentication.pkcs8'],
    ['{"activeAuthentication":{"pkcs8":"00","hash":"md5"}}', 'activeAuthentication.hash'],
    ['{"chipAuthentication":[{"curve":"P-256","privateKey":"00","cipher":"3DES"}]}', 'chipAuthentication[0].curve'],
    ['{"pin":"1234"}', 'pin'],
  ])('%s is refused with the field', (text, field) => {
    expect(() => parseChipJson(text)).toThrow(
      expect.objectContaining({ code: 'DOCUMENT_MALFORMED', facts: { file: 'chip.json', field } }),
    )
  })

  test('no message quotes what the file holds', () => {
    for (const text of ['{"can":"98765"}', '{"can":98765', '"98765"']) {
      try {
        parseChipJson(text)
        expect.unreachable()
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        expect(`${String(error)} ${(error as Error).cause ?? ''}`).not.toContain('98765')
      }
    }
  })

  test('hostile text throws nothing but FormatError', () => {
    const key = fc.constantFrom('access', 'can', 'bacKey', 'activeAuthentication', 'chipAuthentication', 'other')
    const hostile = fc.oneof(
      fc.string(),
      fc.json(),
      fc.dictionary(key, fc.jsonValue()).map(value => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(hostile, text => {
        try {
          parseChipJson(text)
        } catch (error) {
          if (!(error instanceof FormatError)) throw error
        }
      }),
    )
  })

  test('the file on disk carries hex and no binary', async () => {
    await writeDocumentFolder(dir, DOCUMENT)
    expect(await readFile(join(dir, 'chip.json'), 'utf8')).toContain('"pkcs8": "3003020100"')
  })
})
