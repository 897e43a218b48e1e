import { CHECK_DEFINITIONS, type Check, type CheckStatus, REASONS, type VerificationReport } from '@cccd/verifier'
import type { JSX, RefObject } from 'preact'
import { WORDS } from '../words/desk-words.ts'
import type { Text } from '../words/language.ts'
import { ChevronIcon } from './icons.tsx'
import { STATUS_WORDS, StatusSign } from './verdict-sign.tsx'
import { Key, useWord } from './words.tsx'

const TITLES: ReadonlyMap<string, Text> = new Map(CHECK_DEFINITIONS.map(({ id, title }) => [id, title]))

const REQUIREMENT_WORDS: Readonly<Record<Check['requirement'], Text>> = {
  mandatory: { vi: 'bắt buộc', en: 'mandatory' },
  optional: { vi: 'tùy chọn', en: 'optional' },
  evaluatory: { vi: 'tham khảo', en: 'for information' },
}

const COUNTED: readonly CheckStatus[] = ['successful', 'failed', 'undetermined', 'aborted', 'notSupported']

/** Every check of the report in its fixed order, behind a disclosure; what did not pass stands open. */
export function CheckList(given: {
  readonly report: VerificationReport
  readonly place: RefObject<HTMLDetailsElement>
}): JSX.Element {
  const word = useWord()
  const { report } = given
  const leaves = leavesOf(report.checks)
  const counts = COUNTED.map(status => [status, leaves.filter(check => check.status === status).length] as const)
  return (
    <details class="panel checks" ref={given.place}>
      <summary>
        <ChevronIcon />
        <span class="checks-title">{word(WORDS.checks)}</span>
        <span class="checks-counts">
          {counts
            .filter(([, count]) => count > 0)
            .map(([status, count]) => (
              <span key={status} class={`count status-${status}`}>
                <StatusSign status={status} /> {count} {word(STATUS_WORDS[status])}
              </span>
            ))}
        </span>
        <Key name="F9" />
      </summary>
      <p class="hint">
        {word({ vi: 'Chính sách', en: 'Policy' })} <strong>{report.policy}</strong> ·{' '}
        {word({ vi: 'mở chip bằng', en: 'chip opened by' })}{' '}
        <strong>{[report.access.used, report.access.password].filter(Boolean).join(' ')}</strong>
      </p>
      <ul class="check-tree">
        {report.checks.map(check => (
          <CheckItem key={check.id} check={check} />
        ))}
      </ul>
    </details>
  )
}

function leavesOf(checks: readonly Check[]): Check[] {
  return checks.flatMap(check => (check.children.length === 0 ? [check] : leavesOf(check.children)))
}

function CheckItem({ check }: { check: Check }): JSX.Element {
  // What is only told, and did not fail, is not to alarm anybody.
  const quiet = check.requirement === 'evaluatory' && check.status !== 'failed' ? ' for-information' : ''
  if (check.children.length === 0) {
    return (
      <li class={`check status-${check.status}${quiet}`}>
        <CheckLine check={check} />
      </li>
    )
  }
  return (
    <li class={`check group status-${check.status}${quiet}`}>
      <details open={check.status === 'failed' || check.status === 'aborted'}>
        <summary>
          <ChevronIcon />
          <CheckLine check={check} />
        </summary>
        <ul>
          {check.children.map(child => (
            <CheckItem key={child.id} check={child} />
          ))}
        </ul>
      </details>
    </li>
  )
}

function CheckLine({ check }: { check: Check }): JSX.Element {
  const word = useWord()
  const { id, status, requirement, reason, detail, file, children } = check
  const saysMore = reason !== 'PASSED' && (children.length === 0 || reason === 'COULD_BE_A_COPY')
  return (
    <span class="check-line">
      <span class="check-sign">
        <StatusSign status={status} />
      </span>
      <span class="check-text">
        <span class="check-title">{word(TITLES.get(id) ?? { vi: id, en: id })}</span>
        <span class="check-status">
          {word(STATUS_WORDS[status])} · {word(REQUIREMENT_WORDS[requirement])}
        </span>
        {saysMore ? <span class="check-reason">{word(REASONS[reason])}</span> : null}
        {detail === undefined ? null : (
          <code class="check-detail">
            {file === undefined ? '' : `${file}: `}
            {detail}
          </code>
        )}
      </span>
    </span>
  )
}
