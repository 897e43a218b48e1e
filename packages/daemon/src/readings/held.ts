import type { ChipEvidence, FileName } from '@cccd/card-core'
import { type Holding, holding } from '@cccd/card-reader'
import type { VerificationReport } from '@cccd/verifier'
import type { FieldDifference } from '../api/fields.ts'
import type { Field } from '../person.ts'
import type { AccessData } from './access-data.ts'
import { fieldDifferences, personFields } from './person-fields.ts'
import type { Portrait } from './portrait.ts'

/** Everything personal of one reading, in one place, so that forgetting it is one step. */
export interface Held {
  readonly access: AccessData
  readonly files: Partial<Record<FileName, Uint8Array>>
  /** Only where a lifted card may be put back. */
  fragments?: Holding
  fields: readonly Field[]
  differences: readonly FieldDifference[]
  /** null: none that can be shown; absent: not read yet. */
  portrait?: Portrait | null
  judged?: Judged
}

/** What there is of a reading that is done. */
export interface Judged {
  readonly evidence: ChipEvidence
  readonly report: VerificationReport
  /** ISO 8601, UTC. */
  readonly at: string
  readonly reader: string
  readonly signed: string
}

/** Before anything is read: the printed side. */
export function holdPrinted(access: AccessData, given: { readonly mayResume: boolean }): Held {
  return {
    access,
    files: {},
    fields: personFields({}, access.printed),
    differences: [],
    ...(given.mayResume ? { fragments: holding() } : {}),
  }
}

/** Reads the fields anew from what is there. */
export function updateFields(held: Held): void {
  const { printed } = held.access
  held.fields = personFields(held.files, printed)
  held.differences = fieldDifferences(held.files, printed)
}

/** Overwrites what the desk owns of a card, and lets the rest go. */
export function overwrite(held: Held): void {
  for (const bytes of Object.values(held.files)) bytes.fill(0)
  for (const fragment of Object.values(held.fragments?.held() ?? {})) fragment.bytes.fill(0)
  held.portrait?.bytes.fill(0)
  held.judged?.evidence.activeAuthentication?.response?.fill(0)
  held.fields = []
  held.differences = []
  delete held.fragments
  delete held.judged
  // The engine keeps the last text that a pattern was matched with: here it is another one.
  ;/^/.test('')
}
