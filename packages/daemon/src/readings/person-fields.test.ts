import { holders, testDocument, withFile } from '@cccd/fixtures'
import { parseCardQr, parseMrz } from '@cccd/mrz'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldDifferences, personFields } from './person-fields.ts'

const made = await testDocument()
const { files } = made.document
const qr = parseCardQr(made.qr)
const mrz = parseMrz(made.mrzLines)
const value = (fields: ReturnType<typeof personFields>, name: string) => {
  const field = fields.find(one => one.name === name)
  return field && `${field.source}: ${field.value}`
}

describe('the fields of a person', () => {
  test('come from DG13 as the card spells them, and from DG1 what only that says', () => {
    const fields = personFields(files)
    expect(new Set(fields.map(({ source }) => source))).toEqual(new Set(['chip']))
    expect(Object.fromEntries(fields.map(({ name, value }) => [name, value]))).toEqual({
      personalNumber: '999190012345',
      fullName: 'Nguyễn Thị Thử Nghiệm',
      dateOfBirth: '15/05/1990',
      sex: 'female',
      nationality: 'Việt Nam',
      ethnicity: 'Kinh',
      religion: 'Không',
      placeOfOrigin: made.holder.placeOfOrigin,
      placeOfResidence: made.holder.placeOfResidence,
      identifyingFeatures: made.holder.identifyingFeatures,
      dateOfIssue: '10/08/2021',
      dateOfExpiry: '15/05/2030',
      father: 'Nguyễn Văn Ví Dụ',
      mother: 'Trần Thị Mẫu',
      spouse: 'Lê Văn Giả Định',
      oldNumber: '999000001',
      documentNumber: '190012345',
    })
  })

  test('of DG1 alone have the name in capitals, and dates with their century', () => {
    const fields = personFields({ 'EF.DG1': files['EF.DG1'] as Uint8Array })
    expect(value(fields, 'fullName')).toBe('chip: NGUYEN THI THU NGHIEM')
    expect(value(fields, 'dateOfBirth')).toBe('chip: 15/05/1990')
    expect(value(fields, 'dateOfExpiry')).toBe('chip: 15/05/2030')
    expect(value(fields, 'nationality')).toBe('chip: Việt Nam')
  })

  test('before the chip is read are the printed ones, each with its source', () => {
    const fields = personFields({}, { qr, mrz, personalNumber: '999190012345' })
    expect(value(fields, 'fullName')).toBe('mrz: NGUYEN THI THU NGHIEM')
    expect(value(fields, 'placeOfResidence')).toBe(`qr: ${made.holder.placeOfResidence}`)
    expect(value(personFields({}, { personalNumber: '999190012345' }), 'personalNumber')).toBe('typed: 999190012345')
  })

  test('of a card that does not expire say so in words', async () => {
    const senior = await testDocument({ holder: holders.senior })
    const whole = personFields(senior.document.files)
    expect(value(whole, 'dateOfExpiry')).toBe('chip: Không thời hạn')
    expect(value(whole, 'dateOfBirth')).toBe('chip: 1948')
    const dg1 = personFields({ 'EF.DG1': senior.document.files['EF.DG1'] as Uint8Array })
    expect(value(dg1, 'dateOfExpiry')).toBe('chip: Không thời hạn')
  })

  test('of one parent alone name neither: nobody can tell whose it is', async () => {
    const one = await testDocument({ holder: { ...holders.woman, parents: ['Nguyễn Văn Ví Dụ'] } })
    const fields = personFields(one.document.files)
    expect(value(fields, 'father')).toBeUndefined()
    expect(value(fields, 'mother')).toBeUndefined()
  })

  test('of bytes that are no file are none, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (dg1, dg13) => {
        expect(personFields({ 'EF.DG1': dg1, 'EF.DG13': dg13 }).every(({ source }) => source === 'chip')).toBe(true)
      }),
    )
  })
})

describe('what differs between chip and print', () => {
  test('is nothing on an honest card, whatever was scanned', async () => {
    for (const holder of Object.values(holders)) {
      const one = await testDocument({ holder })
      const printed = { qr: parseCardQr(one.qr), mrz: parseMrz(one.mrzLines), personalNumber: holder.personalNumber }
      expect([holder.fullName, fieldDifferences(one.document.files, printed)]).toEqual([holder.fullName, []])
      // With DG1 alone the name has no marks to compare.
      const dg1 = { 'EF.DG1': one.document.files['EF.DG1'] as Uint8Array }
      expect([holder.fullName, fieldDifferences(dg1, printed)]).toEqual([holder.fullName, []])
    }
  })

  test('is told by field, source and kind, and never by value', () => {
    const other = parseCardQr(made.qr.replace('Thử Nghiệm', 'Thu Nghiêm').replace('15051990', '16051990'))
    expect(fieldDifferences(files, { qr: other })).toEqual([
      { name: 'fullName', source: 'qr', kind: 'diacritics' },
      { name: 'dateOfBirth', source: 'qr', kind: 'differs' },
    ])
    expect(fieldDifferences(files, { personalNumber: '999190012346' })).toEqual([
      { name: 'personalNumber', source: 'typed', kind: 'differs' },
    ])
  })

  test('is not told of a field that one side lacks', () => {
    const without = withFile(files, 'EF.DG13', undefined)
    const names = fieldDifferences(without, { qr }).map(({ name }) => name)
    expect(names).toEqual([])
  })
})
