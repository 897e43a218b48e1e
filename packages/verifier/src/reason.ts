// The closed list of reasons. A code is stable: once released it keeps its meaning, and programs may rely on it. The
// sentences are for people and may be improved.

export interface Sentence {
  readonly vi: string
  readonly en: string
}

const GENERAL_REASONS = {
  PASSED: { vi: 'Đạt.', en: 'Passed.' },
  NOT_EXAMINED: { vi: 'Chưa được kiểm tra.', en: 'Not examined.' },
  ABORTED: {
    vi: 'Quá trình đọc bị ngắt, không nói lên điều gì về thẻ.',
    en: 'Reading broke off; this says nothing about the card.',
  },
  GROUP_FAILED: { vi: 'Có mục không đạt.', en: 'Something in this group failed.' },
  GROUP_UNDETERMINED: { vi: 'Có mục chưa xác định được.', en: 'Something in this group could not be decided.' },
  GROUP_NOT_SUPPORTED: { vi: 'Thẻ không có các tính năng này.', en: 'The card has none of these features.' },
  PREREQUISITE_MISSING: {
    vi: 'Không kiểm tra được vì một mục trước đó không đạt.',
    en: 'Could not be examined, since something before it is missing or wrong.',
  },
  FILE_ABSENT: { vi: 'Thẻ không có tệp này.', en: 'The card does not have this file.' },
  FILE_NOT_READ: { vi: 'Tệp chưa được đọc.', en: 'The file was not read.' },
  FILE_REFUSED: {
    vi: 'Chip từ chối cho đọc tệp mà thẻ đã khai báo.',
    en: 'The chip refuses a file that the card announces.',
  },
  FILE_MALFORMED: { vi: 'Tệp sai cấu trúc.', en: 'The file is malformed.' },
  CHECK_DIGIT_WRONG: {
    vi: 'Số kiểm tra của MRZ trong chip sai.',
    en: 'A check digit of the MRZ in the chip is wrong.',
  },
  ALGORITHM_UNKNOWN: {
    vi: 'Thuật toán không được ICAO 9303 cho phép.',
    en: 'The algorithm is not one that ICAO 9303 allows.',
  },
  CURVE_UNKNOWN: {
    vi: 'Đường cong elliptic không thuộc danh sách đã biết, hoặc tham số bị giả mạo.',
    en: 'The elliptic curve is none of the known ones, or its parameters are forged.',
  },
  KEY_MALFORMED: { vi: 'Khóa công khai sai cấu trúc.', en: 'The public key is malformed.' },
} as const

const ACCESS_REASONS = {
  ACCESS_OPEN: {
    vi: 'Chip được đọc mà không cần giao thức mở.',
    en: 'The chip was read without an access protocol.',
  },
  ACCESS_BY_OTHER_PROTOCOL: {
    vi: 'Chip được mở bằng giao thức khác.',
    en: 'The chip was opened by the other protocol.',
  },
  PACE_FAILED: {
    vi: 'Chip có PACE nhưng không mở được bằng PACE.',
    en: 'The chip offers PACE, yet PACE did not open it.',
  },
  PACE_NOT_OFFERED: { vi: 'Chip không có PACE.', en: 'The chip does not offer PACE.' },
  DOWNGRADED: {
    vi: 'Chip có PACE nhưng được mở bằng BAC yếu hơn.',
    en: 'The chip offers PACE but was opened by the weaker BAC.',
  },
  ACCESS_UNATTESTED: {
    vi: 'Cách mở chip chỉ là lời của một máy không được tin cậy.',
    en: 'How the chip was opened is told by a desk that nobody trusts.',
  },
  DOWNGRADE_CONCEALED: {
    vi: 'DG14 khai báo PACE nhưng chip giấu đi để buộc dùng BAC.',
    en: 'DG14 announces PACE, yet the chip hid it and so forced BAC.',
  },
  TERMINAL_AUTHENTICATION_NOT_ANNOUNCED: {
    vi: 'Thẻ không có xác thực thiết bị đọc.',
    en: 'The card has no terminal authentication.',
  },
  TERMINAL_AUTHENTICATION_NOT_DONE: {
    vi: 'Không có chứng thư thiết bị đọc, nên không đọc được vân tay.',
    en: 'There are no terminal certificates, so fingerprints cannot be read.',
  },
} as const

