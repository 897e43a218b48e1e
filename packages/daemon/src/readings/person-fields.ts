import { type Dg13, FormatError, type LdsFiles, parseDg1, parseDg13 } from '@cccd/card-core'
import {
  type CardQr,
  formatPartialDate,
  isVietnameseMrz,
  type Mrz,
  type PartialDate,
  parsePartialDate,
  parseVietnameseMrz,
  type Sex,
  transliterate,
} from '@cccd/mrz'
import type { PrintedData } from '@cccd/verifier'
import type { FieldDifference } from '../api/fields.ts'
import type { Field, FieldName, FieldSource } from '../person.ts'

type Values = Partial<Record<FieldName, string>>

/** The order in which people look for them. */
const ORDER: readonly FieldName[] = [
  'personalNumber',
  'fullName',
  'dateOfBirth',
  'sex',
  'nationality',
  'ethnicity',
  'religion',
  'placeOfOrigin',
  'placeOfResidence',
  'identifyingFeatures',
  'dateOfIssue',
  'dateOfExpiry',
  'father',
  'mother',
  'spouse',
  'oldNumber',
  'documentNumber',
]

/** What a card that does not expire says of it. */
const NO_EXPIRY = 'Không thời hạn'

/**
 * The fields of a person from what there is so far: the chip's, and for what the chip does not say the printed MRZ's,
 * the QR's, the typed number. A file that cannot be parsed gives none: the report says what is wrong with it.
 */
export function personFields(files: LdsFiles, printed: PrintedData = {}): readonly Field[] {
  const sides = [
    ['chip', chipValues(files)],
    ['mrz', printed.mrz ? mrzValues(printed.mrz) : {}],
    ['qr', printed.qr ? qrValues(printed.qr) : {}],
    ['typed', typedValues(printed)],
  ] as const satisfies readonly (readonly [FieldSource, Values])[]
  return ORDER.flatMap(name => {
    const side = sides.find(([, values]) => values[name] !== undefined)
    return side ? [{ name, value: side[1][name] as string, source: side[0] }] : []
  })
}

/** Where the printed side says something else than the chip; what only one side has is no difference. */
export function fieldDifferences(files: LdsFiles, printed: PrintedData = {}): readonly FieldDifference[] {
  const chip = chipValues(files)
  const hasVietnamese = tolerant(files['EF.DG13'], parseDg13) !== undefined
  const sides = [
    ['mrz', printed.mrz ? mrzValues(printed.mrz) : {}],
    ['qr', printed.qr ? qrValues(printed.qr) : {}],
    ['typed', typedValues(printed)],
  ] as const
  return sides.flatMap(([source, values]) =>
    ORDER.flatMap((name): readonly FieldDifference[] => {
      const [ours, theirs] = [chip[name], values[name]]
      if (ours === undefined || theirs === undefined) return []
      const kind = differenceOf(name, ours, theirs)
      // An MRZ has no marks, and cuts long names: printed, or in the chip until DG13 is read.
      const isOfMrz = source === 'mrz' || !hasVietnamese
      const isNoMore = kind === 'diacritics' || (name === 'fullName' && isCut(ours, theirs))
      if (kind === null || (isOfMrz && isNoMore)) return []
      return [{ name, source, kind }]
    }),
  )
}

function differenceOf(name: FieldName, ours: string, theirs: string): FieldDifference['kind'] | null {
  if (plain(ours) === plain(theirs)) return null
  if (name !== 'fullName' && name !== 'placeOfResidence') return 'differs'
  return unmarkedText(ours) === unmarkedText(theirs) ? 'diacritics' : 'differs'
}

/** Whether the shorter name is the beginning of the longer one. */
function isCut(a: string, b: string): boolean {
  const [short, long] = [unmarkedText(a), unmarkedText(b)].toSorted((x, y) => x.length - y.length) as [string, string]
  return short.length >= 20 && long.startsWith(short)
}

function plain(text: string): string {
  return text.normalize('NFC').toLocaleUpperCase('vi').replace(/\s+/g, ' ').trim()
}

