import { FormatError } from '@cccd/card-core'
import {
  type AccessKeys,
  accessKeysFromCan,
  accessKeysFromMrz,
  accessKeysFromPersonalNumber,
  accessKeysFromScan,
  mergeAccessKeys,
  parseMrz,
  parseScan,
  requireValidCheckDigits,
} from '@cccd/mrz'
import type { PrintedData } from '@cccd/verifier'
import type { StartReading } from '../api/readings.ts'

/** What opens the chip and is then compared with it. */
export interface AccessData {
  readonly keys: AccessKeys
  readonly printed: PrintedData
  /** The texts as they came, for the evidence. */
  readonly texts: { readonly qr?: string; readonly mrz?: string; readonly personalNumber?: string }
}

/**
 * The keys and the printed side from what was scanned or typed. Throws FormatError: QR_NOT_A_CARD for a text that opens
 * no chip (an insurance card, a web address), MRZ_MALFORMED or MRZ_CHECK_DIGIT with the place, KEY_MALFORMED when nothing
 * is given.
 */
export function accessData(given: Pick<StartReading, 'scan' | 'mrz' | 'can' | 'number'>): AccessData {
  const sources: AccessData[] = []
  // An MRZ before a QR: its date of expiry was printed, not computed.
  if (given.mrz !== undefined) sources.push(fromMrz(given.mrz))
  if (given.scan !== undefined) sources.push(fromScan(given.scan))
  if (given.number !== undefined) sources.push(fromNumber(given.number))
  if (given.can !== undefined) sources.push({ keys: accessKeysFromCan(given.can), printed: {}, texts: {} })
  if (sources.length === 0) {
    throw new FormatError('KEY_MALFORMED', 'one of scan, mrz, can and number has to be given', { field: 'scan' })
  }
  return {
    keys: mergeAccessKeys(sources.map(({ keys }) => keys)),
    printed: Object.assign({}, ...sources.map(({ printed }) => printed)),
    texts: Object.assign({}, ...sources.map(({ texts }) => texts)),
  }
}

function fromMrz(text: string): AccessData {
  // Lines parted by line breaks, commas or blanks: an MRZ holds none of them.
  const mrz = parseMrz(text.split(/[\s,]+/).filter(line => line !== ''))
  requireValidCheckDigits(mrz)
  return { keys: accessKeysFromMrz(mrz), printed: { mrz }, texts: { mrz: mrz.lines.join('\n') } }
}

function fromNumber(personalNumber: string): AccessData {
  return { keys: accessKeysFromPersonalNumber(personalNumber), printed: { personalNumber }, texts: { personalNumber } }
}

function fromScan(text: string): AccessData {
  const scan = parseScan(text)
  const keys = accessKeysFromScan(scan)
  if (keys.can === undefined && keys.bac.length === 0) {
    throw new FormatError('QR_NOT_A_CARD', 'what was scanned opens no card', { field: 'scan' })
  }
  switch (scan.kind) {
    case 'card-qr':
      return { keys, printed: { qr: scan.qr }, texts: { qr: scan.qr.raw } }
    case 'mrz':
      // Of an ambiguous one only the keys are used: the chip itself tells which reading was right.
      return scan.mrz === null
        ? { keys, printed: {}, texts: {} }
        : { keys, printed: { mrz: scan.mrz }, texts: { mrz: scan.mrz.lines.join('\n') } }
    case 'vneid-or-unknown':
      return fromNumber(scan.personalNumber as string)
    case 'insurance-qr':
      throw new FormatError('QR_NOT_A_CARD', 'a health-insurance card opens no chip', { field: 'scan' })
  }
}
