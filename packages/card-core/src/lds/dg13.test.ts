import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex, utf8 } from '../bytes.ts'
import { DER, derOid, derSequence, derSetOf, derUnsigned } from '../der.ts'
import { tlv } from '../tlv.ts'
import { buildDg13, parseDg13, type VietnameseFields } from './dg13.ts'

// Invented: number with province 999, one-letter places.
const EXAMPLE = fromHex(
  `
  6d82011730820113020101060628d316010008318201043011020101130c393939303939303030303031
  30140201020c0f4e677579e1bb856e2056c4836e2041300f020103130a30312f30312f31393939300802
  01040c034e616d300f0201050c0a5669e1bb8774204e616d30090201060c044b696e68300b0201070c06
  4b68c3b46e6730060201080c015830060201090c0159300602010a0c015a300f02010b130a30312f3031
  2f32303234301802010c0c134b68c3b46e67207468e1bb9d692068e1baa16e302602010d30210c0f4e67
  7579e1bb856e2056c4836e20420c0e5472e1baa76e205468e1bb8b2043300302010e300e02010f130939
  39393030303030313015020110131030313233343536373839414243444546`,
)

const FIELDS: VietnameseFields = {
  personalNumber: '999099000001',
  fullName: 'Nguyễn Văn A',
  dateOfBirth: '01/01/1999',
  sex: 'Nam',
  nationality: 'Việt Nam',
  ethnicity: 'Kinh',
  religion: 'Không',
  placeOfOrigin: 'X',
  placeOfResidence: 'Y',
  identifyingFeatures: 'Z',
  dateOfIssue: '01/01/2024',
  dateOfExpiry: 'Không thời hạn',
  parents: ['Nguyễn Văn B', 'Trần Thị C'],
  oldNumber: '999000001',
  chipField16: '0123456789ABCDEF',
}

function frame(...members: readonly Uint8Array[]): Uint8Array {
  return tlv(0x6d, derSequence(derUnsigned(1), derOid('1.0.10646.1.0.8'), tlv(DER.set, ...members)))
}
const text = (value: string) => tlv(DER.utf8String, utf8(value))

test('the synthetic example of 283 bytes has these fields, and its spouse pair is empty', () => {
  expect(EXAMPLE).toHaveLength(283)
  const { version, oid, unknown, order, ...fields } = parseDg13(EXAMPLE)
  expect({ version, oid, unknown }).toEqual({ version: 1, oid: '1.0.10646.1.0.8', unknown: [] })
  expect(order).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
  expect(fields).toEqual(FIELDS)
})

test('the synthetic example is built again to the byte, from what was parsed and from its fields alone', () => {
  expect(toHex(buildDg13(parseDg13(EXAMPLE)))).toBe(toHex(EXAMPLE))
  expect(toHex(buildDg13(FIELDS))).toBe(toHex(EXAMPLE))
})

test('the order of the SET is not enforced and is kept', () => {
  const file = frame(
    derSequence(derUnsigned(16), tlv(DER.printableString, utf8('00FF'))),
    derSequence(derUnsigned(2), text('Đỗ Thị Ơ')),
    derSequence(derUnsigned(1), tlv(DER.printableString, utf8('999000000000'))),
  )
  const parsed = parseDg13(file)
  expect(parsed).toMatchObject({ fullName: 'Đỗ Thị Ơ', personalNumber: '999000000000', chipField16: '00FF' })
  expect(parsed.order).toEqual([16, 2, 1])
  expect(buildDg13(parsed)).toEqual(file)
})

test('parents come out as one list whether they are two strings or two sequences', () => {
  const flat = derSequence(text('Lê A'), text('Lê B'))
  const nested = derSequence(derSequence(text('Lê A')), derSequence(derSequence(text('Lê B'))))
  for (const value of [flat, nested, derSetOf(text('Lê A'), text('Lê B'))]) {
    expect(parseDg13(frame(derSequence(derUnsigned(13), value))).parents).toEqual(['Lê A', 'Lê B'])
  }
})

test('a spouse that is there is read and built', () => {
  const fields = { ...FIELDS, spouse: 'Phạm Thị D' }
  expect(parseDg13(buildDg13(fields))).toMatchObject(fields)
})

test('an old number may be empty, and is then empty rather than absent', () => {
  const file = frame(derSequence(derUnsigned(15), Uint8Array.of(DER.printableString, 0)))
  expect(parseDg13(file).oldNumber).toBe('')
  expect(buildDg13(parseDg13(file))).toEqual(file)
  expect(parseDg13(frame()).oldNumber).toBeUndefined()
})

test('what is not known is kept verbatim: another number, another type, a second pair of one number', () => {
  const other = derSequence(derUnsigned(17), text('?'), derUnsigned(5))
  const number = derSequence(derUnsigned(8), derUnsigned(7))
  const second = derSequence(derUnsigned(2), text('Hai'))
  const bare = derSequence(derUnsigned(40))
  const first = derSequence(derUnsigned(2), text('Một'))
  const file = frame(other, number, first, second, bare)
  const parsed = parseDg13(file)
  expect(parsed.fullName).toBe('Một')
  expect(parsed.placeOfOrigin).toBeUndefined()
  expect(parsed.unknown).toEqual([
    { n: 17, raw: other },
    { n: 8, raw: number },
    { n: 2, raw: second },
    { n: 40, raw: bare },
  ])
  expect(buildDg13(parsed)).toEqual(file)
})

test('a length that is not DER is refused with its place, without the text beside it', () => {
  const file = EXAMPLE.slice()
  file[file.indexOf(0x30, 9)] = 0x31
  expect(() => parseDg13(file)).toThrow(
    expect.objectContaining({ code: 'LDS_MALFORMED', facts: expect.objectContaining({ file: 'EF.DG13' }) }),
  )
  const cut = EXAMPLE.subarray(0, 200)
  expect(() => parseDg13(cut)).toThrow(expect.objectContaining({ facts: { file: 'EF.DG13', tag: 0x6d, offset: 0 } }))
})

const word = fc.string({ unit: 'grapheme', maxLength: 20 })
const printable = fc.stringMatching(/^[0-9A-Z/]{0,16}$/)
const anyFields: fc.Arbitrary<VietnameseFields> = fc.record(
  {
    personalNumber: printable,
    fullName: word,
    dateOfBirth: printable,
    sex: word,
    nationality: word,
    ethnicity: word,
    religion: word,
    placeOfOrigin: word,
    placeOfResidence: word,
    identifyingFeatures: word,
    dateOfIssue: printable,
    dateOfExpiry: word,
    parents: fc.array(word, { maxLength: 3 }),
    spouse: word,
    oldNumber: printable,
    chipField16: printable,
  },
  { requiredKeys: [] },
)

test('parsing undoes building for any fields', () => {
  fc.assert(
    fc.property(anyFields, fields => {
      const file = buildDg13(fields)
      const parsed = parseDg13(file)
      const { version, oid, unknown, order, ...back } = parsed
      expect(back).toEqual(fields)
      expect(buildDg13(parsed)).toEqual(file)
    }),
  )
})
