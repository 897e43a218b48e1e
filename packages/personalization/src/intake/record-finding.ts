import type { Holder, HolderFindingReason } from './holder.ts'

/** Why a record, or the line that should have held one, is not as it should be. */
export type RecordReason =
  | HolderFindingReason
  | 'not-json'
  | 'not-csv'
  | 'too-long'
  | 'not-a-record'
  | 'unknown-field'
  | 'duplicate-number'
  | 'duplicate-person'
  | 'duplicate-portrait'
  | 'expiry-rule'
  | 'mrz-letters'
  | 'mrz-truncated'
  | 'portrait-file'
  | 'portrait-bytes'
  | 'portrait-pixels'
  | 'portrait-proportions'

export type RecordField = keyof Holder | 'record'

/** An error sends the record back with its reason and place; a warning is counted and the record goes on. */
export interface RecordFinding {
  readonly field: RecordField
  readonly reason: RecordReason
  readonly severity: 'error' | 'warning'
  /** The line that had it first, for duplicates. */
  readonly firstLine?: number
}

interface Words {
  readonly vi: string
  readonly en: string
}

/** Each reason in a sentence for the people who have to mend the record. */
export const REASON_WORDS: Readonly<Record<RecordReason, Words>> = {
  missing: { vi: 'Thiếu giá trị.', en: 'A value is missing.' },
  'not-text': {
    vi: 'Giá trị không phải chữ, hoặc danh sách sai dạng.',
    en: 'A value is no text, or a list is not one.',
  },
  'not-nfc': { vi: 'Chữ chưa ở dạng Unicode NFC.', en: 'A text is not in Unicode NFC.' },
  letters: { vi: 'Có ký tự không được dùng ở đây.', en: 'There is a character that is not allowed here.' },
  digits: { vi: 'Số không đúng dạng.', en: 'A number has not the right digits.' },
  date: { vi: 'Ngày không đúng dạng hoặc không có thật.', en: 'A date is malformed or on no calendar.' },
  'date-order': { vi: 'Các ngày không đúng thứ tự.', en: 'The dates are not in order.' },
  'number-against-record': {
    vi: 'Số định danh không khớp giới tính hoặc năm sinh.',
    en: 'The personal number does not fit sex or year of birth.',
  },
  'number-place': { vi: 'Mã tỉnh trong số định danh không có trong bảng.', en: 'The province code is in no table.' },
  'portrait-missing': { vi: 'Thiếu ảnh chân dung.', en: 'The portrait is missing.' },
  'portrait-format': { vi: 'Ảnh không phải JPEG hay JPEG 2000.', en: 'The portrait is neither JPEG nor JPEG 2000.' },
  'portrait-under-six': { vi: 'Trẻ dưới sáu tuổi không in ảnh.', en: 'A holder under six has no portrait.' },
  'not-json': { vi: 'Dòng không phải JSON.', en: 'The line is no JSON.' },
  'not-csv': {
    vi: 'Dòng CSV sai số cột hoặc sai dấu ngoặc kép.',
    en: 'A CSV line has other columns or a stray quote.',
  },
  'too-long': { vi: 'Bản ghi quá dài.', en: 'The record is too long.' },
  'not-a-record': { vi: 'Dòng không phải một bản ghi.', en: 'The line is no record.' },
  'unknown-field': { vi: 'Có trường không ai biết.', en: 'There is a field that nobody knows.' },
  'duplicate-number': { vi: 'Số định danh đã có trong lô.', en: 'The personal number stands in the batch already.' },
  'duplicate-person': {
    vi: 'Cùng một người (họ tên, ngày sinh, giới tính, quê quán) đã có với số khác.',
    en: 'The same person (name, birth, sex, origin) stands there under another number.',
  },
  'duplicate-portrait': { vi: 'Ảnh này đã dùng cho người khác.', en: 'The same picture stands with another person.' },
  'expiry-rule': { vi: 'Ngày hết hạn khác với luật.', en: 'The date of expiry is not what the law gives.' },
  'mrz-letters': { vi: 'Có chữ không viết được trong MRZ.', en: 'A letter has no form in the MRZ.' },
  'mrz-truncated': { vi: 'Họ tên bị cắt bớt trong MRZ.', en: 'The name is truncated in the MRZ.' },
  'portrait-file': {
    vi: 'Không thấy tệp ảnh, hoặc tên tệp sai.',
    en: 'The picture file is not there, or is named wrong.',
  },
  'portrait-bytes': { vi: 'Tệp ảnh quá nhỏ hoặc quá lớn.', en: 'The picture file is too small or too large.' },
  'portrait-pixels': { vi: 'Ảnh có quá ít điểm ảnh.', en: 'The picture has too few pixels.' },
  'portrait-proportions': { vi: 'Tỷ lệ ảnh không phải chân dung 3:4.', en: 'The picture is not in proportion 3:4.' },
}
