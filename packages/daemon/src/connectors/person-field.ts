import { ConnectorError } from '@cccd/card-core'
import type { Field, FieldName, FieldSource, ReadPerson } from '../person.ts'
import { harmless } from './harmless.ts'

// The chip's word first. The MRZ last: it has lost the marks of Vietnamese letters and half the century.
const RANK: readonly FieldSource[] = ['chip', 'qr', 'insurance-gateway', 'typed', 'mrz']

/** The field of this name from the best source, its value in NFC, trimmed, and without controls; null when there is
 * none that says anything. */
export function bestField(person: Pick<ReadPerson, 'fields'>, name: FieldName): Field | null {
  const found = person.fields
    .filter(field => field.name === name)
    .map(field => ({ ...field, value: harmless(field.value).trim() }))
    .filter(({ value }) => value !== '')
  return found.toSorted((a, b) => RANK.indexOf(a.source) - RANK.indexOf(b.source))[0] ?? null
}

/** As `bestField`; throws ConnectorError CONNECTOR_FIELD_MISSING with the field's name. */
export function requireField(person: Pick<ReadPerson, 'fields'>, name: FieldName): Field {
  const field = bestField(person, name)
  if (field !== null) return field
  throw new ConnectorError('CONNECTOR_FIELD_MISSING', `the reading has no ${name}`, { field: name })
}
