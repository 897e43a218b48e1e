import { CHECK_DEFINITIONS, type Check, REASONS, type VerificationReport } from '@cccd/verifier'
import type { ExitCode } from './exit-code.ts'
import { EXIT } from './exit-code.ts'
import type { Language, Text } from './language.ts'

const OVERALL: Readonly<
  Record<VerificationReport['overall'], Text & { readonly sign: string; readonly exit: ExitCode }>
> = {
  successful: { sign: '✔', vi: 'ĐẠT (xanh)', en: 'SUCCESSFUL (green)', exit: EXIT.ok },
  failed: { sign: '✘', vi: 'KHÔNG ĐẠT (đỏ)', en: 'FAILED (red)', exit: EXIT.failed },
  undetermined: { sign: '?', vi: 'CHƯA XÁC ĐỊNH (vàng)', en: 'UNDETERMINED (yellow)', exit: EXIT.undetermined },
  aborted: { sign: '–', vi: 'DỞ DANG (xám)', en: 'ABORTED (grey)', exit: EXIT.aborted },
}

const SIGNS: Readonly<Record<Check['status'], string>> = {
  successful: '✔',
  failed: '✘',
  undetermined: '?',
  notSupported: '·',
  aborted: '–',
}

const REQUIREMENTS: Readonly<Record<Check['requirement'], Text>> = {
  mandatory: { vi: 'bắt buộc', en: 'mandatory' },
  optional: { vi: 'tùy chọn', en: 'optional' },
  evaluatory: { vi: 'tham khảo', en: 'for information' },
}

const TITLES = new Map<string, Text>(CHECK_DEFINITIONS.map(definition => [definition.id, definition.title]))

export function exitOf(report: VerificationReport): ExitCode {
  return OVERALL[report.overall].exit
}

/** The verdict in one line, in the language asked with the other beside it. */
export function verdictLine(report: VerificationReport, language: Language): string {
  const { sign, vi, en } = OVERALL[report.overall]
  return language === 'vi' ? `${sign} KẾT LUẬN: ${vi}  —  ${en}` : `${sign} VERDICT: ${en}  —  ${vi}`
}

/** The tree of checks; passing groups are folded unless `all`, so that a person sees first what is wrong. */
export function reportLines(report: VerificationReport, language: Language, all = false): string[] {
  const lines = [verdictLine(report, language), `  ${language === 'vi' ? 'Chính sách' : 'Policy'}: ${report.policy}`]
  for (const { id, reason, file } of report.because) {
    lines.push(`  → ${file ? `${file}: ` : ''}${REASONS[reason][language]} (${TITLES.get(id)?.[language] ?? id})`)
  }
  lines.push('')
  const add = (check: Check, depth: number): void => {
    const title = TITLES.get(check.id)?.[language] ?? check.id
    const requirement = REQUIREMENTS[check.requirement][language]
    const plain = check.reason === 'PASSED' || (check.children.length > 0 && check.status !== 'notSupported')
    const reason = plain ? '' : `: ${REASONS[check.reason][language]}`
    const detail = check.detail ? ` [${check.detail}]` : ''
    lines.push(`${'  '.repeat(depth + 1)}${SIGNS[check.status]} ${title} (${requirement})${reason}${detail}`)
    const fold =
      !all &&
      (check.status === 'successful' || check.status === 'notSupported') &&
      check.children.every(child => child.status !== 'failed')
    if (!fold) for (const child of check.children) if (all || child.status !== 'notSupported') add(child, depth + 1)
  }
  for (const check of report.checks) add(check, 0)
  return lines
}
