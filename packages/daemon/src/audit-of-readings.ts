import type { Caller } from './desk.ts'
import type { AuditCaller, AuditLog } from './keeping/audit-log.ts'
import type { ReadingDeskOptions } from './readings/reading-desk.ts'

/** A caller as the audit log writes it. */
export function auditCaller({ tokenId, label, role, origin }: Caller): AuditCaller {
  return { tokenId, label, role, origin }
}

/** Records every reading's beginning, consent and end. A beginning that cannot be recorded refuses the reading where
 * the configuration says so. */
export function auditOfReadings(audit: AuditLog): Required<Pick<ReadingDeskOptions, 'began' | 'finished'>> {
  return {
    async began({ id, caller, policy, reader, purpose, consent }) {
      const by = { caller: auditCaller(caller) }
      await audit.record(
        {
          ...{ kind: 'reading.started', requestId: id, policy },
          ...(reader !== undefined && { reader }),
          ...(purpose !== undefined && { purpose }),
        },
        by,
      )
      if (!consent) return
      const { textVersion, textDigest } = consent
      await audit.record(
        { kind: 'consent.given', requestId: id, purpose: consent.purpose, textVersion, textDigest },
        by,
      )
    },
    async finished({ id, caller, state, reader, verdict, error, ms, subject }) {
      await audit.record(
        {
          ...{ kind: 'reading.ended', requestId: id, state, ms },
          ...(reader !== undefined && { reader }),
          ...(verdict && { verdict }),
          ...(error !== undefined && { error }),
        },
        { caller: auditCaller(caller), ...(subject && { subject }) },
      )
    },
  }
}
