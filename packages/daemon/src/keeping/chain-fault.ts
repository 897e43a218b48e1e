/** The closed list of what can be wrong with a chain. */
export type ChainFaultCode =
  | 'TAIL_UNMARKED'
  | 'LINE_MALFORMED'
  | 'PREVIOUS_OTHER'
  | 'SEQUENCE_WRONG'
  | 'PROOF_WRONG'
  | 'MARK_WITHOUT_DAMAGE'
  | 'FIRST_ENTRY_WRONG'
  | 'SEGMENT_MISSING'
  | 'SEGMENT_TWICE'
  | 'EMPTY'
  | 'HEAD_MISSING'
  | 'HEAD_MALFORMED'
  | 'HEAD_PROOF_WRONG'
  | 'HEAD_OTHER'
  | 'CUT_OFF'
  | 'CHECKPOINT_MALFORMED'
  | 'CHECKPOINT_PROOF_WRONG'
  | 'CHECKPOINT_OTHER'
  | 'NOTED_OTHER'
  | 'KEY_OTHER'
  | 'KEY_NOT_GIVEN'
  | 'NOTED_TOO_OLD'
  | 'SEGMENT_LEFT_OVER'

/** What a fault means: the log was altered, nobody can tell, or it only is to be known. */
export type ChainFaultWeight = 'failed' | 'undetermined' | 'note'

/** Each fault in words. */
export const CHAIN_FAULTS: Readonly<
  Record<ChainFaultCode, { readonly weight: ChainFaultWeight; readonly vi: string; readonly en: string }>
> = {
  TAIL_UNMARKED: {
    weight: 'undetermined',
    vi: 'Sau dòng cuối còn những byte chưa được đánh dấu: máy tắt đột ngột, hoặc có người thêm vào. Lần khởi động sau sẽ đánh dấu.',
    en: 'Bytes follow the last entry that no mark tells of: a crash, or somebody added them. The next start marks them.',
  },
  LINE_MALFORMED: { weight: 'failed', vi: 'Dòng này không phải dòng nhật ký.', en: 'This line is no entry.' },
  PREVIOUS_OTHER: {
    weight: 'failed',
    vi: 'Dòng này không nối với dòng trước: dòng trước đã bị sửa, xóa, chèn hoặc đổi chỗ.',
    en: 'This line does not follow the one before: that was changed, removed, inserted or moved.',
  },
  SEQUENCE_WRONG: {
    weight: 'failed',
    vi: 'Số thứ tự của dòng này sai.',
    en: 'The sequence number of this line is wrong.',
  },
  PROOF_WRONG: {
    weight: 'failed',
    vi: 'Dòng này không do người giữ khóa ghi, hoặc đã bị sửa.',
    en: 'This line was not written by the holder of the key, or was changed.',
  },
  MARK_WITHOUT_DAMAGE: {
    weight: 'failed',
    vi: 'Dòng này nói về một chỗ hỏng không có ở đây.',
    en: 'This line tells of damage that is not here.',
  },
  FIRST_ENTRY_WRONG: {
    weight: 'failed',
    vi: 'Dòng đầu không mở đầu nhật ký này.',
    en: 'The first line does not open this log.',
  },
  SEGMENT_MISSING: { weight: 'failed', vi: 'Thiếu một tệp của nhật ký.', en: 'A file of the log is missing.' },
  SEGMENT_TWICE: { weight: 'failed', vi: 'Hai tệp mang cùng một số.', en: 'Two files have the same number.' },
  EMPTY: { weight: 'failed', vi: 'Thư mục không có nhật ký.', en: 'The folder holds no log.' },
  HEAD_MISSING: {
    weight: 'failed',
    vi: 'Thiếu head.json: không biết nhật ký đã dài đến đâu.',
    en: 'head.json is missing: nobody can tell how far the log went.',
  },
  HEAD_MALFORMED: { weight: 'failed', vi: 'head.json sai dạng.', en: 'head.json is malformed.' },
  HEAD_PROOF_WRONG: {
    weight: 'failed',
    vi: 'head.json không do người giữ khóa ghi, hoặc đã bị sửa.',
    en: 'head.json was not written by the holder of the key, or was changed.',
  },
  HEAD_OTHER: {
    weight: 'failed',
    vi: 'Dòng mà head.json nêu không phải dòng ở chỗ ấy.',
    en: 'The line that head.json names is not the one in its place.',
  },
  CUT_OFF: { weight: 'failed', vi: 'Cuối nhật ký đã bị cắt.', en: 'The end of the log was cut off.' },
  CHECKPOINT_MALFORMED: { weight: 'failed', vi: 'checkpoint.json sai dạng.', en: 'checkpoint.json is malformed.' },
  CHECKPOINT_PROOF_WRONG: {
    weight: 'failed',
    vi: 'checkpoint.json không do người giữ khóa ghi, hoặc đã bị sửa.',
    en: 'checkpoint.json was not written by the holder of the key, or was changed.',
  },
  CHECKPOINT_OTHER: {
    weight: 'failed',
    vi: 'checkpoint.json thuộc về một nhật ký khác.',
    en: "checkpoint.json is another log's.",
  },
  NOTED_OTHER: {
    weight: 'failed',
    vi: 'Nhật ký không chứa điểm đã ghi lại trước đây.',
    en: 'The log does not hold what was noted before.',
  },
  KEY_OTHER: { weight: 'failed', vi: 'Khóa này không phải của nhật ký này.', en: "This key is not this log's." },
  KEY_NOT_GIVEN: {
    weight: 'undetermined',
    vi: 'Không có khóa: chuỗi băm khớp, nhưng ai cũng có thể đã viết lại toàn bộ.',
    en: 'No key was given: the hashes fit, but anybody could have written all of it anew.',
  },
  NOTED_TOO_OLD: {
    weight: 'undetermined',
    vi: 'Điểm đã ghi lại nằm trong phần đã xóa theo thời hạn lưu.',
    en: 'What was noted lies in the part that was deleted after its time.',
  },
  SEGMENT_LEFT_OVER: {
    weight: 'note',
    vi: 'Còn lại một tệp đã hết hạn lưu; lần khởi động sau sẽ xóa.',
    en: 'A file is left whose time is over; the next start deletes it.',
  },
}
