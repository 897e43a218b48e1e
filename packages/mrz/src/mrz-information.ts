import { checkDigit, indexOutsideMrzAlphabet } from './check-digit.ts'
import { FormatError } from './error.ts'

/** What opens a chip over BAC, and over PACE with the MRZ as password. */
export interface BacKey {
  /** As the MRZ has it, without trailing fillers; longer than nine characters where the document has that. */
  readonly documentNumber: string
  /** YYMMDD; unknown parts are fillers. */
  readonly dateOfBirth: string
  /** YYMMDD */
  readonly dateOfExpiry: string
}

/** 9303-11 §9.7.2: document number (filled up to nine characters), birth date and expiry date, each followed by its
 * check digit. Throws FormatError MRZ_MALFORMED with the field when one cannot stand in an MRZ. */
export function mrzInformation(key: BacKey): string {
  const number = key.documentNumber.padEnd(9, '<')
  requireAlphabet('documentNumber', number)
  requireDate('dateOfBirth', key.dateOfBirth)
  requireDate('dateOfExpiry', key.dateOfExpiry)
  return [number, key.dateOfBirth, key.dateOfExpiry].map(part => part + checkDigit(part)).join('')
}

function requireAlphabet(field: string, text: string): void {
  const index = indexOutsideMrzAlphabet(text)
  if (index >= 0) throw new FormatError('MRZ_MALFORMED', `${field} has a character that no MRZ can hold`, { field })
}

function requireDate(field: string, text: string): void {
  if (text.length !== 6) throw new FormatError('MRZ_MALFORMED', `${field} is not of the form YYMMDD`, { field })
  requireAlphabet(field, text)
}
