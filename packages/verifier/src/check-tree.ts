// The tree of checks as data: every report has exactly these checks in exactly this order (TR-03135-1 §5.6, §5.7).
// `tr` is the section of BSI TR-03135-1 version 2.5 that a check follows; where the section carries no number of its
// own a suffix tells the parts apart. Checks without `tr` are the project's own, mostly for the Vietnamese card.

export type DataGroupNumber = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | 16

/** Groups: their status follows from their children. */
export type GroupId =
  | 'access'
  | 'chipAuthenticity'
  | 'sod'
  | 'cardSecurity'
  | 'issuer'
  | 'issuer.validityNow'
  | 'issuer.validityAtSigning'
  | 'integrity'
  | 'encoding'
  | 'issuingState'
  | 'combined'
  | 'holder'

/** Checks that look at the document themselves. */
export type LeafId =
  | 'access.pace'
  | 'access.bac'
  | 'access.downgrade'
  | 'access.terminalAuthentication'
  | 'chipAuthenticity.activeAuthentication'
  | 'chipAuthenticity.chipAuthentication'
  | 'chipAuthenticity.paceCam'
  | 'sod.encoding'
  | 'sod.signer'
  | 'sod.signedAttributes'
  | 'sod.digest'
  | 'sod.signature'
  | 'cardSecurity.encoding'
  | 'cardSecurity.signature'
  | 'cardSecurity.issuer'
  | 'issuer.documentSignerSignature'
  | 'issuer.cscaSignature'
  | 'issuer.validityNow.documentSigner'
  | 'issuer.validityNow.csca'
  | 'issuer.validityAtSigning.documentSigner'
  | 'issuer.validityAtSigning.csca'
  | 'issuer.revocation'
  | 'issuer.extensions'
  | 'issuer.trust'
  | 'issuer.deviations'
  | 'integrity.com'
  | 'integrity.cardAccess'
  | `integrity.dg${DataGroupNumber}`
  | 'integrity.unlisted'
  | 'encoding.com'
  | 'encoding.cardAccess'
  | 'encoding.dg1'
  | 'encoding.dg2'
  | 'encoding.dg11'
  | 'encoding.dg12'
  | 'encoding.dg13'
  | 'encoding.dg14'
  | 'encoding.dg15'
  | 'issuingState.documentSigner'
  | 'issuingState.csca'
  | 'combined.expiry'
  | 'combined.mrzDg1'
  | 'combined.qrDg1'
  | 'combined.qrDg13'
  | 'combined.dg13Dg1'
  | 'combined.personalNumber'
  | 'combined.dateOfIssue'
  | 'combined.expiryRule'
  | 'holder.face'

export type CheckId = GroupId | LeafId

export interface CheckDefinition {
  readonly id: CheckId
  /** Section of TR-03135-1. */
  readonly tr?: string
  readonly title: { readonly vi: string; readonly en: string }
  /** Only groups have children. `anyOf`: one success is enough (TR-03135-1 §5.6.4.1). */
  readonly rule?: 'allOf' | 'anyOf'
  readonly children?: readonly CheckDefinition[]
}

function leaf(id: LeafId, vi: string, en: string, tr?: string): CheckDefinition {
  return tr === undefined ? { id, title: { vi, en } } : { id, tr, title: { vi, en } }
}

const DATA_GROUPS: readonly (readonly [DataGroupNumber, string, string])[] = [
  [1, 'DG1, vùng MRZ', 'DG1, the MRZ'],
  [2, 'DG2, ảnh chân dung', 'DG2, the portrait'],
  [3, 'DG3, vân tay', 'DG3, fingerprints'],
  [4, 'DG4, mống mắt', 'DG4, irises'],
  [5, 'DG5, ảnh hiển thị', 'DG5, displayed portrait'],
  [6, 'DG6, dự phòng', 'DG6, reserved'],
  [7, 'DG7, chữ ký hiển thị', 'DG7, displayed signature'],
  [8, 'DG8, đặc điểm dữ liệu', 'DG8, data features'],
  [9, 'DG9, đặc điểm cấu trúc', 'DG9, structure features'],
  [10, 'DG10, đặc điểm vật liệu', 'DG10, substance features'],
  [11, 'DG11, thông tin cá nhân bổ sung', 'DG11, further personal details'],
  [12, 'DG12, thông tin giấy tờ bổ sung', 'DG12, further document details'],
  [13, 'DG13, thông tin riêng của Việt Nam', 'DG13, the Vietnamese fields'],
  [14, 'DG14, tùy chọn bảo mật', 'DG14, security options'],
  [15, 'DG15, khóa xác thực chủ động', 'DG15, key for active authentication'],
  [16, 'DG16, người cần liên hệ', 'DG16, persons to notify'],
]

