import { parseDg1, parseDg13 } from '@cccd/card-core'
import {
  accessKeysFromQr,
  computeExpiry,
  type FullDate,
  formatPartialDate,
  parseCardQr,
  parseMrz,
  parseVietnameseMrz,
} from '@cccd/mrz'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkHolder, type Holder, recordDate } from '../intake/holder.ts'
import { buildLds } from './build-lds.ts'
import { holderBacKey, mrzLines } from './mrz-lines.ts'
import { cardQrText } from './qr-text.ts'

const SYLLABLES = ['Nguyễn', 'Đặng', 'Ước', 'Ỷ', 'Quỳnh', 'Phượng', 'Ẵm', 'Hổ', 'Lưỡng', 'Ơn', 'Kỹ', 'Thuỵ', 'Bé', 'Ê']
const letters = fc.array(fc.constantFrom(...SYLLABLES), { minLength: 1, maxLength: 12 }).map(words => words.join(' '))

/** A holder whose card follows the rule of expiry, born from 1920, issued from 2021. */
const anyHolder: fc.Arbitrary<Holder> = fc
  .record({
    birth: fc.date({ min: new Date('1920-01-01'), max: new Date('2020-12-31'), noInvalidDate: true }),
    issue: fc.date({ min: new Date('2021-01-01'), max: new Date('2026-06-30'), noInvalidDate: true }),
    serial: fc.nat(999_999),
    male: fc.boolean(),
    fullName: letters,
    place: letters,
    oldNumber: fc.option(fc.constantFrom('', '999000001', '999000000001'), { nil: undefined }),
    parents: fc.option(fc.array(letters, { maxLength: 2 }), { nil: undefined }),
    spouse: fc.option(letters, { nil: undefined }),
  })
  .map(({ birth, issue, serial, male, fullName, place, oldNumber, parents, spouse }) => {
    const full = (date: Date): FullDate => ({
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
    })
    const { dateOfExpiry } = computeExpiry({ dateOfBirth: full(birth), dateOfIssue: full(issue) })
    const century = (birth.getUTCFullYear() < 2000 ? 0 : 2) + (male ? 0 : 1)
    const year = String(birth.getUTCFullYear() % 100).padStart(2, '0')
    return {
      personalNumber: `999${century}${year}${String(serial).padStart(6, '0')}`,
      fullName,
      dateOfBirth: formatPartialDate(full(birth)),
      sex: male ? 'male' : 'female',
      nationality: 'Việt Nam',
      ethnicity: 'Kinh',
      religion: 'Không',
      placeOfOrigin: place,
      placeOfResidence: place,
      identifyingFeatures: place,
      dateOfIssue: formatPartialDate(full(issue)),
      dateOfExpiry: dateOfExpiry && formatPartialDate(dateOfExpiry),
      ...(oldNumber === undefined ? {} : { oldNumber }),
      ...(parents === undefined ? {} : { parents }),
      ...(spouse === undefined ? {} : { spouse }),
    }
  })

test('every holder passes intake, and QR and MRZ give the record back', () => {
  fc.assert(
    fc.property(anyHolder, fc.constantFrom('2021' as const, '2024' as const), (one, variant) => {
      const portrait = Uint8Array.of(0xff, 0xd8, 0xff)
      expect(checkHolder({ ...one, portrait }).holder).not.toBeNull()
      const qr = parseCardQr(cardQrText(one, variant))
      expect(qr).toMatchObject({
        variant,
        personalNumber: one.personalNumber,
        fullName: one.fullName,
        sex: one.sex,
        address: one.placeOfResidence,
        dateOfBirth: recordDate(one.dateOfBirth),
        dateOfIssue: recordDate(one.dateOfIssue),
      })
      const mrz = parseMrz(mrzLines(one))
      expect(mrz.findings).toEqual([])
      const card = parseVietnameseMrz(mrz)
      expect(card.findings).toEqual([])
      expect(card).toMatchObject({
        personalNumber: one.personalNumber,
        sex: one.sex,
        dateOfBirth: recordDate(one.dateOfBirth),
      })
    }),
  )
})

test('the QR alone opens every card: the right BAC key is the first one tried', () => {
  fc.assert(
    fc.property(anyHolder, one => {
      const keys = accessKeysFromQr(cardQrText(one, '2021'))
      expect(keys.bac[0]).toEqual(holderBacKey(one))
      expect(keys.can).toBe(one.personalNumber.slice(6))
    }),
  )
})

test('DG1 and DG13 of every holder parse back to the record', () => {
  fc.assert(
    fc.property(anyHolder, one => {
      const files = buildLds(one)
      const { mrz } = parseDg1(files['EF.DG1'] as Uint8Array)
      expect(mrz.lines).toEqual(mrzLines(one))
      expect(mrz.findings).toEqual([])
      const fields = parseDg13(files['EF.DG13'] as Uint8Array)
      expect(fields).toMatchObject({
        version: 1,
        oid: '1.0.10646.1.0.8',
        personalNumber: one.personalNumber,
        fullName: one.fullName,
        dateOfBirth: one.dateOfBirth,
        sex: one.sex === 'male' ? 'Nam' : 'Nữ',
        nationality: one.nationality,
        ethnicity: one.ethnicity,
        religion: one.religion,
        placeOfOrigin: one.placeOfOrigin,
        placeOfResidence: one.placeOfResidence,
        identifyingFeatures: one.identifyingFeatures,
        dateOfIssue: one.dateOfIssue,
        dateOfExpiry: one.dateOfExpiry ?? 'Không thời hạn',
        unknown: [],
      })
      expect([fields.parents, fields.spouse, fields.oldNumber]).toEqual([one.parents, one.spouse, one.oldNumber])
    }),
  )
})
