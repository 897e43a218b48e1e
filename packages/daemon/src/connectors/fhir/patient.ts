import { parsePartialDate } from '@cccd/mrz'
import type { Field, FieldSource, ReadPerson } from '../../person.ts'
import type { FhirConfig } from '../config.ts'
import { bestField } from '../person-field.ts'
import type { Identifier, Patient } from './resources.ts'
import { nameParts } from './vietnamese-name.ts'

/** A Patient, and for each source the element ids that it gave. */
export interface PatientWithSources {
  readonly patient: Patient
  readonly elements: ReadonlyMap<FieldSource, readonly string[]>
}

const IDENTIFIER_TYPES = 'http://terminology.hl7.org/CodeSystem/v2-0203'

/** The R4 Patient of this reading: what it does not say is left out. */
export function fhirPatient(
  person: ReadPerson,
  given: { readonly systems: FhirConfig['systems']; readonly photo: boolean },
): PatientWithSources {
  const elements = new Map<FieldSource, string[]>()
  const from = (source: FieldSource, id: string): void =>
    void elements.set(source, [...(elements.get(source) ?? []), id])
  const taken = (field: Field | null, id: string): Field | null => {
    if (field !== null) from(field.source, id)
    return field
  }

  const identifier = identifiers(person, given.systems).map(({ source, ...identifier }) => {
    from(source, identifier.id)
    return identifier
  })
  const name = taken(bestField(person, 'fullName'), 'name')?.value
  const parts = name === undefined ? null : nameParts(name)
  const gender = genderOf(bestField(person, 'sex'))
  if (gender !== null) from(gender.source, 'gender')
  const born = bestField(person, 'dateOfBirth')
  const birthDate = born === null ? null : fhirDate(born.value)
  if (born !== null && birthDate !== null) from(born.source, 'birthDate')
  const address = taken(bestField(person, 'placeOfResidence'), 'address')?.value
  const photo = given.photo ? person.portrait : undefined
  if (photo !== undefined) from('chip', 'photo')

  return {
    elements,
    patient: {
      resourceType: 'Patient',
      ...(identifier.length > 0 && { identifier }),
      ...(name !== undefined && {
        name: [
          {
            id: 'name',
            use: 'official',
            text: name,
            ...(parts !== null && { family: parts.family, given: parts.given }),
          },
        ],
      }),
      ...(gender !== null && { gender: gender.gender, _gender: { id: 'gender' } }),
      ...(birthDate !== null && { birthDate, _birthDate: { id: 'birthDate' } }),
      ...(address !== undefined && { address: [{ id: 'address', use: 'home', text: address }] }),
      ...(photo !== undefined && {
        photo: [{ id: 'photo', contentType: photo.format, data: Buffer.from(photo.bytes).toString('base64') }],
      }),
    },
  }
}

/** yyyy, yyyy-MM or yyyy-MM-dd (R4 §2.24.0.1: a date may be partial); null when the text is no date. */
export function fhirDate(text: string): string | null {
  const date = parsePartialDate(text.trim())
  if (date === null) return null
  const parts = [date.year.toString().padStart(4, '0'), date.month, date.day].filter(part => part !== null)
  return parts.map(part => String(part).padStart(2, '0')).join('-')
}

function identifiers(person: ReadPerson, systems: FhirConfig['systems']): (Identifier & { source: FieldSource })[] {
  const found: (Identifier & { source: FieldSource })[] = []
  const personal = bestField(person, 'personalNumber')
  if (personal !== null) {
    found.push({
      id: 'personalNumber',
      use: 'official',
      type: {
        coding: [{ system: IDENTIFIER_TYPES, code: 'NI', display: 'National unique individual identifier' }],
        text: 'Số định danh cá nhân',
      },
      system: systems.personalNumber,
      value: personal.value,
      source: personal.source,
    })
  }
  for (const { id, text, value, source } of insuranceNumbers(person)) {
    if (found.some(other => other.system === systems.insurance && other.value === value)) continue
    found.push({
      id,
      use: 'secondary',
      type: { coding: [{ system: IDENTIFIER_TYPES, code: 'HC', display: 'Health Card Number' }], text },
      system: systems.insurance,
      value,
      source,
    })
  }
  return found
}

/** What was scanned or typed, then what the gateway confirmed. */
function insuranceNumbers(person: ReadPerson): { id: string; text: string; value: string; source: FieldSource }[] {
  const card = person.insurance?.state === 'answered' ? person.insurance.card : {}
  const scanned = (name: 'insuranceCardNumber' | 'insuranceNumber', id: string, text: string, said?: string) => {
    const field = bestField(person, name)
    const own = field === null ? [] : [{ id, text, value: field.value, source: field.source }]
    const confirmed =
      said === undefined ? [] : [{ id: `${id}Confirmed`, text, value: said, source: 'insurance-gateway' as const }]
    return [...own, ...confirmed]
  }
  return [
    ...scanned('insuranceCardNumber', 'insuranceCardNumber', 'Số thẻ bảo hiểm y tế', card.cardNumber),
    ...scanned('insuranceNumber', 'insuranceNumber', 'Mã số bảo hiểm xã hội', card.insuranceNumber),
  ]
}

function genderOf(sex: Field | null): { gender: 'male' | 'female' | 'unknown'; source: FieldSource } | null {
  if (sex === null) return null
  const gender = sex.value === 'male' || sex.value === 'female' ? sex.value : 'unknown'
  return { gender, source: sex.source }
}
