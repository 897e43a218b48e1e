import {
  type Dg1,
  type Dg13,
  type FileName,
  importPublicKey,
  parseCom,
  parseDg1,
  parseDg2,
  parseDg11,
  parseDg12,
  parseDg13,
  parseDg15,
} from '@cccd/card-core'
import { type ReadSecurityInfos, readCardAccess, readDg14 } from './card-access.ts'
import type { Finding, Findings } from './check.ts'
import { type DocumentToVerify, type Parsed, parsedValue, parseFile, swText } from './document.ts'

/** The files taken apart, each once. */
export interface EncodingExamination {
  readonly dg1?: Dg1 | undefined
  readonly dg13?: Dg13 | undefined
  readonly dg14?: ReadSecurityInfos | undefined
  readonly cardAccess?: ReadSecurityInfos | undefined
  readonly findings: Findings
}

function finding(file: FileName, parsed: Parsed<unknown>): Finding {
  switch (parsed.kind) {
    case 'parsed':
      return { status: 'successful', reason: 'PASSED', file }
    case 'malformed':
      return parsed.finding
    case 'aborted':
      return { status: 'aborted', reason: 'ABORTED', file }
    // Whether a group that cannot be had is a fault is told by integrity; here there is nothing to take apart.
    case 'refused':
      return { status: 'notSupported', reason: 'FILE_ABSENT', detail: swText(parsed.sw), file }
    case 'unread':
      return { status: 'notSupported', reason: 'FILE_ABSENT', file }
  }
}

/** A DG1 with a wrong check digit parses, but no issuer writes one (TR-03105-5.1 LDS_B). */
function dg1Finding(parsed: Parsed<Dg1>): Finding {
  const wrong = (parsedValue(parsed)?.mrz.findings ?? []).filter(({ code }) => code === 'CHECK_DIGIT_WRONG')
  if (wrong.length === 0) return finding('EF.DG1', parsed)
  return {
    status: 'failed',
    reason: 'CHECK_DIGIT_WRONG',
    detail: wrong.map(({ field }) => field).join(', '),
    file: 'EF.DG1',
  }
}

/** Takes the files apart. A file that cannot be parsed is a failed check with the code and place of the fault. */
export function examineEncoding(document: DocumentToVerify): EncodingExamination {
  const dg1 = parseFile(document, 'EF.DG1', parseDg1)
  const dg13 = parseFile(document, 'EF.DG13', parseDg13)
  const dg14 = parseFile(document, 'EF.DG14', readDg14)
  const cardAccess = parseFile(document, 'EF.CardAccess', readCardAccess)
  const key = (bytes: Uint8Array) => importPublicKey(parseDg15(bytes).spki)
  return {
    dg1: parsedValue(dg1),
    dg13: parsedValue(dg13),
    dg14: parsedValue(dg14),
    cardAccess: parsedValue(cardAccess),
    findings: {
      'encoding.com': finding('EF.COM', parseFile(document, 'EF.COM', parseCom)),
      'encoding.cardAccess': finding('EF.CardAccess', cardAccess),
      'encoding.dg1': dg1Finding(dg1),
      'encoding.dg2': finding('EF.DG2', parseFile(document, 'EF.DG2', parseDg2)),
      'encoding.dg11': finding('EF.DG11', parseFile(document, 'EF.DG11', parseDg11)),
      'encoding.dg12': finding('EF.DG12', parseFile(document, 'EF.DG12', parseDg12)),
      'encoding.dg13': finding('EF.DG13', dg13),
      'encoding.dg14': finding('EF.DG14', dg14),
      'encoding.dg15': finding('EF.DG15', parseFile(document, 'EF.DG15', key)),
    },
  }
}
