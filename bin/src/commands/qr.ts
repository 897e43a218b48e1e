import {
  accessAttempts,
  accessKeysFromQr,
  type CardQr,
  computeExpiry,
  decodePersonalNumber,
  formatPartialDate,
  type InsuranceQrScan,
  isFullDate,
  parseCardQr,
  parseScan,
  type Scan,
} from '@cccd/mrz'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { table } from '../output.ts'
import { accessText, scanNotes, scanTable } from '../scan-view.ts'
import { type Context, readStdin } from '../wiring.ts'
import { pictureFiles, qrPictures } from './qr-pictures.ts'

/** `cccd qr`: the fields of a card's QR, what the number says, when the card expires and what opens its chip, or the
 * fields of an insurance card's; from its text or from pictures of it. What a scanner that types did to the text is put
 * right where that can be done, and said. A QR is unsigned, so nothing here proves anything. */
export async function qr(
  context: Context,
  _options: Record<string, unknown>,
  words: readonly string[],
): Promise<ExitCode> {
  const files = await pictureFiles(words)
  if (files !== null) return qrPictures(context, files)
  const [word] = words
  const text = word !== undefined && word !== '-' ? word : await readStdin(context.stdin)
  const scan = parseScan(text)
  if (scan.kind === 'card-qr') return showCard(context, scan.qr, scan)
  if (scan.kind === 'insurance-qr') return showInsurance(context, scan)
  // Its fault has the place.
  return showCard(context, parseCardQr(text), scan)
}

function showInsurance({ output }: Context, scan: InsuranceQrScan): ExitCode {
  const { raw: _, ...fields } = scan.insurance
  output.result({ kind: scan.kind, ...fields, damage: scan.damage }, () => [
    ...scanTable(scan, [], output.pick),
    '',
    ...scanNotes(scan, output.pick),
    ...scan.insurance.findings.map(finding => `! ${finding.code}: ${finding.field}`),
    output.pick({
      vi: 'Mã QR thẻ bảo hiểm không có chữ ký và không mở được chip.',
      en: "An insurance card's QR is unsigned and opens no chip.",
    }),
  ])
  return EXIT.ok
}

function showCard({ output }: Context, card: CardQr, scan: Scan): ExitCode {
  const number = decodePersonalNumber(card.personalNumber, { sex: card.sex, dateOfBirth: card.dateOfBirth })
  const keys = accessKeysFromQr(card)
  const attempts = accessAttempts(keys)
  const expiry = expiryOf(card)
  const { raw: _, ...fields } = card
  output.result({ ...fields, number, expiry, accessKeys: keys, tries: attempts.length, damage: scan.damage }, () => {
    const row = (vi: string, en: string, value: string): readonly [string, string] => [
      output.pick({ vi, en }),
      value || '–',
    ]
    const date = (value: typeof card.dateOfBirth): string => (value ? formatPartialDate(value) : '')
    return [
      ...table([
        row('Loại mã', 'Variant', card.variant),
        row('Số định danh', 'Personal number', card.personalNumber),
        row('Số CMND cũ', 'Old number', card.oldNumber),
        row('Họ và tên', 'Full name', card.fullName),
        row('Ngày sinh', 'Date of birth', date(card.dateOfBirth)),
        row('Giới tính', 'Sex', card.sexText),
        row('Địa chỉ', 'Address', card.address),
        row('Ngày cấp', 'Date of issue', date(card.dateOfIssue)),
        ...card.extra.map((text, i) => row(`Trường ${8 + i}`, `Field ${8 + i}`, text)),
        row('Nơi đăng ký khai sinh', 'Birth registered in', number.province ?? number.provinceCode),
        row(
          'Hết hạn (tính ra)',
          'Expiry (computed)',
          expiry
            ? expiry.dateOfExpiry
              ? formatPartialDate(expiry.dateOfExpiry)
              : output.pick({ vi: 'không thời hạn', en: 'does not expire' })
            : '',
        ),
        row('Khóa mở chip', 'Chip access', accessText(attempts, output.pick)),
      ]),
      '',
      ...scanNotes(scan, output.pick),
      ...card.findings.map(finding => `! ${finding.code}: ${finding.field}`),
      ...number.warnings.map(warning => `! ${warning}`),
      output.pick({
        vi: 'Mã QR không có chữ ký: nó cho biết thẻ của ai, không chứng minh thẻ là thật.',
        en: 'The QR is unsigned: it tells whose card this is, it does not prove that the card is genuine.',
      }),
    ]
  })
  return EXIT.ok
}

function expiryOf(card: ReturnType<typeof parseCardQr>): ReturnType<typeof computeExpiry> | null {
  const { dateOfBirth, dateOfIssue } = card
  if (!dateOfBirth || !dateOfIssue || !isFullDate(dateOfBirth) || !isFullDate(dateOfIssue)) return null
  // An issue date before the birth date is no expiry at all, which the findings of the QR already say.
  const before =
    Date.UTC(dateOfIssue.year, dateOfIssue.month - 1, dateOfIssue.day) <
    Date.UTC(dateOfBirth.year, dateOfBirth.month - 1, dateOfBirth.day)
  return before ? null : computeExpiry({ dateOfBirth, dateOfIssue })
}
