import type { ScannerDamage, ScannerEvent } from '@cccd/card-reader/scanner'
import { type AccessAttempt, formatPartialDate, type PartialDate, type Scan, type ScanDamage } from '@cccd/mrz'
import type { Text } from './language.ts'
import { table } from './output.ts'

type Pick = (text: Text) => string

/** An event of a scanner as lines for people. */
export function eventLines(event: ScannerEvent, pick: Pick): string[] {
  const head = (text: Text): string => `${clock(event.at)}  ${event.scanner.label}: ${pick(text)}`
  switch (event.kind) {
    case 'connected':
      return [head({ vi: 'đã kết nối', en: 'connected' })]
    case 'disconnected':
      return [head({ vi: 'đã ngắt', en: 'disconnected' })]
    case 'damaged':
      return [head(damageText(event.damage)), ...remedyLines(event.damage)]
    case 'scan': {
      const { scan, accessKeys } = event
      return [head(KINDS[scan.kind]), ...scanTable(scan, accessKeys, pick), ...scanNotes(scan, pick)]
    }
  }
}

/** The fields of a scan, and what opens the chip, as a table. */
export function scanTable(scan: Scan, accessKeys: readonly AccessAttempt[], pick: Pick): string[] {
  return table([
    ...fields(scan).map(([title, value]) => [pick(title), value || '–'] as const),
    [pick({ vi: 'Khóa mở chip', en: 'Chip access' }), accessText(accessKeys, pick)],
  ])
}

/** The keys in the order in which they are tried, and how many tries that is at most. */
export function accessText(accessKeys: readonly AccessAttempt[], pick: Pick): string {
  const can = accessKeys.find(key => key.kind === 'CAN')?.can
  const bac = accessKeys.filter(({ kind }) => kind === 'BAC').length
  const keys = [...(can === undefined ? [] : [`CAN ${can}`]), ...(bac > 0 ? [`BAC × ${bac}`] : [])].join(', ')
  const tries = accessKeys.length
  if (tries === 0) return '–'
  return `${keys} (${pick({ vi: `nhiều nhất ${tries} lần thử`, en: tries === 1 ? 'one try' : `${tries} tries at most` })})`
}

/** What a scan lost on its way, and what was put right. */
export function scanNotes(scan: Scan, pick: Pick): string[] {
  return [...scan.damage.map(damage => `! ${pick(SCAN_DAMAGE[damage])}`), ...repairLines(scan, pick)]
}

/** Hours, minutes and seconds of this desk. */
function clock(at: string): string {
  const date = new Date(at)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(part => String(part).padStart(2, '0')).join(':')
}

const KINDS: Readonly<Record<Scan['kind'], Text>> = {
  'card-qr': { vi: 'mã QR thẻ căn cước', en: 'QR of an ID card' },
  'insurance-qr': { vi: 'mã QR thẻ bảo hiểm y tế', en: 'QR of a health insurance card' },
  mrz: { vi: 'MRZ', en: 'MRZ' },
  'vneid-or-unknown': { vi: 'mã không rõ loại (hoặc mã của VNeID)', en: 'unknown code (or one of VNeID)' },
}

const TITLES = {
  personalNumber: { vi: 'Số định danh', en: 'Personal number' },
  cardNumber: { vi: 'Số thẻ BHYT', en: 'Insurance card' },
  documentNumber: { vi: 'Số giấy tờ', en: 'Document number' },
  fullName: { vi: 'Họ và tên', en: 'Full name' },
  dateOfBirth: { vi: 'Ngày sinh', en: 'Date of birth' },
  sex: { vi: 'Giới tính', en: 'Sex' },
  address: { vi: 'Địa chỉ', en: 'Address' },
  dateOfIssue: { vi: 'Ngày cấp', en: 'Date of issue' },
  dateOfExpiry: { vi: 'Hết hạn', en: 'Date of expiry' },
  validTo: { vi: 'Giá trị đến', en: 'Valid to' },
  text: { vi: 'Nội dung', en: 'Text' },
} as const satisfies Record<string, Text>

function fields(scan: Scan): (readonly [Text, string])[] {
  const date = (value: PartialDate | null): string => (value === null ? '' : formatPartialDate(value))
  switch (scan.kind) {
    case 'card-qr': {
      const { qr } = scan
      return [
        [TITLES.personalNumber, qr.personalNumber],
        [TITLES.fullName, qr.fullName],
        [TITLES.dateOfBirth, date(qr.dateOfBirth)],
        [TITLES.sex, qr.sexText],
        [TITLES.address, qr.address],
        [TITLES.dateOfIssue, date(qr.dateOfIssue)],
      ]
    }
    case 'insurance-qr': {
      const { insurance } = scan
      return [
        [TITLES.cardNumber, insurance.cardNumber],
        [TITLES.fullName, insurance.fullName],
        [TITLES.dateOfBirth, date(insurance.dateOfBirth)],
        [TITLES.address, insurance.address ?? ''],
        [TITLES.validTo, date(insurance.validTo)],
      ]
    }
    case 'mrz': {
      const { mrz } = scan
      if (mrz === null) return [[TITLES.text, scan.text.replaceAll('\n', ' ')]]
      return [
        [TITLES.documentNumber, mrz.documentNumber],
        [TITLES.fullName, `${mrz.primaryIdentifier} ${mrz.secondaryIdentifier}`.trim()],
        [TITLES.dateOfBirth, mrz.dateOfBirth],
        [TITLES.sex, mrz.sex],
        [TITLES.dateOfExpiry, mrz.dateOfExpiry],
      ]
    }
    case 'vneid-or-unknown':
      return [
        ...(scan.personalNumber === null ? [] : [[TITLES.personalNumber, scan.personalNumber] as const]),
        ...(scan.insuranceCardNumber === null ? [] : [[TITLES.cardNumber, scan.insuranceCardNumber] as const]),
        [TITLES.text, scan.text.replaceAll('\n', ' ')],
      ]
  }
}

