import type { ErrorCode } from '@cccd/mrz'
import type { DeskErrorCode } from '../api/errors.ts'

/** HTTP status, and the sentence for whoever stands at the desk. */
export interface ErrorEntry {
  readonly status: number
  readonly vi: string
  readonly en: string
}

/** What the toolkit throws: 422 for what the caller gave, 409 for the state of readers and card, 502 and 504 for a card
 * that misbehaves, 503 for a service that is not there. */
const TOOLKIT: Readonly<Record<ErrorCode, ErrorEntry>> = {
  TLV_MALFORMED: {
    status: 422,
    vi: 'Dữ liệu không đúng định dạng. Đọc lại thẻ; nếu vẫn vậy thì giữ thẻ lại để kiểm tra.',
    en: 'The data are malformed. Read the card again; if it stays so, set the card aside for examination.',
  },
  DER_MALFORMED: {
    status: 422,
    vi: 'Dữ liệu không đúng định dạng. Đọc lại thẻ; nếu vẫn vậy thì giữ thẻ lại để kiểm tra.',
    en: 'The data are malformed. Read the card again; if it stays so, set the card aside for examination.',
  },
  APDU_MALFORMED: { status: 502, vi: 'Lệnh gửi thẻ không đúng dạng.', en: 'A command APDU is malformed.' },
  LDS_MALFORMED: {
    status: 422,
    vi: 'Dữ liệu không đúng định dạng. Đọc lại thẻ; nếu vẫn vậy thì giữ thẻ lại để kiểm tra.',
    en: 'The data are malformed. Read the card again; if it stays so, set the card aside for examination.',
  },
  CERTIFICATE_MALFORMED: {
    status: 422,
    vi: 'Tệp không phải chứng thư X.509. Kiểm tra lại tệp đã chọn.',
    en: 'This is no X.509 certificate. Check which file was given.',
  },
  SIGNED_DATA_MALFORMED: {
    status: 422,
    vi: 'Dữ liệu không đúng định dạng. Đọc lại thẻ; nếu vẫn vậy thì giữ thẻ lại để kiểm tra.',
    en: 'The data are malformed. Read the card again; if it stays so, set the card aside for examination.',
  },
  MASTER_LIST_MALFORMED: {
    status: 422,
    vi: 'Tệp không phải danh sách chứng thư CSCA (master list).',
    en: 'This is no CSCA master list.',
  },
  CRL_MALFORMED: {
    status: 422,
    vi: 'Tệp không phải danh sách thu hồi (CRL).',
    en: 'This is no certificate revocation list.',
  },
  SECURITY_INFO_MALFORMED: {
    status: 422,
    vi: 'Dữ liệu không đúng định dạng. Đọc lại thẻ; nếu vẫn vậy thì giữ thẻ lại để kiểm tra.',
    en: 'The data are malformed. Read the card again; if it stays so, set the card aside for examination.',
  },
  IMAGE_MALFORMED: {
    status: 422,
    vi: 'Ảnh chân dung trong thẻ không giải mã được.',
    en: 'The portrait cannot be decoded.',
  },
  TRANSCRIPT_MALFORMED: { status: 422, vi: 'Tệp ghi phiên không đúng dạng.', en: 'The transcript is malformed.' },
  DOCUMENT_MALFORMED: {
    status: 422,
    vi: 'Thư mục không chứa dữ liệu thẻ, hoặc có tệp sai dạng.',
    en: 'The folder holds no card document, or a file in it is malformed.',
  },
  KEY_MALFORMED: {
    status: 422,
    vi: 'Khóa không đúng dạng. CAN có đúng sáu chữ số.',
    en: 'A key is malformed. A CAN has exactly six digits.',
  },
  POINT_INVALID: {
    status: 502,
    vi: 'Thẻ gửi một điểm không thuộc đường cong. Không tin thẻ này.',
    en: 'The card sent a point that is not on the curve. Do not trust this card.',
  },
  CURVE_UNKNOWN: {
    status: 422,
    vi: 'Đường cong không nằm trong danh sách đã biết. Không tin thẻ này.',
    en: 'The curve is none of the known ones. Do not trust this card.',
  },
  ALGORITHM_UNKNOWN: { status: 422, vi: 'Thuật toán chưa hỗ trợ.', en: 'The algorithm is not supported.' },
  MRZ_MALFORMED: {
    status: 422,
    vi: 'MRZ không đúng dạng. Thẻ căn cước có ba dòng, mỗi dòng 30 ký tự.',
    en: 'The MRZ has the wrong shape. An ID card has three lines of 30 characters.',
  },
  MRZ_CHECK_DIGIT: {
    status: 422,
    vi: 'Một chữ số kiểm tra của MRZ sai. Đọc lại đúng vị trí được chỉ ra.',
    en: 'A check digit of the MRZ is wrong. Look again at the place named.',
  },
  QR_NOT_A_CARD: {
    status: 422,
    vi: 'Mã QR này không phải của thẻ căn cước. Quét mã trên thẻ.',
    en: "This QR is not an ID card's. Scan the one on the card.",
  },
  PERSONAL_NUMBER_MALFORMED: {
    status: 422,
    vi: 'Số định danh phải có đúng 12 chữ số.',
    en: 'The personal number has exactly 12 digits.',
  },
  SCANNER_CONFIG_MALFORMED: {
    status: 422,
    vi: 'Tệp cấu hình máy quét không đúng dạng. Xem docs/scanners.md và sửa đúng vị trí được chỉ ra.',
    en: 'The scanner configuration is malformed. See docs/scanners.md and correct the place named.',
  },
  BUNDLE_REFUSED: {
    status: 422,
    vi: 'Gói bằng chứng bị từ chối. Đừng dùng; yêu cầu nơi gửi làm lại.',
    en: 'The evidence bundle is refused. Do not use it; have its sender make it again.',
  },
  POLICY_MALFORMED: { status: 422, vi: 'Tệp chính sách không đúng dạng.', en: 'The policy file is malformed.' },
  TRUST_STORE_REFUSED: {
    status: 500,
    vi: 'Kho chứng thư tin cậy không nhận tệp này. Kiểm tra nguồn gốc của tệp.',
    en: 'The trust store does not take this file. Check where it comes from.',
  },
  STATUS_WORD: { status: 502, vi: 'Thẻ từ chối một lệnh. Thử lại.', en: 'The card refused a command. Try again.' },
  FILE_NOT_FOUND: { status: 502, vi: 'Thẻ không có tệp được hỏi.', en: 'The card does not have the file asked for.' },
  ACCESS_DENIED: { status: 422, vi: 'Thẻ không cho đọc tệp này.', en: 'The card does not allow reading this file.' },
  ACCESS_KEY_WRONG: {
    status: 422,
    vi: 'Số hoặc MRZ không khớp với thẻ này. Kiểm tra đúng thẻ, đúng mã QR, rồi thử lại.',
    en: 'The number or MRZ does not fit this card. Check that card and QR belong together, then try again.',
  },
  ACCESS_BLOCKED: {
    status: 422,
    vi: 'Thẻ tạm khóa sau nhiều lần sai. Đừng thử nữa lúc này.',
    en: 'The card blocks itself after too many wrong tries. Do not try again now.',
  },
  PROTOCOL_VIOLATION: {
    status: 502,
    vi: 'Thẻ trả lời sai giao thức. Đặt lại thẻ; nếu vẫn vậy, đừng tin thẻ này.',
    en: 'The card broke the protocol. Place it again; if it stays so, do not trust it.',
  },
  RESPONSE_TOO_SHORT: {
    status: 502,
    vi: 'Thẻ trả lời quá ngắn. Đặt lại thẻ cho ngay ngắn.',
    en: 'The card answered with too few bytes. Place it again, flat on the reader.',
  },
  MAC_WRONG: {
    status: 502,
    vi: 'Dữ liệu giữa thẻ và đầu đọc bị thay đổi. Đặt lại thẻ.',
    en: 'The data between card and reader were altered. Place the card again.',
  },
  SECURE_MESSAGING_LOST: {
    status: 502,
    vi: 'Kênh bảo mật với thẻ đã mất. Đặt lại thẻ.',
    en: 'The secure channel to the card is lost. Place the card again.',
  },
  AUTHENTICATION_TOKEN_WRONG: {
    status: 422,
    vi: 'Thẻ và đầu đọc không thống nhất khóa. Kiểm tra đúng thẻ, đúng mã QR.',
    en: 'Card and reader do not agree on a key. Check that card and QR belong together.',
  },
  ACCESS_PROTOCOL_MISSING: {
    status: 422,
    vi: 'Thẻ này không mở được bằng thông tin đã cho. Hãy cho cả mã QR hoặc MRZ.',
    en: 'This card does not open with what was given. Give the whole QR text or the MRZ.',
  },
  DOWNGRADE_REFUSED: {
    status: 422,
    vi: 'PACE thất bại và chính sách không cho quay về BAC.',
    en: 'PACE failed, and the policy does not allow falling back to BAC.',
  },
  CHIP_CHANGED: {
    status: 502,
    vi: 'Thẻ đặt lại không phải thẻ lúc trước. Bắt đầu lại.',
    en: 'The card put back is not the one before. Start again.',
  },
  REPLAY_MISMATCH: {
    status: 422,
    vi: 'Phiên ghi lại không khớp với lệnh.',
    en: 'The transcript does not fit the commands.',
  },
  NO_SMARTCARD_SERVICE: {
    status: 503,
    vi: 'Dịch vụ thẻ thông minh chưa chạy. Linux: sudo systemctl start pcscd. Windows: dịch vụ “Smart Card”.',
    en: 'The smart card service is not running. Linux: sudo systemctl start pcscd. Windows: the “Smart Card” service.',
  },
  PCSC_NOT_INSTALLED: {
    status: 503,
    vi: 'Chưa cài phần nối PC/SC. Debian, Ubuntu: sudo apt-get install pcscd libpcsclite-dev build-essential python3, rồi chạy lại npm ci.',
    en: 'The PC/SC binding is not installed. Debian, Ubuntu: sudo apt-get install pcscd libpcsclite-dev build-essential python3, then run npm ci again.',
  },
  NO_READER: {
    status: 409,
    vi: 'Không thấy đầu đọc. Cắm đầu đọc, hoặc thử `cccd demo` khi không có thiết bị.',
    en: 'No reader is plugged in. Plug one in, or try `cccd demo` without any device.',
  },
  NO_CARD: { status: 409, vi: 'Không có thẻ. Đặt thẻ lên đầu đọc.', en: 'There is no card. Place it on the reader.' },
  CARD_REMOVED: {
    status: 409,
    vi: 'Thẻ bị nhấc ra khi đang đọc. Đặt lại và giữ yên đến khi xong.',
    en: 'The card was lifted while being read. Place it again and leave it until done.',
  },
  CARD_MUTE: {
    status: 502,
    vi: 'Thẻ không lên tiếng. Đặt lại thẻ; lau mặt tiếp xúc.',
    en: 'The card does not answer to reset. Place it again; wipe its contacts.',
  },
  CARD_TIMEOUT: {
    status: 504,
    vi: 'Thẻ im lặng quá lâu, đã ngắt. Đặt lại thẻ.',
    en: 'The card was silent for too long and was cut off. Place it again.',
  },
  READER_BUSY: {
    status: 409,
    vi: 'Chương trình khác đang dùng đầu đọc. Đóng chương trình đó rồi thử lại.',
    en: 'Another program is using the reader. Close it and try again.',
  },
  READER_FAILED: {
    status: 503,
    vi: 'Đầu đọc hỏng hoặc bị rút. Cắm lại.',
    en: 'The reader failed or was unplugged. Plug it in again.',
  },
  READ_CANCELLED: { status: 409, vi: 'Đã dừng theo yêu cầu.', en: 'Stopped as asked.' },
  SCANNER_DRIVER_MISSING: {
    status: 503,
    vi: 'Chưa cài phần nối máy quét (serialport, node-hid). Chạy lại npm install mà không có --omit=optional.',
    en: 'The scanner bindings (serialport, node-hid) are not installed. Run npm install again without --omit=optional.',
  },
  NO_SCANNER: {
    status: 503,
    vi: 'Không thấy máy quét. Cắm máy quét, hoặc chỉ cổng bằng --port.',
    en: 'No scanner is plugged in. Plug one in, or name its port with --port.',
  },
  SCANNER_FAILED: {
    status: 503,
    vi: 'Máy quét không mở được hoặc chương trình khác đang giữ. Xem quyền truy cập trong docs/scanners.md.',
    en: 'The scanner cannot be opened, or another program holds it. See docs/scanners.md for permissions.',
  },
  SIGNER_DRIVER_MISSING: {
    status: 503,
    vi: 'Thiếu thư viện PKCS#11: cài gói pkcs11js hoặc kiểm tra đường dẫn thư viện của HSM.',
    en: "The PKCS#11 library is missing: install pkcs11js, or check the path of the HSM's library.",
  },
  SIGNER_PIN_WRONG: {
    status: 500,
    vi: 'Sai PIN của HSM. Không thử lại: nhiều lần sai sẽ khóa token.',
    en: 'The PIN of the HSM is wrong. It is not tried again: a few wrong ones lock the token.',
  },
  SIGNER_TOKEN_GONE: {
    status: 503,
    vi: 'Token của HSM không còn hoặc chưa cắm. Cắm lại rồi chạy tiếp.',
    en: 'The token of the HSM is not there. Put it back and go on.',
  },
  SIGNER_KEY_MISSING: {
    status: 500,
    vi: 'HSM không có khóa với nhãn này, hoặc có nhiều hơn một.',
    en: 'The HSM has no key of that label, or more than one.',
  },
  SIGNER_EXHAUSTED: {
    status: 503,
    vi: 'Mọi khóa ký đã tới giới hạn hoặc bị loại. Cấp chứng thư ký mới rồi chạy tiếp.',
    en: 'Every signing key is at its limit or was taken out. Issue new document signers and go on.',
  },
  SIGNER_CLOCK: {
    status: 503,
    vi: 'Đồng hồ nằm ngoài thời hạn dùng khóa, hoặc đã bị chỉnh lùi. Kiểm tra giờ của máy.',
    en: "The clock is outside the key's usage period, or was set back. Check the clock of this machine.",
  },
  LEDGER_FAILED: {
    status: 500,
    vi: 'Sổ đếm chữ ký không mở hoặc không ghi được, nên không ký.',
    en: 'The ledger of signatures cannot be opened or written, so nothing is signed.',
  },
  NUMBER_SIGNED_BEFORE: {
    status: 409,
    vi: 'Số này đã được ký với nội dung khác. Đây là cấp lại thì phải nói rõ.',
    en: 'This number was signed before with other content. If it is issued anew, that has to be said.',
  },
  APPROVAL_MISSING: { status: 403, vi: 'Chưa đủ người duyệt.', en: 'Too few people have approved it.' },
  APPROVAL_REFUSED: { status: 403, vi: 'Không duyệt được.', en: 'It cannot be approved.' },
  CERTIFICATE_REFUSED: { status: 422, vi: 'Chứng thư trái hồ sơ.', en: 'The certificate breaks the profile.' },
  AUTHORITY_MALFORMED: { status: 422, vi: 'Cơ quan cấp không đúng.', en: 'The authority is not as it should be.' },
  SIGNER_FAILED: { status: 500, vi: 'Khóa ký không ký được.', en: 'The signing key did not sign.' },
  CONNECTOR_CONFIG_MALFORMED: {
    status: 422,
    vi: 'Cấu hình kết nối hoặc tệp bí mật của nó không đúng. Xem docs/hospital.md.',
    en: 'The configuration of a connector, or a secret file that it names, is not right. See docs/hospital.md.',
  },
  CONNECTOR_FIELD_MISSING: {
    status: 422,
    vi: 'Lần đọc này thiếu một thông tin mà nơi nhận cần.',
    en: 'This reading lacks a field that the receiver needs.',
  },
  CONNECTOR_UNREACHABLE: {
    status: 503,
    vi: 'Không nối được tới máy chủ nơi nhận. Kiểm tra mạng và địa chỉ.',
    en: "The receiver's server cannot be reached. Check network and address.",
  },
  CONNECTOR_TIMEOUT: {
    status: 503,
    vi: 'Máy chủ nơi nhận trả lời quá chậm. Việc đọc thẻ không bị ảnh hưởng.',
    en: "The receiver's server answers too slowly. The reading itself is not affected.",
  },
  CONNECTOR_REFUSED: {
    status: 503,
    vi: 'Máy chủ nơi nhận từ chối. Kiểm tra tài khoản và quyền.',
    en: "The receiver's server refused. Check account and rights.",
  },
  CONNECTOR_SERVER_FAILED: {
    status: 503,
    vi: 'Máy chủ nơi nhận đang gặp lỗi. Thử lại sau.',
    en: "The receiver's server has a fault. Try again later.",
  },
  CONNECTOR_REPLY_MALFORMED: {
    status: 503,
    vi: 'Máy chủ nơi nhận trả lời không đúng dạng.',
    en: "The receiver's server gave a malformed answer.",
  },
  OUTBOX_FULL: {
    status: 503,
    vi: 'Hộp thư đi đã đầy: kết quả này CHƯA được gửi. Kiểm tra máy chủ nơi nhận.',
    en: 'The outbox is full: this result was NOT taken for sending. Check the receiving server.',
  },
  OUTBOX_FAILED: {
    status: 503,
    vi: 'Hộp thư đi không ghi được (đĩa đầy hoặc hỏng): kết quả này CHƯA được gửi.',
    en: 'The outbox cannot be written (disk full or broken): this result was NOT taken for sending.',
  },
  TEXT_TARGET_FAILED: {
    status: 503,
    vi: 'Không gửi được văn bản tới cổng COM hoặc tệp đã cấu hình.',
    en: 'The text could not be sent to the configured COM port or file.',
  },
  SIGNER_POOL_MALFORMED: {
    status: 500,
    vi: 'Tệp cấu hình người ký sai ở chỗ được chỉ ra.',
    en: 'The file of document signers is wrong at the place named.',
  },
  JOB_ERASED: { status: 410, vi: 'Khóa của công việc đã bị hủy.', en: 'The key of the job was destroyed.' },
  BATCH_SEEN: { status: 409, vi: 'Lô đã nhận trước đây.', en: 'The batch was taken in before.' },
  BATCH_REFUSED: { status: 422, vi: 'Lô niêm phong bị từ chối.', en: 'The sealed batch is refused.' },
  JOB_FAILED: { status: 500, vi: 'Công việc không hoàn thành.', en: 'The job was not completed.' },
  CONSENT_REQUIRED: {
    status: 422,
    vi: 'Chính sách này đòi sự đồng ý của chủ thẻ. Cho chủ thẻ xem văn bản, ghi nhận sự đồng ý rồi đọc lại.',
    en: "This policy demands the card holder's consent. Show the text, record the consent, then read again.",
  },
  AUDIT_UNAVAILABLE: {
    status: 503,
    vi: 'Không ghi được nhật ký kiểm toán, nên không đọc thẻ. Kiểm tra chỗ trống trên đĩa và quyền thư mục.',
    en: 'The audit log cannot be written, so no card is read. Check the space on the disk and the rights of its folder.',
  },
  AUDIT_BROKEN: {
    status: 500,
    vi: 'Nhật ký kiểm toán không còn nguyên vẹn. Giữ nguyên thư mục, chạy cccd audit verify, rồi bắt đầu ở thư mục mới.',
    en: 'The audit log does not hold together. Leave its folder as it is, run cccd audit verify, then begin in a new folder.',
  },
  AUDIT_KEY_REFUSED: {
    status: 500,
    vi: 'Tệp khóa kiểm toán sai dạng, không phải khóa của nhật ký này, hoặc người khác đọc được (cần quyền 0600).',
    en: "The audit key file is malformed, is not this log's, or others can read it (mode 0600 is needed).",
  },
  DESK_CONFIG_MALFORMED: {
    status: 500,
    vi: 'Tệp cấu hình của máy đọc sai.',
    en: 'The desk’s configuration is malformed.',
  },
  DESK_LISTEN_FAILED: { status: 500, vi: 'Máy đọc không mở được địa chỉ.', en: 'The desk cannot open its address.' },
  DESK_RUNNING: { status: 409, vi: 'Máy đọc đang chạy rồi.', en: 'The desk is running already.' },
  DESK_NOT_RUNNING: { status: 503, vi: 'Máy đọc chưa chạy.', en: 'The desk is not running.' },
  DESK_REFUSED: { status: 502, vi: 'Máy đọc từ chối yêu cầu này.', en: 'The desk refused this request.' },
  DESK_STATE_DAMAGED: {
    status: 500,
    vi: 'Tệp trạng thái của máy đọc bị hỏng.',
    en: 'A state file of the desk is damaged.',
  },
  LAYOUT_MALFORMED: {
    status: 422,
    vi: 'Bố cục thẻ (SVG) không đúng dạng hoặc thiếu trường. Xem docs/card-layouts.md và sửa đúng chỗ được chỉ ra.',
    en: 'The card layout (SVG) is malformed or lacks a field. See docs/card-layouts.md and correct the place named.',
  },
  FONT_UNUSABLE: {
    status: 422,
    vi: 'Thiếu phông chữ hoặc phông không dùng được. OCR-B trên Debian, Ubuntu: sudo apt-get install fonts-ocr-b, hoặc chỉ tệp bằng --ocr-b.',
    en: 'A font is missing or unusable. OCR-B on Debian, Ubuntu: sudo apt-get install fonts-ocr-b, or name its file with --ocr-b.',
  },
  ART_OVERFLOW: {
    status: 422,
    vi: 'Nội dung dài hơn khung của trường được nêu, dù đã thu nhỏ, xuống dòng. Mở rộng khung trong bố cục, hoặc trả hồ sơ lại.',
    en: 'The text is too long for the frame of the field named, even shrunk and broken. Widen the frame, or return the record.',
  },
  ART_CHARACTER: {
    status: 422,
    vi: 'Trường được nêu có ký tự không in được lên thẻ. Trả hồ sơ lại để sửa.',
    en: 'The field named holds a character that cannot be printed on a card. Return the record.',
  },
}

