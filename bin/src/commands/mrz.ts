import { isVietnameseMrz, parseMrz, parseVietnameseMrz } from '@cccd/mrz'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Text } from '../language.ts'
import { table } from '../output.ts'
import { mrzLines } from '../printed.ts'
import { type Context, readStdin } from '../wiring.ts'

/** `cccd mrz`: fields, check digits and, for a Vietnamese card, its cross-checks. Ends with `input` when a check digit is wrong
 * or a cross-check differs. */
export async function mrz(
  context: Context,
  _options: Record<string, unknown>,
  words: readonly string[],
): Promise<ExitCode> {
  const { output } = context
  const text = words.length > 0 ? words.join('\n') : await readStdin(context.stdin)
  const parsed = parseMrz(mrzLines(text))
  const vietnamese = isVietnameseMrz(parsed) ? parseVietnameseMrz(parsed) : null
  const findings = [...parsed.findings, ...(vietnamese?.findings ?? [])]
  const { lines, findings: _, asPrinted: __, ...fields } = parsed
  output.result(
    {
      ...fields,
      lines,
      ...(vietnamese && { personalNumber: vietnamese.personalNumber, fullName: vietnamese.fullName }),
      findings,
    },
    () => {
      const row = (vi: string, en: string, value: string): readonly [string, string] => [output.pick({ vi, en }), value]
      return [
        ...table([
          row('Dạng', 'Format', parsed.format),
          row('Loại giấy tờ', 'Document code', parsed.documentCode),
          row('Nước cấp', 'Issuing state', parsed.issuingState),
          row('Số giấy tờ', 'Document number', parsed.documentNumber),
          ...(vietnamese?.personalNumber ? [row('Số định danh', 'Personal number', vietnamese.personalNumber)] : []),
          row('Họ', 'Primary identifier', parsed.primaryIdentifier),
          row('Tên đệm và tên', 'Secondary identifier', parsed.secondaryIdentifier),
          row('Ngày sinh', 'Date of birth', parsed.dateOfBirth),
          row('Giới tính', 'Sex', parsed.sex),
          row('Hết hạn', 'Date of expiry', parsed.dateOfExpiry),
          row('Quốc tịch', 'Nationality', parsed.nationality),
        ]),
        '',
        ...(findings.length === 0
          ? [output.pick({ vi: '✔ Mọi chữ số kiểm tra đều đúng.', en: '✔ Every check digit is right.' })]
          : findings.map(finding => `✘ ${output.pick(describe(finding))}`)),
      ]
    },
  )
  return findings.length === 0 ? EXIT.ok : EXIT.input
}

interface Finding {
  readonly code: string
  readonly field: string
  readonly line: number
  readonly column: number
  readonly expected: string
  readonly found: string
}

function describe({ code, field, line, column, expected, found }: Finding): Text {
  return {
    vi: `${code}: ${field}, dòng ${line}, cột ${column}: có “${found}”, đúng ra là “${expected}”`,
    en: `${code}: ${field}, line ${line}, column ${column}: “${found}” stands where “${expected}” belongs`,
  }
}
