import { isVietnameseMrz, type Mrz, parseVietnameseMrz } from '@cccd/mrz'
import { type Output, table } from './output.ts'

/** A check digit or cross-check that does not hold; line and column count from 1. */
export interface MrzFinding {
  readonly code: string
  readonly field: string
  readonly line: number
  readonly column: number
  readonly expected: string
  readonly found: string
}

/** An MRZ as the command answers it in JSON, and all that is wrong with it. */
export function mrzData(parsed: Mrz): { readonly data: object; readonly findings: readonly MrzFinding[] } {
  const vietnamese = isVietnameseMrz(parsed) ? parseVietnameseMrz(parsed) : null
  const findings = [...parsed.findings, ...(vietnamese?.findings ?? [])]
  const { lines, findings: _, asPrinted: __, ...fields } = parsed
  const names = vietnamese && { personalNumber: vietnamese.personalNumber, fullName: vietnamese.fullName }
  return { data: { ...fields, lines, ...names, findings }, findings }
}

/** The fields of an MRZ as a table. */
export function mrzTable(output: Output, parsed: Mrz): string[] {
  const row = (vi: string, en: string, value: string): readonly [string, string] => [output.pick({ vi, en }), value]
  const personalNumber = isVietnameseMrz(parsed) ? parseVietnameseMrz(parsed).personalNumber : undefined
  return table([
    row('Dạng', 'Format', parsed.format),
    row('Loại giấy tờ', 'Document code', parsed.documentCode),
    row('Nước cấp', 'Issuing state', parsed.issuingState),
    row('Số giấy tờ', 'Document number', parsed.documentNumber),
    ...(personalNumber ? [row('Số định danh', 'Personal number', personalNumber)] : []),
    row('Họ', 'Primary identifier', parsed.primaryIdentifier),
    row('Tên đệm và tên', 'Secondary identifier', parsed.secondaryIdentifier),
    row('Ngày sinh', 'Date of birth', parsed.dateOfBirth),
    row('Giới tính', 'Sex', parsed.sex),
    row('Hết hạn', 'Date of expiry', parsed.dateOfExpiry),
    row('Quốc tịch', 'Nationality', parsed.nationality),
  ])
}
