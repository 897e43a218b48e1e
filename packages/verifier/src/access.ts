import type { SecurityInfo } from '@cccd/card-core'
import type { Finding, Findings } from './check.ts'
import type { DocumentToVerify } from './document.ts'

const PASSED: Finding = { status: 'successful', reason: 'PASSED' }
const OPEN: Finding = { status: 'notSupported', reason: 'ACCESS_OPEN' }
const UNATTESTED = { status: 'undetermined', reason: 'ACCESS_UNATTESTED' } as const
const OTHER: Finding = { status: 'notSupported', reason: 'ACCESS_BY_OTHER_PROTOCOL' }

/** What the document itself says about how it can be opened. */
export interface AnnouncedAccess {
  readonly cardAccess?: readonly SecurityInfo[] | undefined
  /** Only when passive authentication covered DG14. */
  readonly coveredDg14?: readonly SecurityInfo[] | undefined
}

function announcesPace(infos: readonly SecurityInfo[] | undefined): boolean {
  return infos?.some(info => info.kind === 'pace') === true
}

function paceFinding({ evidence }: DocumentToVerify, offered: boolean): Finding {
  const { used, pace, password } = evidence.access
  if (used === 'PACE') {
    const facts = {
      ...(pace ? { oid: pace.oid, mapping: pace.mapping } : {}),
      ...(pace?.parameterId === undefined ? {} : { parameterId: pace.parameterId }),
      ...(password ? { password } : {}),
    }
    return { ...PASSED, evidence: facts }
  }
  if (used === 'none') return OPEN
  return offered ? { status: 'failed', reason: 'PACE_FAILED' } : { status: 'notSupported', reason: 'PACE_NOT_OFFERED' }
}

function downgradeFinding({ evidence }: DocumentToVerify, announced: AnnouncedAccess, offered: boolean): Finding {
  const { used, downgrade } = evidence.access
  switch (used) {
    case 'none':
      return OPEN
    case 'PACE':
      return PASSED
    case 'BAC':
      if (offered || downgrade !== undefined) return { status: 'failed', reason: 'DOWNGRADED' }
      if (announcesPace(announced.coveredDg14)) {
        return { status: 'failed', reason: 'DOWNGRADE_CONCEALED', file: 'EF.CardAccess' }
      }
      return { status: 'successful', reason: 'PACE_NOT_OFFERED' }
  }
}

/** Judges how the chip was opened (TR-03135-1 §5.6.3): which protocol, and whether a better one was left aside. */
export function examineAccess(document: DocumentToVerify, announced: AnnouncedAccess): Findings {
  const { access } = document.evidence
  const offered = access.offered.includes('PACE') || announcesPace(announced.cardAccess)
  const infos = [...(announced.cardAccess ?? []), ...(announced.coveredDg14 ?? [])]
  const terminal = infos.some(info => info.kind === 'terminalAuthentication')
  // A claim of success may be a lie; one of failure nobody would make.
  const told = (finding: Finding): Finding =>
    document.unattested && finding.status === 'successful' ? { ...finding, ...UNATTESTED } : finding
  return {
    'access.pace': told(paceFinding(document, offered)),
    'access.bac': told(access.used === 'BAC' ? PASSED : access.used === 'none' ? OPEN : OTHER),
    'access.downgrade': told(downgradeFinding(document, announced, offered)),
    'access.terminalAuthentication': terminal
      ? { status: 'undetermined', reason: 'TERMINAL_AUTHENTICATION_NOT_DONE' }
      : { status: 'notSupported', reason: 'TERMINAL_AUTHENTICATION_NOT_ANNOUNCED' },
  }
}
