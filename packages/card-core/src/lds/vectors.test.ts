import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../bytes.ts'
import { importPublicKey } from '../crypto/public-key.ts'
import { buildCom, parseCom } from './com.ts'
import { buildDg1, parseDg1 } from './dg1.ts'
import { buildDg11, parseDg11 } from './dg11.ts'
import { buildDg12, parseDg12 } from './dg12.ts'
import { buildDg15, parseDg15 } from './dg15.ts'
import { buildDg16, parseDg16 } from './dg16.ts'
import { buildDir, parseDir } from './dir.ts'
import { FILES, type FileName } from './files.ts'

// The published cases of EF.COM, DG1, DG11, DG12, DG15, DG16 and EF.DIR: fixtures/vectors/lds.json names their source.

interface Case {
  readonly id: string
  readonly file: FileName
  readonly hex: string
  readonly reject?: string
  readonly md5?: string
  readonly sha256?: string
  readonly mrzLines?: readonly string[]
  readonly checkDigitsValid?: boolean
  readonly fields: Readonly<Record<string, unknown>>
}

const vectors = new URL('../../../../fixtures/vectors/lds.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as {
  cases: readonly (Case | { id: string; md5: Readonly<Record<string, string>> })[]
}
const files = cases.filter((each): each is Case => 'file' in each)
const accepted = files.filter(({ reject }) => !reject)
const refused = files.filter(({ reject }) => reject)

function of(file: FileName): readonly Case[] {
  return accepted.filter(each => each.file === file)
}

const PARSERS: Readonly<Partial<Record<FileName, (bytes: Uint8Array) => unknown>>> = {
  'EF.COM': parseCom,
  'EF.DG1': parseDg1,
  'EF.DG11': parseDg11,
  'EF.DG12': parseDg12,
  'EF.DG15': parseDg15,
  'EF.DG16': parseDg16,
  'EF.DIR': parseDir,
}

test('34 of the 35 published cases stand here; the last lists the MD5 sums of the BSI files, which are elsewhere', () => {
  expect(cases).toHaveLength(35)
  expect([accepted.length, refused.length]).toEqual([20, 14])
  expect(cases.filter(each => !('file' in each)).map(({ id }) => id)).toEqual(['bsi-reference-data-set-md5'])
})

test.each(refused)('$id is refused: $reject', ({ file, hex }) => {
  expect(() => PARSERS[file]?.(fromHex(hex))).toThrow(
    expect.objectContaining({ name: 'FormatError', code: 'LDS_MALFORMED', facts: expect.objectContaining({ file }) }),
  )
})

const tagsOf = (numbers: readonly number[]) =>
  numbers.map(tag => toHex(Uint8Array.of(tag >> 8, tag)).replace(/^00/, ''))

test.each(of('EF.COM'))('$id has the published versions and tags', ({ hex, fields }) => {
  const com = parseCom(fromHex(hex))
  expect(com).toMatchObject({ ldsVersion: fields.ldsVersion, unicodeVersion: fields.unicodeVersion })
  expect(tagsOf(com.dataGroups.map(n => FILES[`EF.DG${n}` as FileName].tag as number))).toEqual(fields.tagList)
  expect(toHex(buildCom(com))).toBe(hex)
})

test.each(of('EF.DG1'))('$id holds the published MRZ', ({ hex, fields, mrzLines = [] }) => {
  const { mrz, mrzText } = parseDg1(fromHex(hex))
  expect(mrzText).toBe(mrzLines.join(''))
  expect(mrz.lines).toEqual(mrzLines)
  const told = ['format', 'documentCode', 'issuingState', 'documentNumber', 'dateOfBirth', 'sex', 'dateOfExpiry']
  const more = ['nationality', 'primaryIdentifier', 'secondaryIdentifier']
  for (const field of [...told, ...more])
    expect({ [field]: mrz[field as keyof typeof mrz] }).toEqual({ [field]: fields[field] })
  expect(toHex(buildDg1(mrzLines))).toBe(hex)
  expect(toHex(buildDg1(mrzLines.join('\n')))).toBe(hex)
})

test.each(of('EF.DG1'))('$id: findings tell whether its check digits are right', ({ hex, checkDigitsValid }) => {
  expect(parseDg1(fromHex(hex)).mrz.findings.length === 0).toBe(checkDigitsValid)
})

test.each(of('EF.DG11'))('$id has the published fields and is built again as it was', ({ hex, fields }) => {
  const { tagList = [], ...dg11 } = parseDg11(fromHex(hex))
  expect({ ...dg11, tagList: tagsOf(tagList) }).toMatchObject(fields)
  expect(toHex(buildDg11({ ...dg11, tagList }))).toBe(hex)
})

test.each(of('EF.DG12'))('$id has the published fields and is built again as it was', ({ hex, fields }) => {
  const { tagList = [], ...dg12 } = parseDg12(fromHex(hex))
  expect({ ...dg12, tagList: tagsOf(tagList) }).toMatchObject(fields)
  expect(toHex(buildDg12({ ...dg12, tagList }))).toBe(hex)
})

test.each(of('EF.DG15'))('$id holds the published RSA key', ({ hex, fields, sha256 }) => {
  const { spki, algorithmOid } = parseDg15(fromHex(hex))
  expect(algorithmOid).toBe('1.2.840.113549.1.1.1')
  const key = importPublicKey(spki)
  if (key.kind !== 'rsa') return expect.unreachable()
  expect(toHex(key.modulus)).toBe(fields.modulus)
  expect(toHex(key.exponent)).toBe(fields.publicExponent)
  expect(toHex(buildDg15(spki))).toBe(hex)
  expect(createHash('sha256').update(buildDg15(spki)).digest('hex').toUpperCase()).toBe(sha256)
})

test.each(of('EF.DG16'))('$id names the published persons', ({ hex, fields }) => {
  const { persons } = parseDg16(fromHex(hex))
  expect(persons).toEqual(fields.persons)
  expect(toHex(buildDg16(persons))).toBe(hex)
})

test.each(of('EF.DIR'))('$id names the published applications', ({ hex, fields }) => {
  const applications = parseDir(fromHex(hex))
  expect(applications.map(({ aid }) => toHex(aid))).toEqual(fields.applicationIdentifiers)
  expect(toHex(buildDir(applications))).toBe(hex)
})

test.each(accepted.filter(({ md5 }) => md5))(
  '$id has the MD5 sum that TR-03105-5.1 §8.3 prints',
  ({ id, file, md5, mrzLines }) => {
    const built =
      file === 'EF.DG1'
        ? buildDg1(mrzLines ?? [])
        : buildCom({ ldsVersion: '0107', unicodeVersion: '040000', dataGroups: [1, 2, 3, 4, 14] })
    expect(createHash('md5').update(built).digest('hex'), id).toBe(md5)
  },
)