const CHIP_REASONS = {
  COULD_BE_A_COPY: {
    vi: 'Thẻ không có cơ chế chống sao chép: có thể là bản sao.',
    en: 'The card has no protection against copying: it could be a copy.',
  },
  AA_NOT_ANNOUNCED: { vi: 'Thẻ không có xác thực chủ động.', en: 'The card has no active authentication.' },
  AA_NOT_DONE: { vi: 'Chưa thực hiện xác thực chủ động.', en: 'Active authentication was not done.' },
  AA_REFUSED: {
    vi: 'Chip từ chối xác thực chủ động dù thẻ đã khai báo.',
    en: 'The chip refuses active authentication although the card announces it.',
  },
  AA_SIGNATURE_WRONG: {
    vi: 'Chip không giữ khóa riêng ứng với DG15: có thể là bản sao.',
    en: 'The chip does not hold the private key of DG15: it could be a copy.',
  },
  AA_ANY_TIME: {
    vi: 'Chữ ký của chip đúng, nhưng không biết được tạo khi nào: có thể là bản ghi cũ.',
    en: "The chip's signature is right, but nobody trusted says when it was made: it may be an old record.",
  },
  AA_KEY_NOT_COVERED: {
    vi: 'Khóa trong DG15 không được EF.SOD bảo vệ, nên không chứng minh được gì.',
    en: 'The key in DG15 is not covered by EF.SOD, so it proves nothing.',
  },
  CA_NOT_ANNOUNCED: { vi: 'Thẻ không có xác thực chip.', en: 'The card has no chip authentication.' },
  CA_NOT_DONE: { vi: 'Chưa thực hiện xác thực chip.', en: 'Chip authentication was not done.' },
  CA_NOT_REPLAYABLE: {
    vi: 'Kết quả xác thực chip được lưu lại không chứng minh được gì: phải đọc lại chip.',
    en: 'A kept record of chip authentication proves nothing: the chip has to be read again.',
  },
  CA_REFUSED: {
    vi: 'Chip từ chối xác thực chip dù thẻ đã khai báo.',
    en: 'The chip refuses chip authentication although the card announces it.',
  },
  CA_FAILED: {
    vi: 'Chip không giữ khóa riêng ứng với DG14: có thể là bản sao.',
    en: 'The chip does not hold the private key of DG14: it could be a copy.',
  },
  CA_KEY_NOT_COVERED: {
    vi: 'Khóa trong DG14 không được EF.SOD bảo vệ, nên không chứng minh được gì.',
    en: 'The key in DG14 is not covered by EF.SOD, so it proves nothing.',
  },
  CA_KEY_OTHER: {
    vi: 'Xác thực chip dùng một khóa không có trong DG14.',
    en: 'Chip authentication used a key that DG14 does not hold.',
  },
  CAM_NOT_ANNOUNCED: { vi: 'Thẻ không có PACE-CAM.', en: 'The card has no PACE-CAM.' },
  CAM_NOT_DONE: { vi: 'Chưa kiểm tra PACE-CAM.', en: 'PACE-CAM was not examined.' },
} as const

const SOD_REASONS = {
  SOD_MISSING: {
    vi: 'Không có EF.SOD: dữ liệu trong chip không được ai ký.',
    en: 'EF.SOD is missing: nobody signed what the chip holds.',
  },
  SIGNED_DATA_MALFORMED: {
    vi: 'Tệp không phải dữ liệu ký CMS đúng cấu trúc.',
    en: 'The file is not well-formed CMS signed data.',
  },
  SIGNER_NOT_FOUND: {
    vi: 'Không tìm thấy chứng thư của người ký trong EF.SOD.',
    en: 'The certificate of the signer is not in EF.SOD.',
  },
  SIGNER_FROM_STORE: {
    vi: 'Chứng thư của người ký lấy từ kho chứng thư.',
    en: 'The certificate of the signer comes from the store.',
  },
  SIGNER_NAME_DIFFERS: {
    vi: 'EF.SOD ghi tên cơ quan cấp khác với chứng thư của người ký.',
    en: 'EF.SOD spells the issuer otherwise than the certificate of its signer.',
  },
  SIGNED_ATTRIBUTES_ABSENT: { vi: 'Chữ ký thiếu thuộc tính được ký.', en: 'The signature has no signed attributes.' },
  SIGNED_ATTRIBUTES_WRONG: {
    vi: 'Thuộc tính được ký sai hoặc không hợp với nội dung.',
    en: 'The signed attributes are wrong or do not fit the content.',
  },
  DIGEST_WRONG: { vi: 'Giá trị băm của nội dung không khớp.', en: 'The digest of the content does not match.' },
  SIGNATURE_WRONG: { vi: 'Chữ ký không hợp lệ.', en: 'The signature is not valid.' },
} as const