/** What the desk itself refuses. */
const DESK: Readonly<Record<DeskErrorCode, ErrorEntry>> = {
  HOST_REFUSED: { status: 421, vi: 'Địa chỉ này không phải của máy đọc.', en: 'This is not the address of this desk.' },
  ORIGIN_REFUSED: {
    status: 403,
    vi: 'Trang web này chưa được phép dùng máy đọc. Người quản trị thêm địa chỉ của trang vào “origins” trong tệp cấu hình.',
    en: 'This page may not use the desk. The operator adds its address to “origins” of the configuration.',
  },
  FETCH_METADATA_REFUSED: {
    status: 403,
    vi: 'Trình duyệt gửi yêu cầu này không phải từ mã của trang được phép.',
    en: 'The browser says that this request does not come from an allowed page’s code.',
  },
  TOKEN_MISSING: {
    status: 401,
    vi: 'Chưa ghép nối. Lấy mã bằng lệnh cccd pair rồi nhập vào trang.',
    en: 'Not paired. Get a code with cccd pair and enter it.',
  },
  TOKEN_REFUSED: {
    status: 401,
    vi: 'Ghép nối không còn hiệu lực. Ghép nối lại bằng mã mới.',
    en: 'The pairing is no longer valid. Pair again with a new code.',
  },
  TOKEN_IN_URL: {
    status: 400,
    vi: 'Không được để khóa ghép nối trong địa chỉ. Gửi trong tiêu đề Authorization.',
    en: 'A token does not belong in an address. Send it in the Authorization header.',
  },
  SCOPE_MISSING: {
    status: 403,
    vi: 'Ghép nối này không có quyền cần thiết. Ghép nối lại với quyền đó.',
    en: 'This pairing lacks the scope. Pair again with it.',
  },
  ROLE_MISSING: {
    status: 403,
    vi: 'Việc này dành cho người quản trị máy đọc.',
    en: 'This is for the operator of the desk.',
  },
  PAIRING_CODE_WRONG: {
    status: 403,
    vi: 'Mã ghép nối sai, đã dùng hoặc hết hạn. Lấy mã mới bằng cccd pair.',
    en: 'The pairing code is wrong, used or expired. Get a new one with cccd pair.',
  },
  PAIRING_PAUSED: {
    status: 429,
    vi: 'Nhập sai quá nhiều lần. Chờ rồi thử lại.',
    en: 'Too many wrong codes. Wait, then try again.',
  },
  TOO_MANY_TOKENS: {
    status: 409,
    vi: 'Đã có quá nhiều ghép nối. Thu hồi bớt bằng cccd pair --revoke.',
    en: 'There are too many pairings. Revoke some with cccd pair --revoke.',
  },
  TOKEN_UNKNOWN: { status: 404, vi: 'Không có ghép nối này.', en: 'There is no such pairing.' },
  REQUEST_MALFORMED: {
    status: 400,
    vi: 'Yêu cầu sai dạng ở chỗ được chỉ ra.',
    en: 'The request is malformed at the place named.',
  },
  CONTENT_TYPE_REFUSED: {
    status: 415,
    vi: 'Nội dung phải là application/json.',
    en: 'The content type has to be application/json.',
  },
  BODY_TOO_LARGE: { status: 413, vi: 'Nội dung gửi quá lớn.', en: 'The body is too large.' },
  NOT_FOUND: { status: 404, vi: 'Không có gì ở địa chỉ này.', en: 'There is nothing at this address.' },
  RATE_LIMITED: { status: 429, vi: 'Quá nhiều yêu cầu. Chờ một chút.', en: 'Too many requests. Wait a little.' },
  TOO_MANY_SESSIONS: {
    status: 429,
    vi: 'Đang có quá nhiều phiên mở. Đóng bớt trang.',
    en: 'Too many sessions are open. Close some pages.',
  },
  NOT_CONFIGURED: { status: 404, vi: 'Chức năng này chưa được cấu hình.', en: 'This is not configured.' },
  NONCE_USED: {
    status: 409,
    vi: 'Số nonce này đã dùng. Mỗi lần đọc cần một số mới.',
    en: 'This nonce has been used. Each reading needs a new one.',
  },
  READING_UNKNOWN: {
    status: 404,
    vi: 'Không có lần đọc này, hoặc đã xóa.',
    en: 'There is no such reading, or it has been cleared.',
  },
  READING_NOT_DONE: { status: 409, vi: 'Lần đọc này chưa xong.', en: 'This reading is not done.' },
  PICTURE_UNREADABLE: {
    status: 422,
    vi: 'Không mở được ảnh này. Dùng ảnh JPEG, PNG hoặc WebP chụp lại cho rõ.',
    en: 'This picture cannot be opened. Use a JPEG, PNG or WebP, taken again and sharp.',
  },
  PORTRAIT_MISSING: {
    status: 404,
    vi: 'Thẻ không có ảnh, hoặc ảnh chưa đọc đến.',
    en: 'The card has no portrait, or it has not been read yet.',
  },
  POLICY_UNKNOWN: { status: 422, vi: 'Không có chính sách này.', en: 'There is no such policy.' },
  CARD_UNKNOWN: { status: 404, vi: 'Không có thẻ mô phỏng này.', en: 'There is no such simulated card.' },
  CLOSING: { status: 503, vi: 'Máy đọc đang dừng.', en: 'The desk is closing.' },
  INTERNAL: { status: 500, vi: 'Lỗi của chương trình máy đọc.', en: 'A fault of the desk’s program.' },
}

/** The one table from an error code to its HTTP status and its words. */
export const ERROR_REPLIES: Readonly<Record<ErrorCode | DeskErrorCode, ErrorEntry>> = { ...TOOLKIT, ...DESK }
