import {
  accessKeysFromQr,
  type CardQr,
  computeExpiry,
  decodePersonalNumber,
  formatPartialDate,
  isFullDate,
  parseCardQr,
} from '@cccd/mrz'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { table } from '../output.ts'
import { type Context, readStdin } from '../wiring.ts'
import { pictureFiles, qrPictures } from './qr-pictures.ts'

/** `cccd qr`: the fields of a card's QR, what the number says, when the card expires and what opens its chip; from its
 * text or from pictures of it. The QR is unsigned, so nothing here proves anything. */
export async function qr(
  context: Context,
  _options: Record<string, unknown>,
  words: readonly string[],
): Promise<ExitCode> {
  const files = await pictureFiles(words)
  if (files !== null) return qrPictures(context, files)
  const [text] = words
  return showCard(context, parseCardQr(text !== undefined && text !== '-' ? text : await readStdin(context.stdin)))
}

function showCard({ output }: Context, card: CardQr): ExitCode {
  const number = decodePersonalNumber(card.personalNumber, { sex: card.sex, dateOfBirth: card.dateOfBirth })
  const keys = accessKeysFromQr(card)
  const expiry = expiryOf(card)
  const { raw: _, ...fields } = card
  output.result({ ...fields, number, expiry, accessKeys: keys }, () => {
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
        row(
          'Khóa mở chip',
          'Chip access',
          output.pick({ vi: `CAN và ${keys.bac.length} khóa BAC`, en: `CAN and ${keys.bac.length} BAC keys` }),
        ),
      ]),
      '',
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
