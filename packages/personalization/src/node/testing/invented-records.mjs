// Invented records for tests and measurements: province 999, names of no real person. Each line is good, or has one fault
// of a known kind.

const FAMILY = [
  'NGUYỄN',
  'TRẦN',
  'LÊ',
  'PHẠM',
  'HUỲNH',
  'HOÀNG',
  'PHAN',
  'VŨ',
  'ĐẶNG',
  'BÙI',
  'ĐỖ',
  'HỒ',
  'NGÔ',
  'DƯƠNG',
  'LÝ',
]
const MIDDLE = ['VĂN', 'THỊ', 'HỮU', 'ĐỨC', 'MINH', 'NGỌC', 'THANH', 'QUỐC', 'HOÀI', 'KIM']
const GIVEN = [
  'THỬ',
  'MẪU',
  'GIẢ',
  'ĐỊNH',
  'NGHIỆM',
  'ẢO',
  'VÍ',
  'DỤ',
  'TẠM',
  'TƯỞNG',
  'HƯỚNG',
  'ƯỚC',
  'ĐẠT',
  'PHỎNG',
  'ỨNG',
]

const two = n => String(n).padStart(2, '0')
const pick = (list, n) => list[n % list.length]

/** The n-th good record; any two differ in number and in person. */
export function goodRecord(n) {
  const female = n % 2
  const year = 1950 + ((n * 7) % 55)
  const century = year < 2000 ? female : 2 + female
  // Born too early for the years in which expiry is near, issued in 2025: the law of 2023 counts.
  const [day, month] = [1 + (n % 28), 1 + (Math.floor(n / 28) % 12)]
  const age = 2025 - year - (month > 3 || (month === 3 && day > 1) ? 1 : 0)
  const milestone = [14, 25, 40, 60].find(one => age < one - 2)
  const serial = String(n).padStart(7, '0')
  // 999 is no province: the number is told as such in a warning, and in no other.
  return {
    personalNumber: `999${century}${two(year % 100)}${serial.slice(-6)}`,
    fullName: `${pick(FAMILY, n)} ${pick(MIDDLE, Math.floor(n / 15))} ${pick(GIVEN, Math.floor(n / 150))}`,
    dateOfBirth: `${two(day)}/${two(month)}/${year}`,
    sex: female ? 'female' : 'male',
    nationality: 'Việt Nam',
    ethnicity: 'Kinh',
    religion: 'Không',
    placeOfOrigin: `Xã Mẫu ${n}, Tỉnh Giả Định`,
    placeOfResidence: `Số ${1 + (n % 500)}, Đường Thử Nghiệm, Phường Mẫu, Tỉnh Giả Định`,
    identifyingFeatures: 'Nốt ruồi (không có thật)',
    dateOfIssue: '01/03/2025',
    dateOfExpiry: milestone === undefined ? null : `${two(day)}/${two(month)}/${year + milestone}`,
    parents: ['TRẦN VĂN GIẢ', 'LÊ THỊ ĐỊNH'],
    portrait: 'mau.jpg',
  }
}

const change = values => record => JSON.stringify({ ...record, ...values })

/** Kinds of fault: the reason that the intake has to give, its severity, and the line. */
export const FAULTS = [
  { reason: 'not-json', line: record => JSON.stringify(record).slice(0, -5) },
  { reason: 'not-a-record', line: () => '[1,2,3]' },
  { reason: 'unknown-field', line: change({ nickname: 'x' }) },
  { reason: 'missing', line: change({ ethnicity: undefined }) },
  { reason: 'missing', line: change({ placeOfOrigin: '' }) },
  { reason: 'not-text', line: change({ religion: 7 }) },
  { reason: 'not-text', line: change({ parents: 'TRẦN VĂN GIẢ' }) },
  { reason: 'not-nfc', line: record => JSON.stringify({ ...record, fullName: record.fullName.normalize('NFD') }) },
  { reason: 'letters', line: change({ fullName: 'NGUYỄN V4N THỬ' }) },
  { reason: 'letters', line: change({ placeOfResidence: 'Số 1 <script>' }) },
  { reason: 'digits', line: record => JSON.stringify({ ...record, personalNumber: record.personalNumber.slice(1) }) },
  { reason: 'digits', line: change({ oldNumber: '12345' }) },
  { reason: 'date', line: change({ dateOfBirth: '31/02/1990' }) },
  { reason: 'date', line: change({ dateOfIssue: '2025-03-01' }) },
  { reason: 'date', line: change({ dateOfExpiry: '1/1/2040' }) },
  { reason: 'date-order', line: change({ dateOfExpiry: '01/03/2020' }) },
  { reason: 'portrait-missing', line: change({ portrait: undefined }) },
  { reason: 'mrz-letters', line: change({ fullName: 'NGUYỄN ꝏ THỬ' }) },
  {
    reason: 'duplicate-number',
    line: (record, first) => JSON.stringify({ ...record, personalNumber: first.personalNumber }),
  },
  {
    reason: 'duplicate-person',
    line: (record, first) => JSON.stringify({ ...first, personalNumber: record.personalNumber }),
  },
]

/** One fault in twenty-five lines: four in a hundred. */
const EVERY = 25

/**
 * `count` lines and, in `expected`, how often each reason has to be found. The first line is good: duplicates are its.
 */
export function* inventedLines(count, expected = new Map()) {
  const first = goodRecord(0)
  for (let n = 0, fault = 0; n < count; n++) {
    const record = goodRecord(n)
    if (n % EVERY !== EVERY - 1) {
      yield JSON.stringify(record)
      continue
    }
    const kind = FAULTS[fault++ % FAULTS.length]
    expected.set(kind.reason, (expected.get(kind.reason) ?? 0) + 1)
    yield kind.line(record, first)
  }
}
