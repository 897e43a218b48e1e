import { concat, FormatError, fromLatin1, readTlv, tlv, utf8 } from '@cccd/card-core'

/** TR-03110-3 A.2.6.3: EF.CVCA is of this length, filled up with zeros. */
const LENGTH = 36
const NAME = 0x42
// Country of two letters, a holder mnemonic of up to nine, a sequence of five (TR-03110-3 A.6.1).
const REFERENCE = /^[A-Z]{2}[\x20-\x7e]{0,9}[A-Z0-9]{5}$/

function malformed(message: string): FormatError {
  return new FormatError('DOCUMENT_MALFORMED', message, { file: 'EF.CVCA' })
}

/** EF.CVCA: the one or two certification authorities whose terminals may read DG3, the current one first. Throws
 * FormatError DOCUMENT_MALFORMED for a reference that is none, or another number of them. */
export function buildCvca(references: readonly string[]): Uint8Array {
  if (references.length < 1 || references.length > 2) throw malformed('EF.CVCA names one or two authorities')
  if (!references.every(name => REFERENCE.test(name))) throw malformed('a name in EF.CVCA is no authority reference')
  const names = concat(...references.map(name => tlv(NAME, utf8(name))))
  return concat(names, new Uint8Array(LENGTH - names.length))
}

/** The references in EF.CVCA. Throws FormatError DOCUMENT_MALFORMED. */
export function parseCvca(file: Uint8Array): string[] {
  const references: string[] = []
  let offset = 0
  while (offset < file.length && file[offset] !== 0) {
    const { tag, value, raw } = readTlv(file, offset, 'DOCUMENT_MALFORMED')
    const name = fromLatin1(value)
    if (tag !== NAME || !REFERENCE.test(name)) throw malformed('a name in EF.CVCA is no authority reference')
    references.push(name)
    offset += raw.length
  }
  if (file.length > LENGTH || references.length < 1 || references.length > 2) throw malformed('EF.CVCA is malformed')
  if (file.subarray(offset).some(byte => byte !== 0)) throw malformed('EF.CVCA is not filled up with zeros')
  return references
}
