import { FormatError } from '@cccd/mrz'
import { expect, test } from 'vitest'
import type { Holder } from '../intake/holder.ts'
import { holderBacKey, mrzLines } from './mrz-lines.ts'
import { cardQrText } from './qr-text.ts'

const holder: Holder = {
  personalNumber: '999160012345',
  fullName: 'Trần Thị Bé',
  dateOfBirth: '15/01/1960',
  sex: 'female',
  nationality: 'Việt Nam',
  ethnicity: 'Kinh',
  religion: 'Không',
  placeOfOrigin: 'Tỉnh Mẫu',
  placeOfResidence: 'Số 1, Phường Mẫu',
  identifyingFeatures: 'Không',
  dateOfIssue: '01/02/2022',
  dateOfExpiry: null,
  oldNumber: '999000001',
}

test('the lines are those of a known card of the same data', () => {
  expect(mrzLines({ ...holder, fullName: 'Trần Thị B' })).toEqual([
    'IDVNM1600123458999160012345<<7',
    '6001157F9912315VNM<<<<<<<<<<<8',
    'TRAN<<THI<B<<<<<<<<<<<<<<<<<<<',
  ])
})

test('the QR of 2021 has seven fields', () => {
  expect(cardQrText(holder, '2021')).toBe('999160012345|999000001|Trần Thị Bé|15011960|Nữ|Số 1, Phường Mẫu|01022022')
})

test('the QR of 2024 has four empty fields more, and an old number may be missing', () => {
  const { oldNumber: _none, ...rest } = holder
  expect(cardQrText({ ...rest, sex: 'male' }, '2024')).toBe(
    '999160012345||Trần Thị Bé|15011960|Nam|Số 1, Phường Mẫu|01022022||||',
  )
})

test('parts of the birth date that are not known stay unknown', () => {
  const year = { ...holder, dateOfBirth: '1960' }
  expect(cardQrText(year, '2021').split('|')[3]).toBe('1960')
  expect(mrzLines(year)[1]?.slice(0, 6)).toBe('60<<<<')
  const month = { ...holder, dateOfBirth: '01/1960' }
  expect(cardQrText(month, '2021').split('|')[3]).toBe('011960')
  expect(holderBacKey(month).dateOfBirth).toBe('6001<<')
})

test('a field with the separator makes no QR', () => {
  expect(() => cardQrText({ ...holder, placeOfResidence: 'A|B' }, '2021')).toThrow(FormatError)
})
