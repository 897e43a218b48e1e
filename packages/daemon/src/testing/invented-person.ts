import type { ReadPerson } from '../person.ts'

/** A person who does not exist, as a reading of a chip gives one. */
export function invented(given: Partial<ReadPerson> = {}): ReadPerson {
  return {
    requestId: 'r-0000000001',
    at: '2026-03-02T01:02:03.000Z',
    reader: 'Virtual PCD 00 00',
    fields: [
      { name: 'personalNumber', value: '999190000001', source: 'chip' },
      { name: 'fullName', value: 'TRẦN THỊ THỬ NGHIỆM', source: 'chip' },
      { name: 'dateOfBirth', value: '15/08/1990', source: 'chip' },
      { name: 'sex', value: 'female', source: 'chip' },
      { name: 'nationality', value: 'Việt Nam', source: 'chip' },
      { name: 'ethnicity', value: 'Kinh', source: 'chip' },
      { name: 'placeOfResidence', value: 'Số 1, Đường Thử Nghiệm, Phường Mẫu, Tỉnh Không Có', source: 'chip' },
      { name: 'dateOfIssue', value: '01/09/2024', source: 'chip' },
      { name: 'dateOfExpiry', value: '15/08/2030', source: 'chip' },
      { name: 'oldNumber', value: '999000001', source: 'qr' },
    ],
    verdict: { overall: 'successful', colour: 'green', policy: 'hospital', because: [] },
    ...given,
  }
}
