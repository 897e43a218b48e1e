import type { ErrorCode } from '@cccd/card-core'
import type { Text } from './language.ts'

/** What `cccd` ends with; `cccd --help` and the README list the same numbers, and a test compares them. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  failed: 3,
  undetermined: 4,
  aborted: 5,
  refused: 6,
  input: 10,
  service: 11,
  reader: 12,
  noCard: 13,
  removed: 14,
  access: 15,
  card: 16,
  file: 17,
  cancelled: 18,
  desk: 19,
  receiver: 20,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const EXIT_MEANING: Readonly<Record<keyof typeof EXIT, Text>> = {
  ok: { vi: 'xong; kết luận (nếu có) là ĐẠT', en: 'done; the verdict, where there is one, is green' },
  internal: { vi: 'lỗi của chương trình', en: 'a fault of the program' },
  usage: { vi: 'lệnh gõ sai', en: 'the command was typed wrong' },
  failed: { vi: 'kết luận KHÔNG ĐẠT (đỏ)', en: 'the verdict is red: failed' },
  undetermined: { vi: 'kết luận CHƯA XÁC ĐỊNH (vàng)', en: 'the verdict is yellow: undetermined' },
  aborted: { vi: 'kết luận DỞ DANG (xám)', en: 'the verdict is grey: aborted' },
  refused: {
    vi: 'gói bằng chứng bị từ chối: bị sửa, dùng lại, hoặc không dành cho nơi này',
    en: 'the evidence bundle is refused: changed, replayed, or not meant for here',
  },
  input: { vi: 'mã QR, MRZ hoặc số không đúng', en: 'a QR text, MRZ or number is not right' },
  service: { vi: 'không có dịch vụ thẻ thông minh', en: 'no smart card service' },
  reader: { vi: 'không có đầu đọc, hoặc đầu đọc bận hay hỏng', en: 'no reader, or it is busy or broken' },
  noCard: { vi: 'không có thẻ trong thời gian chờ', en: 'no card came in time' },
  removed: { vi: 'thẻ bị nhấc ra', en: 'the card was lifted' },
  access: { vi: 'thẻ không mở: sai khóa hoặc bị khóa', en: 'the card did not open: wrong key, or blocked' },
  card: { vi: 'thẻ trả lời sai giao thức hoặc không trả lời', en: 'the card broke the protocol or fell silent' },
  file: { vi: 'tệp không đọc được hoặc sai định dạng', en: 'a file cannot be read or is malformed' },
  cancelled: { vi: 'người dùng dừng', en: 'stopped by the user' },
  desk: {
    vi: 'máy đọc (cccd serve) không chạy được hoặc không trả lời',
    en: 'the desk (cccd serve) cannot run or does not answer',
  },
  receiver: { vi: 'không chuyển được kết quả cho nơi nhận', en: 'the result could not be handed on to a receiver' },
}

interface Outcome extends Text {
  readonly exit: ExitCode
}

const FILE_HINT: Text = {
  vi: 'Dữ liệu không đúng định dạng. Đọc lại thẻ; nếu vẫn vậy thì giữ thẻ lại để kiểm tra.',
  en: 'The data are malformed. Read the card again; if it stays so, set the card aside for examination.',
}

/** The one table from an error code to exit status and a hint for the operator. */
export const OUTCOMES: Readonly<Record<ErrorCode, Outcome>> = {
  TLV_MALFORMED: { exit: EXIT.file, ...FILE_HINT },
  DER_MALFORMED: { exit: EXIT.file, ...FILE_HINT },
  APDU_MALFORMED: { exit: EXIT.card, vi: 'Lệnh gửi thẻ không đúng dạng.', en: 'A command APDU is malformed.' },
  LDS_MALFORMED: { exit: EXIT.file, ...FILE_HINT },
  CERTIFICATE_MALFORMED: {
    exit: EXIT.file,
    vi: 'Tệp không phải chứng thư X.509. Kiểm tra lại tệp đã chọn.',
    en: 'This is no X.509 certificate. Check which file was given.',
  },
  SIGNED_DATA_MALFORMED: { exit: EXIT.file, ...FILE_HINT },
  MASTER_LIST_MALFORMED: {
    exit: EXIT.file,
    vi: 'Tệp không phải danh sách chứng thư CSCA (master list).',
    en: 'This is no CSCA master list.',
  },
  CRL_MALFORMED: {
    exit: EXIT.file,
    vi: 'Tệp không phải danh sách thu hồi (CRL).',
    en: 'This is no certificate revocation list.',
  },
  SECURITY_INFO_MALFORMED: { exit: EXIT.file, ...FILE_HINT },
  IMAGE_MALFORMED: {
    exit: EXIT.file,
    vi: 'Ảnh chân dung trong thẻ không giải mã được.',
    en: 'The portrait cannot be decoded.',
  },
  TRANSCRIPT_MALFORMED: { exit: EXIT.file, vi: 'Tệp ghi phiên không đúng dạng.', en: 'The transcript is malformed.' },
  DOCUMENT_MALFORMED: {
    exit: EXIT.file,
    vi: 'Thư mục không chứa dữ liệu thẻ, hoặc có tệp sai dạng.',
    en: 'The folder holds no card document, or a file in it is malformed.',
  },
  KEY_MALFORMED: {
    exit: EXIT.file,
    vi: 'Khóa không đúng dạng. CAN có đúng sáu chữ số.',
    en: 'A key is malformed. A CAN has exactly six digits.',
  },
  POINT_INVALID: {
    exit: EXIT.card,
    vi: 'Thẻ gửi một điểm không thuộc đường cong. Không tin thẻ này.',
    en: 'The card sent a point that is not on the curve. Do not trust this card.',
  },
  CURVE_UNKNOWN: {
    exit: EXIT.file,
    vi: 'Đường cong không nằm trong danh sách đã biết. Không tin thẻ này.',
    en: 'The curve is none of the known ones. Do not trust this card.',
  },
  ALGORITHM_UNKNOWN: { exit: EXIT.file, vi: 'Thuật toán chưa hỗ trợ.', en: 'The algorithm is not supported.' },
  MRZ_MALFORMED: {
    exit: EXIT.input,
    vi: 'MRZ không đúng dạng. Thẻ căn cước có ba dòng, mỗi dòng 30 ký tự.',
    en: 'The MRZ has the wrong shape. An ID card has three lines of 30 characters.',
  },
  MRZ_CHECK_DIGIT: {
    exit: EXIT.input,
    vi: 'Một chữ số kiểm tra của MRZ sai. Đọc lại đúng vị trí được chỉ ra.',
    en: 'A check digit of the MRZ is wrong. Look again at the place named.',
  },
  QR_NOT_A_CARD: {
    exit: EXIT.input,
    vi: 'Mã QR này không phải của thẻ căn cước. Quét mã trên thẻ.',
    en: "This QR is not an ID card's. Scan the one on the card.",
  },
  PERSONAL_NUMBER_MALFORMED: {
    exit: EXIT.input,
    vi: 'Số định danh phải có đúng 12 chữ số.',
    en: 'The personal number has exactly 12 digits.',
  },
  SCANNER_CONFIG_MALFORMED: {
    exit: EXIT.file,
    vi: 'Tệp cấu hình máy quét không đúng dạng. Xem docs/scanners.md và sửa đúng vị trí được chỉ ra.',
    en: 'The scanner configuration is malformed. See docs/scanners.md and correct the place named.',
  },
  BUNDLE_REFUSED: {
    exit: EXIT.refused,
    vi: 'Gói bằng chứng bị từ chối. Đừng dùng; yêu cầu nơi gửi làm lại.',
    en: 'The evidence bundle is refused. Do not use it; have its sender make it again.',
  },
  LAYOUT_MALFORMED: {
    exit: EXIT.file,
    vi: 'Bố cục thẻ (SVG) không đúng dạng hoặc thiếu trường. Xem docs/card-layouts.md và sửa đúng chỗ được chỉ ra.',
    en: 'The card layout (SVG) is malformed or lacks a field. See docs/card-layouts.md and correct the place named.',
  },
  FONT_UNUSABLE: {
    exit: EXIT.file,
    vi: 'Thiếu phông chữ hoặc phông không dùng được. OCR-B trên Debian, Ubuntu: sudo apt-get install fonts-ocr-b, hoặc chỉ tệp bằng --ocr-b.',
    en: 'A font is missing or unusable. OCR-B on Debian, Ubuntu: sudo apt-get install fonts-ocr-b, or name its file with --ocr-b.',
  },
  ART_OVERFLOW: {
    exit: EXIT.input,
    vi: 'Nội dung dài hơn khung của trường được nêu, dù đã thu nhỏ, xuống dòng. Mở rộng khung trong bố cục, hoặc trả hồ sơ lại.',
    en: 'The text is too long for the frame of the field named, even shrunk and broken. Widen the frame, or return the record.',
  },
  ART_CHARACTER: {
    exit: EXIT.input,
    vi: 'Trường được nêu có ký tự không in được lên thẻ. Trả hồ sơ lại để sửa.',
    en: 'The field named holds a character that cannot be printed on a card. Return the record.',
  },
  POLICY_MALFORMED: { exit: EXIT.file, vi: 'Tệp chính sách không đúng dạng.', en: 'The policy file is malformed.' },
  TRUST_STORE_REFUSED: {
    exit: EXIT.file,
    vi: 'Kho chứng thư tin cậy không nhận tệp này. Kiểm tra nguồn gốc của tệp.',
    en: 'The trust store does not take this file. Check where it comes from.',
  },
  STATUS_WORD: { exit: EXIT.card, vi: 'Thẻ từ chối một lệnh. Thử lại.', en: 'The card refused a command. Try again.' },
  FILE_NOT_FOUND: {
    exit: EXIT.card,
    vi: 'Thẻ không có tệp được hỏi.',
    en: 'The card does not have the file asked for.',
  },
  ACCESS_DENIED: {
    exit: EXIT.access,
    vi: 'Thẻ không cho đọc tệp này.',
    en: 'The card does not allow reading this file.',
  },
  ACCESS_KEY_WRONG: {
    exit: EXIT.access,
    vi: 'Số hoặc MRZ không khớp với thẻ này. Kiểm tra đúng thẻ, đúng mã QR, rồi thử lại.',
    en: 'The number or MRZ does not fit this card. Check that card and QR belong together, then try again.',
  },
  ACCESS_BLOCKED: {
    exit: EXIT.access,
    vi: 'Thẻ tạm khóa sau nhiều lần sai. Đừng thử nữa lúc này.',
    en: 'The card blocks itself after too many wrong tries. Do not try again now.',
  },
  PROTOCOL_VIOLATION: {
    exit: EXIT.card,
    vi: 'Thẻ trả lời sai giao thức. Đặt lại thẻ; nếu vẫn vậy, đừng tin thẻ này.',
    en: 'The card broke the protocol. Place it again; if it stays so, do not trust it.',
  },
  RESPONSE_TOO_SHORT: {
    exit: EXIT.card,
    vi: 'Thẻ trả lời quá ngắn. Đặt lại thẻ cho ngay ngắn.',
    en: 'The card answered with too few bytes. Place it again, flat on the reader.',
  },
  MAC_WRONG: {
    exit: EXIT.card,
    vi: 'Dữ liệu giữa thẻ và đầu đọc bị thay đổi. Đặt lại thẻ.',
    en: 'The data between card and reader were altered. Place the card again.',
  },
  SECURE_MESSAGING_LOST: {
    exit: EXIT.card,
    vi: 'Kênh bảo mật với thẻ đã mất. Đặt lại thẻ.',
    en: 'The secure channel to the card is lost. Place the card again.',
  },
  AUTHENTICATION_TOKEN_WRONG: {
    exit: EXIT.access,
    vi: 'Thẻ và đầu đọc không thống nhất khóa. Kiểm tra đúng thẻ, đúng mã QR.',
    en: 'Card and reader do not agree on a key. Check that card and QR belong together.',
  },
  ACCESS_PROTOCOL_MISSING: {
    exit: EXIT.access,
    vi: 'Thẻ này không mở được bằng thông tin đã cho. Hãy cho cả mã QR hoặc MRZ.',
    en: 'This card does not open with what was given. Give the whole QR text or the MRZ.',
  },
  DOWNGRADE_REFUSED: {
    exit: EXIT.access,
    vi: 'PACE thất bại và chính sách không cho quay về BAC.',
    en: 'PACE failed, and the policy does not allow falling back to BAC.',
  },
  CHIP_CHANGED: {
    exit: EXIT.card,
    vi: 'Thẻ đặt lại không phải thẻ lúc trước. Bắt đầu lại.',
    en: 'The card put back is not the one before. Start again.',
  },
  REPLAY_MISMATCH: {
    exit: EXIT.file,
    vi: 'Phiên ghi lại không khớp với lệnh.',
    en: 'The transcript does not fit the commands.',
  },
  NO_SMARTCARD_SERVICE: {
    exit: EXIT.service,
    vi: 'Dịch vụ thẻ thông minh chưa chạy. Linux: sudo systemctl start pcscd. Windows: dịch vụ “Smart Card”.',
    en: 'The smart card service is not running. Linux: sudo systemctl start pcscd. Windows: the “Smart Card” service.',
  },
  PCSC_NOT_INSTALLED: {
    exit: EXIT.service,
    vi: 'Chưa cài phần nối PC/SC. Debian, Ubuntu: sudo apt-get install pcscd libpcsclite-dev build-essential python3, rồi chạy lại npm ci.',
    en: 'The PC/SC binding is not installed. Debian, Ubuntu: sudo apt-get install pcscd libpcsclite-dev build-essential python3, then run npm ci again.',
  },
  NO_READER: {
    exit: EXIT.reader,
    vi: 'Không thấy đầu đọc. Cắm đầu đọc, hoặc thử `cccd demo` khi không có thiết bị.',
    en: 'No reader is plugged in. Plug one in, or try `cccd demo` without any device.',
  },
  NO_CARD: {
    exit: EXIT.noCard,
    vi: 'Không có thẻ. Đặt thẻ lên đầu đọc.',
    en: 'There is no card. Place it on the reader.',
  },
  CARD_REMOVED: {
    exit: EXIT.removed,
    vi: 'Thẻ bị nhấc ra khi đang đọc. Đặt lại và giữ yên đến khi xong.',
    en: 'The card was lifted while being read. Place it again and leave it until done.',
  },
  CARD_MUTE: {
    exit: EXIT.card,
    vi: 'Thẻ không lên tiếng. Đặt lại thẻ; lau mặt tiếp xúc.',
    en: 'The card does not answer to reset. Place it again; wipe its contacts.',
  },
  CARD_TIMEOUT: {
    exit: EXIT.card,
    vi: 'Thẻ im lặng quá lâu, đã ngắt. Đặt lại thẻ.',
    en: 'The card was silent for too long and was cut off. Place it again.',
  },
  READER_BUSY: {
    exit: EXIT.reader,
    vi: 'Chương trình khác đang dùng đầu đọc. Đóng chương trình đó rồi thử lại.',
    en: 'Another program is using the reader. Close it and try again.',
  },
  READER_FAILED: {
    exit: EXIT.reader,
    vi: 'Đầu đọc hỏng hoặc bị rút. Cắm lại.',
    en: 'The reader failed or was unplugged. Plug it in again.',
  },
  READ_CANCELLED: { exit: EXIT.cancelled, vi: 'Đã dừng theo yêu cầu.', en: 'Stopped as asked.' },
  SCANNER_DRIVER_MISSING: {
    exit: EXIT.service,
    vi: 'Chưa cài phần nối máy quét (serialport, node-hid). Chạy lại npm install mà không có --omit=optional.',
    en: 'The scanner bindings (serialport, node-hid) are not installed. Run npm install again without --omit=optional.',
  },
  NO_SCANNER: {
    exit: EXIT.reader,
    vi: 'Không thấy máy quét. Cắm máy quét, hoặc chỉ cổng bằng --port.',
    en: 'No scanner is plugged in. Plug one in, or name its port with --port.',
  },
  SCANNER_FAILED: {
    exit: EXIT.reader,
    vi: 'Máy quét không mở được hoặc chương trình khác đang giữ. Xem quyền truy cập trong docs/scanners.md.',
    en: 'The scanner cannot be opened, or another program holds it. See docs/scanners.md for permissions.',
  },
  SIGNER_FAILED: { exit: EXIT.internal, vi: 'Khóa ký không ký được.', en: 'The signing key did not sign.' },
  CONNECTOR_CONFIG_MALFORMED: {
    exit: EXIT.file,
    vi: 'Cấu hình kết nối hoặc tệp bí mật của nó không đúng. Xem docs/hospital.md.',
    en: 'The configuration of a connector, or a secret file that it names, is not right. See docs/hospital.md.',
  },
  CONNECTOR_FIELD_MISSING: {
    exit: EXIT.input,
    vi: 'Lần đọc này thiếu một thông tin mà nơi nhận cần.',
    en: 'This reading lacks a field that the receiver needs.',
  },
  CONNECTOR_UNREACHABLE: {
    exit: EXIT.receiver,
    vi: 'Không nối được tới máy chủ nơi nhận. Kiểm tra mạng và địa chỉ.',
    en: "The receiver's server cannot be reached. Check network and address.",
  },
  CONNECTOR_TIMEOUT: {
    exit: EXIT.receiver,
    vi: 'Máy chủ nơi nhận trả lời quá chậm. Việc đọc thẻ không bị ảnh hưởng.',
    en: "The receiver's server answers too slowly. The reading itself is not affected.",
  },
  CONNECTOR_REFUSED: {
    exit: EXIT.receiver,
    vi: 'Máy chủ nơi nhận từ chối. Kiểm tra tài khoản và quyền.',
    en: "The receiver's server refused. Check account and rights.",
  },
  CONNECTOR_SERVER_FAILED: {
    exit: EXIT.receiver,
    vi: 'Máy chủ nơi nhận đang gặp lỗi. Thử lại sau.',
    en: "The receiver's server has a fault. Try again later.",
  },
  CONNECTOR_REPLY_MALFORMED: {
    exit: EXIT.receiver,
    vi: 'Máy chủ nơi nhận trả lời không đúng dạng.',
    en: "The receiver's server gave a malformed answer.",
  },
  OUTBOX_FULL: {
    exit: EXIT.receiver,
    vi: 'Hộp thư đi đã đầy: kết quả này CHƯA được gửi. Kiểm tra máy chủ nơi nhận.',
    en: 'The outbox is full: this result was NOT taken for sending. Check the receiving server.',
  },
  OUTBOX_FAILED: {
    exit: EXIT.receiver,
    vi: 'Hộp thư đi không ghi được (đĩa đầy hoặc hỏng): kết quả này CHƯA được gửi.',
    en: 'The outbox cannot be written (disk full or broken): this result was NOT taken for sending.',
  },
  TEXT_TARGET_FAILED: {
    exit: EXIT.receiver,
    vi: 'Không gửi được văn bản tới cổng COM hoặc tệp đã cấu hình.',
    en: 'The text could not be sent to the configured COM port or file.',
  },
  SIGNER_DRIVER_MISSING: {
    exit: EXIT.service,
    vi: 'Thiếu thư viện PKCS#11: cài gói pkcs11js hoặc kiểm tra đường dẫn thư viện của HSM.',
    en: "The PKCS#11 library is missing: install pkcs11js, or check the path of the HSM's library.",
  },
  SIGNER_PIN_WRONG: {
    exit: EXIT.input,
    vi: 'Sai PIN của HSM. Không thử lại: nhiều lần sai sẽ khóa token.',
    en: 'The PIN of the HSM is wrong. It is not tried again: a few wrong ones lock the token.',
  },
  SIGNER_TOKEN_GONE: {
    exit: EXIT.service,
    vi: 'Token của HSM không còn hoặc chưa cắm. Cắm lại rồi chạy tiếp.',
    en: 'The token of the HSM is not there. Put it back and go on.',
  },
  SIGNER_KEY_MISSING: {
    exit: EXIT.input,
    vi: 'HSM không có khóa với nhãn này, hoặc có nhiều hơn một.',
    en: 'The HSM has no key of that label, or more than one.',
  },
  SIGNER_EXHAUSTED: {
    exit: EXIT.usage,
    vi: 'Mọi khóa ký đã tới giới hạn hoặc bị loại. Cấp chứng thư ký mới rồi chạy tiếp.',
    en: 'Every signing key is at its limit or was taken out. Issue new document signers and go on.',
  },
  SIGNER_CLOCK: {
    exit: EXIT.usage,
    vi: 'Đồng hồ nằm ngoài thời hạn dùng khóa, hoặc đã bị chỉnh lùi. Kiểm tra giờ của máy.',
    en: "The clock is outside the key's usage period, or was set back. Check the clock of this machine.",
  },
  LEDGER_FAILED: {
    exit: EXIT.file,
    vi: 'Sổ đếm chữ ký không mở hoặc không ghi được, nên không ký.',
    en: 'The ledger of signatures cannot be opened or written, so nothing is signed.',
  },
  NUMBER_SIGNED_BEFORE: {
    exit: EXIT.input,
    vi: 'Số này đã được ký với nội dung khác. Đây là cấp lại thì phải nói rõ.',
    en: 'This number was signed before with other content. If it is issued anew, that has to be said.',
  },
  APPROVAL_MISSING: {
    exit: EXIT.usage,
    vi: 'Chưa đủ người duyệt. Mỗi người chạy cccd authority approve bằng khóa của mình.',
    en: 'Too few people have approved it. Each runs cccd authority approve with their own key.',
  },
  APPROVAL_REFUSED: {
    exit: EXIT.usage,
    vi: 'Không duyệt được: sai khóa hoặc mật khẩu, người lạ, hoặc yêu cầu đã thực hiện rồi.',
    en: 'It cannot be approved: a wrong key or passphrase, a stranger, or a request that was carried out already.',
  },
  CERTIFICATE_REFUSED: {
    exit: EXIT.input,
    vi: 'Chứng thư sẽ trái với hồ sơ của ICAO 9303-12, nên không cấp. Sửa yêu cầu rồi làm lại.',
    en: 'The certificate would break the profile of 9303-12, so it is not issued. Ask anew with the fault mended.',
  },
  AUTHORITY_MALFORMED: {
    exit: EXIT.input,
    vi: 'Thư mục cơ quan cấp, hoặc điều được yêu cầu, không đúng. Kiểm tra bằng cccd authority verify.',
    en: "The authority's folder, or what is asked of it, is not as it should be. Check with cccd authority verify.",
  },
  SIGNER_POOL_MALFORMED: {
    exit: EXIT.file,
    vi: 'Tệp cấu hình người ký sai ở chỗ được chỉ ra.',
    en: 'The file of document signers is wrong at the place named.',
  },
  JOB_ERASED: {
    exit: EXIT.input,
    vi: 'Khóa của công việc này đã bị hủy, không còn dữ liệu. Cần thì chuẩn bị lại từ hồ sơ.',
    en: 'The key of this job was destroyed, and its data with it. Prepare it anew from the record where it is needed.',
  },
  BATCH_SEEN: {
    exit: EXIT.input,
    vi: 'Lô này đã được nhận trước đây. Nếu cố ý nhận lại, thêm --again.',
    en: 'This batch was taken in before. If it is meant to be taken in again, add --again.',
  },
  BATCH_REFUSED: {
    exit: EXIT.input,
    vi: 'Lô niêm phong bị sửa, không gửi cho nơi này, hoặc người ký không được tin.',
    en: 'The sealed batch was changed, is not meant for here, or its signer is not trusted.',
  },
  JOB_FAILED: { exit: EXIT.internal, vi: 'Công việc không hoàn thành.', en: 'The job was not completed.' },
  CONSENT_REQUIRED: {
    exit: EXIT.usage,
    vi: 'Chính sách này đòi sự đồng ý của chủ thẻ. Cho chủ thẻ xem văn bản, ghi nhận sự đồng ý rồi đọc lại.',
    en: "This policy demands the card holder's consent. Show the text, record the consent, then read again.",
  },
  AUDIT_UNAVAILABLE: {
    exit: EXIT.file,
    vi: 'Không ghi được nhật ký kiểm toán, nên không đọc thẻ. Kiểm tra chỗ trống trên đĩa và quyền thư mục.',
    en: 'The audit log cannot be written, so no card is read. Check the space on the disk and the rights of its folder.',
  },
  AUDIT_BROKEN: {
    exit: EXIT.file,
    vi: 'Nhật ký kiểm toán không còn nguyên vẹn. Giữ nguyên thư mục, chạy cccd audit verify, rồi bắt đầu ở thư mục mới.',
    en: 'The audit log does not hold together. Leave its folder as it is, run cccd audit verify, then begin in a new folder.',
  },
  AUDIT_KEY_REFUSED: {
    exit: EXIT.file,
    vi: 'Tệp khóa kiểm toán sai dạng, không phải khóa của nhật ký này, hoặc người khác đọc được (cần quyền 0600).',
    en: "The audit key file is malformed, is not this log's, or others can read it (mode 0600 is needed).",
  },
  DESK_CONFIG_MALFORMED: {
    exit: EXIT.file,
    vi: 'Tệp cấu hình sai ở chỗ được chỉ ra. Kiểm tra bằng cccd serve --check.',
    en: 'The configuration is wrong at the place named. Check it with cccd serve --check.',
  },
  DESK_LISTEN_FAILED: {
    exit: EXIT.desk,
    vi: 'Không mở được địa chỉ: chương trình khác đang dùng cổng, hoặc không có quyền. Chọn cổng khác bằng --port.',
    en: 'The address cannot be opened: another program holds the port, or there is no permission. Choose another with --port.',
  },
  DESK_RUNNING: {
    exit: EXIT.desk,
    vi: 'Máy đọc đang chạy rồi. Dừng nó trước, hoặc dùng nó.',
    en: 'The desk is running already. Stop it first, or use it.',
  },
  DESK_NOT_RUNNING: {
    exit: EXIT.desk,
    vi: 'Máy đọc chưa chạy. Khởi động bằng cccd serve, rồi thử lại.',
    en: 'The desk is not running. Start it with cccd serve, then try again.',
  },
  DESK_REFUSED: {
    exit: EXIT.desk,
    vi: 'Máy đọc từ chối yêu cầu này.',
    en: 'The desk refused this request.',
  },
  DESK_STATE_DAMAGED: {
    exit: EXIT.file,
    vi: 'Tệp trạng thái của máy đọc bị hỏng. Khôi phục bản sao, hoặc xóa tệp và ghép nối lại.',
    en: 'A state file of the desk is damaged. Restore a copy, or delete it and pair again.',
  },
}