function unmarkedText(text: string): string {
  try {
    return transliterate(text).replace(/\s+/g, ' ').trim()
  } catch (error) {
    // A letter that the MRZ cannot write: then the letters themselves are compared.
    if (error instanceof FormatError) return plain(text)
    throw error
  }
}

function chipValues(files: LdsFiles): Values {
  const dg1 = tolerant(files['EF.DG1'], parseDg1)
  const dg13 = tolerant(files['EF.DG13'], parseDg13)
  return { ...(dg1 && mrzValues(dg1.mrz)), ...(dg13 && vietnameseValues(dg13)) }
}

function vietnameseValues(dg13: Dg13): Values {
  const { parents = [] } = dg13
  // With one name alone nobody can tell whose it is.
  const [father, mother] = parents.length === 2 ? parents : []
  const date = (text: string | undefined): string | undefined => {
    const parsed = text === undefined ? null : parsePartialDate(text.trim())
    return parsed ? formatPartialDate(parsed) : text
  }
  return present({
    personalNumber: dg13.personalNumber,
    fullName: dg13.fullName,
    dateOfBirth: date(dg13.dateOfBirth),
    sex: dg13.sex === undefined ? undefined : sexWord(sexOf(dg13.sex)),
    nationality: dg13.nationality,
    ethnicity: dg13.ethnicity,
    religion: dg13.religion,
    placeOfOrigin: dg13.placeOfOrigin,
    placeOfResidence: dg13.placeOfResidence,
    identifyingFeatures: dg13.identifyingFeatures,
    dateOfIssue: date(dg13.dateOfIssue),
    dateOfExpiry: date(dg13.dateOfExpiry),
    father,
    mother,
    spouse: dg13.spouse,
    oldNumber: dg13.oldNumber,
  })
}

function mrzValues(mrz: Mrz): Values {
  const nationality = mrz.nationality === 'VNM' ? 'Việt Nam' : mrz.nationality
  const common = { nationality, documentNumber: mrz.documentNumber }
  if (isVietnameseMrz(mrz)) {
    const { personalNumber, fullName, dateOfBirth, sex, dateOfExpiry } = parseVietnameseMrz(mrz)
    return present({
      ...common,
      personalNumber: personalNumber ?? undefined,
      fullName,
      dateOfBirth: dateText(dateOfBirth),
      sex: sexWord(sex),
      dateOfExpiry: dateOfExpiry === 'none' ? NO_EXPIRY : dateText(dateOfExpiry),
    })
  }
  // Another state's document: its two-digit years have no century of their own, so no date is made of them.
  return present({
    ...common,
    fullName: `${mrz.primaryIdentifier} ${mrz.secondaryIdentifier}`.trim(),
    sex: sexWord(mrz.sex === 'M' ? 'male' : mrz.sex === 'F' ? 'female' : null),
  })
}

function qrValues(qr: CardQr): Values {
  return present({
    personalNumber: qr.personalNumber,
    fullName: qr.fullName,
    dateOfBirth: dateText(qr.dateOfBirth),
    sex: qr.sex === null ? undefined : sexWord(qr.sex),
    placeOfResidence: qr.address,
    dateOfIssue: dateText(qr.dateOfIssue),
    oldNumber: qr.oldNumber,
  })
}

function typedValues({ personalNumber }: PrintedData): Values {
  return present({ personalNumber })
}

function dateText(date: PartialDate | null): string | undefined {
  return date === null ? undefined : formatPartialDate(date)
}

function sexOf(text: string): Sex | null {
  const word = plain(text)
  return word === 'NAM' ? 'male' : word === 'NỮ' ? 'female' : null
}

function sexWord(sex: Sex | null): string {
  return sex ?? 'unknown'
}

/** Without what is missing or empty. */
function present(values: Partial<Record<FieldName, string | undefined>>): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined && value !== ''))
}

function tolerant<T>(bytes: Uint8Array | undefined, parse: (bytes: Uint8Array) => T): T | undefined {
  if (!bytes) return undefined
  try {
    return parse(bytes)
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}