const ISSUER_REASONS = {
  NO_ANCHORS: {
    vi: 'Chưa nạp chứng thư gốc nào: không thể khẳng định cơ quan cấp.',
    en: 'No trust anchors are loaded: nobody vouches for the issuer.',
  },
  ISSUER_UNKNOWN: {
    vi: 'Không có chứng thư gốc của cơ quan cấp này.',
    en: 'No trust anchor of this issuer is known.',
  },
  NOT_SIGNED_BY_ANCHOR: {
    vi: 'Chứng thư ký giấy tờ không được chứng thư gốc ký.',
    en: 'The document signer does not verify with any anchor.',
  },
  ISSUER_NAME_IMITATED: {
    vi: 'Cơ quan cấp trùng tên chứng thư gốc nhưng khóa khác: giả mạo, hoặc thiếu CSCA mới.',
    en: 'The issuer bears the name of an anchor but no anchor made its signature: forged, or a newer CSCA is missing.',
  },
  ANCHOR_UNUSABLE: {
    vi: 'Khóa của chứng thư gốc không dùng được.',
    en: 'The key of the trust anchor cannot be used.',
  },
  CSCA_SIGNATURE_WRONG: {
    vi: 'Chữ ký trên chứng thư CSCA không hợp lệ.',
    en: 'The signature on the CSCA certificate is not valid.',
  },
  LINK_CERTIFICATE_ALONE: {
    vi: 'Chứng thư liên kết không có CSCA cũ đi kèm.',
    en: 'The old CSCA that signed this link certificate is not there.',
  },
  CERTIFICATE_EXPIRED: { vi: 'Chứng thư đã hết hạn.', en: 'The certificate has expired.' },
  CERTIFICATE_NOT_YET_VALID: { vi: 'Chứng thư chưa có hiệu lực.', en: 'The certificate is not valid yet.' },
  SIGNING_TIME_UNKNOWN: { vi: 'Không biết thời điểm ký.', en: 'The time of signing is not known.' },
  SIGNED_OUTSIDE_VALIDITY: {
    vi: 'Ký ngoài thời hạn của chứng thư.',
    en: 'Signed outside the validity of the certificate.',
  },
  SIGNED_OUTSIDE_KEY_USAGE: {
    vi: 'Ký ngoài thời hạn sử dụng khóa riêng.',
    en: 'Signed outside the usage period of the private key.',
  },
  NO_CRL: { vi: 'Không có danh sách thu hồi của cơ quan cấp.', en: 'No revocation list of the issuer is known.' },
  CRL_STALE: { vi: 'Danh sách thu hồi đã cũ.', en: 'The revocation list is out of date.' },
  REVOKED: { vi: 'Chứng thư đã bị thu hồi.', en: 'The certificate has been revoked.' },
  KEY_USAGE_WRONG: {
    vi: 'Chứng thư không được phép dùng để ký như vậy.',
    en: 'The certificate may not be used to sign this.',
  },
  AUTHORITY_FLAG_WRONG: {
    vi: 'Chứng thư sai vai trò: cơ quan chứng thực hoặc người ký.',
    en: 'The certificate has the wrong role: authority or signer.',
  },
  CRITICAL_EXTENSION_UNKNOWN: {
    vi: 'Chứng thư có phần mở rộng bắt buộc không rõ.',
    en: 'The certificate has a critical extension that is not known.',
  },
  DOCUMENT_TYPE_NOT_ALLOWED: {
    vi: 'Chứng thư không được phép ký loại giấy tờ này.',
    en: 'The certificate may not sign this type of document.',
  },
  TRUSTED: { vi: 'Được chứng thư gốc bảo đảm.', en: 'A trust anchor vouches for it.' },
  TRUSTED_BY_UNVERIFIED_LIST: {
    vi: 'Chứng thư gốc lấy từ danh sách chưa được kiểm tra chữ ký, theo yêu cầu của người vận hành.',
    en: 'The anchor comes from a list whose signature was not verified, as the operator asked.',
  },
  NOT_TRUSTED: { vi: 'Không được chứng thư gốc nào bảo đảm.', en: 'No trust anchor vouches for it.' },
  DEVIATIONS_TOLERATED: {
    vi: 'Chứng thư sai lệch so với ICAO 9303-12 nhưng được chấp nhận.',
    en: 'The certificates deviate from ICAO 9303-12; this was tolerated.',
  },
} as const

