import type { ChipEvidence, LdsFiles } from '@cccd/card-core'
import type { VerificationReport } from '@cccd/verifier'
import type { VerdictSummary } from '../api/readings.ts'
import type { Caller } from '../desk.ts'
import type { ConsentRecord } from '../keeping/consent.ts'
import type { ReadPerson } from '../person.ts'

/** Everything that a finished reading holds: for the evidence bundle and the connectors. The bytes are copies, so that
 * forgetting the reading does not change what is being sealed or sent. */
export interface FinishedReading {
  readonly id: string
  readonly files: LdsFiles
  readonly evidence: ChipEvidence
  readonly report: VerificationReport
  /** The texts as they were scanned or typed. */
  readonly printed: { readonly qr?: string; readonly mrz?: string; readonly personalNumber?: string }
  /** Fields, portrait and verdict in the form of the connectors. */
  readonly person: ReadPerson
  /** Id of the policy. */
  readonly policy: string
  /** Id of the set of trust anchors. */
  readonly trustStore: string
  /** When it was judged: ISO 8601, UTC. */
  readonly time: string
  readonly reader: string
  readonly binding: { readonly origin: string | null; readonly nonce: string }
  readonly purpose?: string
  readonly consent?: ConsentRecord
  /** The signed result of `Reading.signed`. */
  readonly signed: string
}

/** How a reading ended, for the audit log and the counters: nothing that a card said. */
export interface EndedReading {
  readonly id: string
  readonly caller: Caller
  readonly state: 'done' | 'failed' | 'cancelled'
  readonly policy: string
  readonly reader?: string
  readonly verdict?: Pick<VerdictSummary, 'overall' | 'colour' | 'policy'> & { readonly because: readonly string[] }
  /** The code of the error that ended it. */
  readonly error?: string
  /** From the request to the end, and from the card's arrival to the end, in milliseconds. */
  readonly ms: number
  readonly cardMs?: number
  /** What went over the link. */
  readonly link?: { readonly apdus: number; readonly bytesOut: number; readonly bytesIn: number }
  /** Whom it was about; only for keyed digests. */
  readonly subject?: { readonly personalNumber?: string; readonly documentNumber?: string }
}