function repairLines(scan: Scan, pick: Pick): string[] {
  if (scan.kind !== 'mrz' || scan.repair.status === 'unchanged') return []
  const { status, changes, candidates } = scan.repair
  const counts = { vi: `${changes.length} chỗ sửa`, en: `${changes.length} changes` }
  const several = { vi: `${candidates.length} cách đọc có thể`, en: `${candidates.length} possible readings` }
  return [`! ${pick({ vi: 'MRZ', en: 'MRZ' })} ${status}: ${pick(candidates.length > 0 ? several : counts)}`]
}

const SCAN_DAMAGE: Readonly<Record<ScanDamage, Text>> = {
  SEPARATORS_LOST: {
    vi: 'Mất dấu | giữa các trường; đã ghép lại được phần nào thì hiện phần ấy.',
    en: 'The separators are lost; what could be put back is shown.',
  },
  SEPARATORS_REPLACED: { vi: 'Dấu | bị thay bằng dấu khác.', en: 'The separators came as another sign.' },
  TELEX_KEYS: {
    vi: 'Chữ Việt bị gõ thành phím Telex: tắt bộ gõ, hoặc dùng máy quét ở chế độ COM.',
    en: 'Letters came as Telex keys: switch the input method off, or use the scanner as a serial port.',
  },
  VNI_KEYS: {
    vi: 'Chữ Việt bị gõ thành phím VNI: tắt bộ gõ, hoặc dùng máy quét ở chế độ COM.',
    en: 'Letters came as VNI keys: switch the input method off, or use the scanner as a serial port.',
  },
  LETTERS_LOST: {
    vi: 'Mất chữ tiếng Việt: đừng dùng họ tên này; đặt máy quét ở chế độ COM và UTF-8.',
    en: 'Vietnamese letters are lost: do not use this name; set the scanner to serial mode and UTF-8.',
  },
  NO_VIETNAMESE_LETTERS: {
    vi: 'Không có chữ nào mang dấu: hãy so với thẻ.',
    en: 'No letter has a mark: compare with the card.',
  },
  TEXT_CUT: { vi: 'Thiếu phần cuối: quét lại.', en: 'The end is missing: scan again.' },
  SEVERAL_TEXTS: {
    vi: 'Hai thẻ dính vào nhau: quét lại từng thẻ.',
    en: 'Two cards in one text: scan them one by one.',
  },
}

function damageText(damage: ScannerDamage): Text {
  const n = damage.code === 'CANNOT_OPEN' ? 0 : damage.bytes.length
  switch (damage.code) {
    case 'TOO_LONG':
      return { vi: `dữ liệu quá dài, bỏ ${n} byte`, en: `too long for any code, ${n} bytes set aside` }
    case 'NOT_UTF8':
      return {
        vi: `${n} byte không phải UTF-8: đặt lại bảng mã của máy quét`,
        en: `${n} bytes are not UTF-8: set the character set of the scanner`,
      }
    case 'CUT_OFF':
      return { vi: `bị ngắt giữa chừng sau ${n} byte: quét lại`, en: `cut off after ${n} bytes: scan again` }
    case 'REPORT_MALFORMED':
      return {
        vi: `báo cáo HID sai (${damage.fault}): quét lại`,
        en: `malformed HID report (${damage.fault}): scan again`,
      }
    case 'CANNOT_OPEN':
      return { vi: OPEN_FAULTS[damage.reason].vi, en: OPEN_FAULTS[damage.reason].en }
  }
}

const OPEN_FAULTS: Readonly<Record<(ScannerDamage & { code: 'CANNOT_OPEN' })['reason'], Text>> = {
  busy: { vi: 'chương trình khác đang giữ máy quét', en: 'another program holds the scanner' },
  denied: { vi: 'không có quyền mở máy quét', en: 'no permission to open the scanner' },
  failed: { vi: 'không mở được máy quét', en: 'the scanner cannot be opened' },
  'driver-missing': { vi: 'chưa cài phần nối cho loại máy quét này', en: 'the binding for this kind is not installed' },
}

function remedyLines(damage: ScannerDamage): string[] {
  return damage.code === 'CANNOT_OPEN' ? [`  ${damage.message}`, `  → ${damage.remedy}`] : []
}
