import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex, utf8 } from '../bytes.ts'
import { tlv } from '../tlv.ts'
import { buildDg11, parseDg11 } from './dg11.ts'
import { buildDg12, parseDg12 } from './dg12.ts'

test('dates in BCD read as the same digits as dates in text', () => {
  const dates = { dateOfIssue: '20240101', timeOfPersonalization: '20240101123059' }
  const text = buildDg12(dates)
  const bcd = buildDg12({ ...dates, dateForm: 'bcd' })
  expect(bcd.length).toBe(text.length - 4 - 7)
  expect(parseDg12(text)).toMatchObject({ ...dates, dateForm: 'text' })
  expect(parseDg12(bcd)).toMatchObject({ ...dates, dateForm: 'bcd' })
  expect(buildDg12(parseDg12(bcd))).toEqual(bcd)
})

test('a BCD date with a digit above 9 is refused with tag and offset', () => {
  const file = fromHex('6C0B5C025F265F260420240A01')
  expect(() => parseDg12(file)).toThrow(
    expect.objectContaining({ code: 'LDS_MALFORMED', facts: { file: 'EF.DG12', tag: 0x5f26, offset: 6 } }),
  )
})

test('a birth date may have unknown parts as fillers', () => {
  expect(parseDg11(buildDg11({ dateOfBirth: '1999<<<<' })).dateOfBirth).toBe('1999<<<<')
})

test('an object that the file does not define is kept and written again', () => {
  const name = tlv(0x5f0e, utf8('A<<B'))
  const file = tlv(0x6b, fromHex('5C025F0E'), name, tlv(0x5f7f, utf8('?')), name)
  const parsed = parseDg11(file)
  expect(parsed.unknown.map(({ tag }) => tag)).toEqual([0x5f7f, 0x5f0e])
  expect(buildDg11(parsed)).toEqual(file)
})

test('letters of ISO 8859-1, which older cards write, are read', () => {
  const file = tlv(0x6b, fromHex('5C025F11'), tlv(0x5f11, fromHex('4DC46E')))
  expect(parseDg11(file).placeOfBirth).toBe('MÄn')
})

test('a tag list may end with a tag of one byte', () => {
  const file = fromHex('6B105C035F0EA0A0060201015F0F005F0E00')
  expect(parseDg11(file)).toMatchObject({ tagList: [0x5f0e, 0xa0], otherNames: [''], nameOfHolder: '' })
})

test('names stand in the template unless the frame says otherwise', () => {
  expect(toHex(buildDg11({ otherNames: ['A', 'B'] }))).toBe('6B115C025F0FA00B0201025F0F01415F0F0142')
})

const word = fc.string({ unit: 'grapheme', maxLength: 12 })
const date = fc.stringMatching(/^[0-9]{8}$/)

test('parsing undoes building for any DG11 and DG12', () => {
  const dg11 = fc.record(
    {
      nameOfHolder: word,
      otherNames: fc.array(word, { minLength: 1, maxLength: 3 }),
      personalNumber: word,
      dateOfBirth: date,
      permanentAddress: word,
      proofOfCitizenship: fc.uint8Array({ maxLength: 20 }),
      custodyInformation: word,
    },
    { requiredKeys: [] },
  )
  const dg12 = fc.record(
    {
      issuingAuthority: word,
      dateOfIssue: date,
      otherPersons: fc.array(word, { minLength: 1, maxLength: 3 }),
      imageOfFront: fc.uint8Array({ maxLength: 20 }),
      dateForm: fc.constantFrom('text' as const, 'bcd' as const),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(dg11, given => {
      const parsed = parseDg11(buildDg11(given))
      expect(parsed).toMatchObject(given)
      expect(buildDg11(parsed)).toEqual(buildDg11(given))
    }),
  )
  fc.assert(
    fc.property(dg12, ({ dateForm, ...given }) => {
      const file = buildDg12(dateForm ? { ...given, dateForm } : given)
      const parsed = parseDg12(file)
      expect(parsed).toMatchObject(given)
      expect(buildDg12(parsed)).toEqual(file)
    }),
  )
})
