/** The names that a template knows, and what a reading says for each. */
import { FIELD_NAMES, type FieldName, type ReadPerson } from '../../person.ts'
import type { InsuranceCard } from '../insurance-answer.ts'
import { bestField } from '../person-field.ts'

type OwnName = 'verdict' | 'requestId' | 'readAt'
type InsuranceName = `insurance.${'status' | 'code' | keyof InsuranceCard}`
export type TemplateName = FieldName | OwnName | InsuranceName

const CARD: Readonly<Record<keyof InsuranceCard, true>> = {
  cardNumber: true,
  fullName: true,
  dateOfBirth: true,
  sex: true,
  address: true,
  facilityCode: true,
  office: true,
  validFrom: true,
  validTo: true,
  areaCode: true,
  fiveYearsFrom: true,
  insuranceNumber: true,
  oldCardNumber: true,
  newCardNumber: true,
  newValidFrom: true,
  newValidTo: true,
  newFacilityCode: true,
  newFacilityName: true,
}

/** Every name that may stand in braces, keys apart. */
export const TEMPLATE_NAMES: readonly TemplateName[] = [
  ...FIELD_NAMES,
  'verdict',
  'requestId',
  'readAt',
  'insurance.status',
  'insurance.code',
  ...(Object.keys(CARD) as (keyof InsuranceCard)[]).map(name => `insurance.${name}` as const),
]

export function isTemplateName(name: string): name is TemplateName {
  return (TEMPLATE_NAMES as readonly string[]).includes(name)
}

/** A value, and for those with a closed list of cases which one it is. */
export interface TemplateValue {
  readonly text: string
  readonly index?: number
}

const SEXES: Readonly<Record<string, TemplateValue>> = {
  male: { text: 'Nam', index: 0 },
  female: { text: 'Nữ', index: 1 },
}

const VERDICTS: Readonly<Record<ReadPerson['verdict']['colour'], TemplateValue>> = {
  green: { text: 'ĐẠT', index: 0 },
  red: { text: 'KHÔNG ĐẠT', index: 1 },
  yellow: { text: 'CHƯA XÁC ĐỊNH', index: 2 },
  grey: { text: 'DỞ DANG', index: 3 },
}

/** What the reading says for the name; null when it says nothing. */
export function templateValue(person: ReadPerson, name: TemplateName): TemplateValue | null {
  if (name === 'verdict') return VERDICTS[person.verdict.colour]
  if (name === 'requestId') return { text: person.requestId }
  if (name === 'readAt') return { text: person.at }
  if (isInsuranceName(name)) return insuranceValue(person, name)
  const value = bestField(person, name)?.value
  if (value === undefined) return null
  // A card that says neither: the third word where the template has one.
  return name === 'sex' ? (SEXES[value] ?? { text: '', index: 2 }) : { text: value }
}

function isInsuranceName(name: TemplateName): name is InsuranceName {
  return name.startsWith('insurance.')
}

function insuranceValue(person: ReadPerson, name: InsuranceName): TemplateValue | null {
  const answer = person.insurance
  if (answer === undefined) return null
  const key = name.slice('insurance.'.length)
  if (key === 'status') return { text: answer.vi }
  if (key === 'code') return { text: answer.code }
  const value = answer.state === 'answered' ? answer.card[key as keyof InsuranceCard] : undefined
  return value === undefined || value === '' ? null : { text: value }
}