/** The whole tree, top level in the order of the report. */
export const CHECK_TREE: readonly CheckDefinition[] = [
  {
    id: 'access',
    tr: '5.6.3',
    title: { vi: 'Mở chip', en: 'Access to the chip' },
    children: [
      leaf('access.pace', 'Mở bằng PACE', 'Opened by PACE', '5.6.3.1.2'),
      leaf('access.bac', 'Mở bằng BAC', 'Opened by BAC', '5.6.3.1.1'),
      leaf('access.downgrade', 'Không bị hạ cấp giao thức', 'No weaker protocol than the chip offers'),
      leaf('access.terminalAuthentication', 'Xác thực thiết bị đọc', 'Terminal authentication', '5.6.3.2'),
    ],
  },
  {
    id: 'chipAuthenticity',
    tr: '5.6.4.1',
    title: { vi: 'Chip thật, không phải bản sao', en: 'The chip is no copy' },
    rule: 'anyOf',
    children: [
      leaf(
        'chipAuthenticity.activeAuthentication',
        'Xác thực chủ động (AA)',
        'Active authentication (AA)',
        '5.6.4.1.1',
      ),
      leaf('chipAuthenticity.chipAuthentication', 'Xác thực chip (CA)', 'Chip authentication (CA)', '5.6.4.1.2'),
      leaf('chipAuthenticity.paceCam', 'PACE-CAM', 'PACE with chip authentication mapping', '5.6.4.1.3'),
    ],
  },
  {
    id: 'sod',
    tr: '5.6.4.2.1',
    title: { vi: 'Đối tượng bảo mật EF.SOD', en: 'Security object EF.SOD' },
    children: [
      leaf('sod.encoding', 'Đọc được EF.SOD', 'EF.SOD is there and well formed', '5.6.4.2.1'),
      leaf('sod.signer', 'Tìm thấy chứng thư người ký', 'Certificate of the signer found', '5.6.4.2.2'),
      leaf('sod.signedAttributes', 'Thuộc tính được ký', 'Signed attributes', '5.6.4.2.2'),
      leaf('sod.digest', 'Giá trị băm của nội dung', 'Digest of the content', '5.6.4.2.2.hash'),
      leaf('sod.signature', 'Chữ ký', 'Signature', '5.6.4.2.2.signature'),
    ],
  },
  {
    id: 'cardSecurity',
    tr: '5.6.4.2.2',
    title: { vi: 'Đối tượng bảo mật EF.CardSecurity', en: 'Security object EF.CardSecurity' },
    children: [
      leaf('cardSecurity.encoding', 'Đọc được EF.CardSecurity', 'EF.CardSecurity is well formed'),
      leaf('cardSecurity.signature', 'Chữ ký', 'Signature', '5.6.4.2.2.signature'),
      leaf('cardSecurity.issuer', 'Chứng thư người ký', 'Certificate of the signer', '5.6.4.3.2'),
    ],
  },
  {
    id: 'issuer',
    tr: '5.6.4.3.1',
    title: { vi: 'Chứng thư cơ quan cấp', en: 'Issuer certificates' },
    children: [
      leaf(
        'issuer.documentSignerSignature',
        'Chữ ký trên chứng thư ký giấy tờ',
        'Signature on the document signer',
        '5.6.4.3.3',
      ),
      leaf('issuer.cscaSignature', 'Chữ ký trên chứng thư CSCA', 'Signature on the CSCA'),
      {
        id: 'issuer.validityNow',
        tr: '5.6.4.3.4',
        title: { vi: 'Hiệu lực hiện tại', en: 'Validity now' },
        children: [
          leaf(
            'issuer.validityNow.documentSigner',
            'Chứng thư ký giấy tờ còn hiệu lực',
            'Document signer valid now',
            '5.6.4.3.4.ds',
          ),
          leaf('issuer.validityNow.csca', 'CSCA còn hiệu lực', 'CSCA valid now', '5.6.4.3.4.csca'),
        ],
      },
      {
        id: 'issuer.validityAtSigning',
        title: { vi: 'Hiệu lực khi ký', en: 'Validity when signed' },
        children: [
          leaf(
            'issuer.validityAtSigning.documentSigner',
            'Chứng thư ký giấy tờ có hiệu lực khi ký',
            'Document signer valid when it signed',
          ),
          leaf('issuer.validityAtSigning.csca', 'CSCA có hiệu lực khi ký', 'CSCA valid at that time'),
        ],
      },
      leaf('issuer.revocation', 'Chưa bị thu hồi', 'Not revoked', '5.6.4.3.5'),
      leaf('issuer.extensions', 'Phần mở rộng của chứng thư', 'Extensions of the certificates'),
      leaf('issuer.trust', 'Thuộc nguồn tin cậy', 'Trust status', '5.6.4.3.6'),
      leaf('issuer.deviations', 'Sai lệch được chấp nhận', 'Deviations that were tolerated'),
    ],
  },
  {
    id: 'integrity',
    tr: '5.6.4.4',
    title: { vi: 'Toàn vẹn dữ liệu chip', en: 'Integrity of the chip content' },
    children: [
      leaf('integrity.com', 'EF.COM khớp EF.SOD', 'EF.COM against EF.SOD', '5.6.4.4.1'),
      leaf('integrity.cardAccess', 'EF.CardAccess khớp DG14', 'EF.CardAccess against DG14'),
      ...DATA_GROUPS.map(([n, vi, en]) => leaf(`integrity.dg${n}`, vi, en, '5.6.4.4.2.dg')),
      leaf('integrity.unlisted', 'Không có nhóm ngoài EF.SOD', 'No group outside EF.SOD', '5.6.4.4.2'),
    ],
  },
  {
    id: 'encoding',
    title: { vi: 'Cấu trúc các tệp', en: 'Structure of the files' },
    children: [
      leaf('encoding.com', 'EF.COM', 'EF.COM'),
      leaf('encoding.cardAccess', 'EF.CardAccess', 'EF.CardAccess'),
      leaf('encoding.dg1', 'DG1', 'DG1'),
      leaf('encoding.dg2', 'DG2', 'DG2'),
      leaf('encoding.dg11', 'DG11', 'DG11'),
      leaf('encoding.dg12', 'DG12', 'DG12'),
      leaf('encoding.dg13', 'DG13', 'DG13'),
      leaf('encoding.dg14', 'DG14', 'DG14'),
      leaf('encoding.dg15', 'DG15', 'DG15'),
    ],
  },
  {
    id: 'issuingState',
    tr: '5.6.4.5',
    title: { vi: 'Quốc gia cấp', en: 'Issuing state' },
    children: [
      leaf('issuingState.documentSigner', 'DG1 và chứng thư ký giấy tờ', 'DG1 against document signer', '5.6.4.5'),
      leaf('issuingState.csca', 'Chứng thư ký giấy tờ và CSCA', 'Document signer against CSCA'),
    ],
  },
  {
    id: 'combined',
    tr: '5.7',
    title: { vi: 'Đối chiếu', en: 'Combined checks' },
    children: [
      leaf('combined.expiry', 'Thẻ còn hạn', 'Expiry of the card', '5.7.1'),
      leaf('combined.mrzDg1', 'MRZ in trên thẻ và DG1', 'Printed MRZ against DG1', '5.7.2'),
      leaf('combined.qrDg1', 'Mã QR và DG1', 'QR against DG1', '5.7.5'),
      leaf('combined.qrDg13', 'Mã QR và DG13', 'QR against DG13', '5.7.5'),
      leaf('combined.dg13Dg1', 'DG13 và DG1', 'DG13 against DG1', '5.7.5'),
      leaf(
        'combined.personalNumber',
        'Số trong MRZ và số định danh',
        'MRZ number against the 12-digit number',
        '5.7.5',
      ),
      leaf('combined.dateOfIssue', 'Ngày cấp và thời hạn', 'Date of issue against validity', '5.7.5'),
      leaf('combined.expiryRule', 'Thời hạn theo quy định', 'Expiry against the rule of the law'),
    ],
  },
  {
    id: 'holder',
    title: { vi: 'Người cầm thẻ', en: 'Holder' },
    children: [leaf('holder.face', 'Khuôn mặt khớp ảnh trong chip', 'Face against the portrait in the chip', '5.7.6')],
  },
]

function flatten(definitions: readonly CheckDefinition[]): CheckDefinition[] {
  return definitions.flatMap(definition => [definition, ...flatten(definition.children ?? [])])
}

/** Every check, groups before their children, in the order of the report. */
export const CHECK_DEFINITIONS: readonly CheckDefinition[] = flatten(CHECK_TREE)

/** The ids of every check, in the order of the report. */
export const CHECK_IDS: readonly CheckId[] = CHECK_DEFINITIONS.map(definition => definition.id)

/** Whether a text is the id of a check. */
export function isCheckId(text: string): text is CheckId {
  return CHECK_IDS.includes(text as CheckId)
}