const INTEGRITY_REASONS = {
  COM_SOD_DIFFER: {
    vi: 'EF.COM và EF.SOD liệt kê các nhóm dữ liệu khác nhau.',
    en: 'EF.COM and EF.SOD list different data groups.',
  },
  COM_VERSION_WRONG: {
    vi: 'EF.COM ghi phiên bản LDS hoặc Unicode không có trong ICAO 9303-10.',
    en: 'EF.COM states an LDS or Unicode version that ICAO 9303-10 does not have.',
  },
  COM_VERSION_DIFFERS: {
    vi: 'EF.COM và EF.SOD ghi phiên bản khác nhau.',
    en: 'EF.COM and EF.SOD state different versions.',
  },
  CARD_ACCESS_DIFFERS: {
    vi: 'EF.CardAccess khác với nội dung đã ký trong DG14.',
    en: 'EF.CardAccess differs from what DG14 repeats under signature.',
  },
  CARD_ACCESS_NOT_COMPARABLE: {
    vi: 'Không có DG14 được bảo vệ để đối chiếu EF.CardAccess.',
    en: 'No covered DG14 repeats what EF.CardAccess says.',
  },
  HASH_DIFFERS: {
    vi: 'Nội dung khác giá trị băm đã ký: dữ liệu bị sửa đổi.',
    en: 'The content does not match the signed hash: it was changed.',
  },
  HASH_LIST_UNSIGNED: {
    vi: 'EF.SOD không nguyên vẹn nên giá trị băm không chứng minh được gì.',
    en: 'EF.SOD is not intact, so its hashes prove nothing.',
  },
  DATA_GROUP_NOT_LISTED: {
    vi: 'Có trong chip nhưng không được EF.SOD liệt kê.',
    en: 'In the chip, but EF.SOD does not list it.',
  },
  DATA_GROUP_PROTECTED: {
    vi: 'Chỉ thiết bị được cấp quyền mới đọc được nhóm này.',
    en: 'Only authorized terminals may read this group.',
  },
  GROUPS_UNLISTED: {
    vi: 'Chip có nhóm dữ liệu mà EF.SOD không liệt kê.',
    en: 'The chip holds data groups that EF.SOD does not list.',
  },
} as const

const CONSISTENCY_REASONS = {
  STATE_DIFFERS: { vi: 'Quốc gia cấp không khớp.', en: 'The issuing states differ.' },
  STATE_UNKNOWN: {
    vi: 'Mã quốc gia thiếu hoặc không có trong bảng.',
    en: 'A country code is missing or not in the table.',
  },
  CARD_EXPIRED: { vi: 'Thẻ đã hết hạn.', en: 'The card has expired.' },
  NO_EXPIRY: { vi: 'Thẻ không có thời hạn.', en: 'The card does not expire.' },
  DATE_UNREADABLE: { vi: 'Ngày thiếu hoặc không đọc được.', en: 'A date is missing or unreadable.' },
  NOT_PROVIDED: { vi: 'Không có dữ liệu in trên thẻ để đối chiếu.', en: 'No printed data were given to compare.' },
  NOTHING_TO_COMPARE: {
    vi: 'Hai bên không có trường chung để đối chiếu.',
    en: 'The two sides have no field in common to compare.',
  },
  FIELDS_DIFFER: { vi: 'Các trường không khớp.', en: 'Some fields differ.' },
  OPTIONAL_DATA_DIFFER: { vi: 'Chỉ dữ liệu tùy chọn không khớp.', en: 'Only the optional data differ.' },
  DIACRITICS_DIFFER: { vi: 'Chỉ khác dấu tiếng Việt.', en: 'Only Vietnamese diacritics differ.' },
  NUMBER_DIFFERS: {
    vi: 'Số trong MRZ không ứng với số định danh.',
    en: 'The number in the MRZ does not belong to the 12-digit number.',
  },
  ISSUED_AFTER_EXPIRY: { vi: 'Ngày cấp sau ngày hết hạn.', en: 'Issued after its own expiry.' },
  ISSUED_IN_FUTURE: { vi: 'Ngày cấp ở tương lai.', en: 'Issued in the future.' },
  ISSUED_BEFORE_BIRTH: { vi: 'Ngày cấp trước ngày sinh.', en: 'Issued before the holder was born.' },
  EXPIRY_NOT_BY_RULE: {
    vi: 'Ngày hết hạn không theo mốc tuổi của luật.',
    en: 'The expiry does not follow the age rule of the law.',
  },
  FACE_NOT_COMPARED: { vi: 'Chưa so khớp khuôn mặt.', en: 'No face was compared.' },
  FACE_DIFFERS: { vi: 'Khuôn mặt không khớp ảnh trong chip.', en: 'The face does not match the portrait in the chip.' },
} as const

export type ReasonCode =
  | keyof typeof GENERAL_REASONS
  | keyof typeof ACCESS_REASONS
  | keyof typeof CHIP_REASONS
  | keyof typeof SOD_REASONS
  | keyof typeof ISSUER_REASONS
  | keyof typeof INTEGRITY_REASONS
  | keyof typeof CONSISTENCY_REASONS

/** Every reason with its sentence in Vietnamese and English. */
export const REASONS: Readonly<Record<ReasonCode, Sentence>> = {
  ...GENERAL_REASONS,
  ...ACCESS_REASONS,
  ...CHIP_REASONS,
  ...SOD_REASONS,
  ...ISSUER_REASONS,
  ...INTEGRITY_REASONS,
  ...CONSISTENCY_REASONS,
}

/** The sentence of a reason. */
export function sentenceOf(reason: ReasonCode): Sentence {
  return REASONS[reason]
}
