import { type Com, type LdsSecurityObject, parseCom } from '@cccd/card-core'
import type { Finding } from './check.ts'
import { type DocumentToVerify, parseFile } from './document.ts'
import type { SodExamination } from './passive-authentication.ts'

const FILE = 'EF.COM'
/** LDS 1.7 and 1.8, Unicode 4.0.0: all that 9303-10 §4.6.1 has (TR-03105-5.1 LDS_A_04, LDS_A_06). */
const LDS_VERSIONS: readonly string[] = ['0107', '0108']
const UNICODE_VERSION = '040000'

function compare(com: Com, object: LdsSecurityObject): Finding {
  const listed = [...object.dataGroupHashes.keys()]
  const onlyCom = com.dataGroups.filter(n => !listed.includes(n))
  const onlySod = listed.filter(n => !com.dataGroups.includes(n))
  const repeated = com.dataGroups.length - new Set(com.dataGroups).size
  if (onlyCom.length > 0 || onlySod.length > 0 || repeated > 0) {
    const evidence = { onlyInCom: onlyCom, onlyInSod: onlySod }
    const name = (groups: readonly number[]) => groups.map(n => `DG${n}`).join(', ') || '-'
    const detail = `only EF.COM: ${name(onlyCom)}; only EF.SOD: ${name(onlySod)}`
    return { status: 'failed', reason: 'COM_SOD_DIFFER', detail, evidence, file: FILE }
  }
  if (!LDS_VERSIONS.includes(com.ldsVersion) || com.unicodeVersion !== UNICODE_VERSION) {
    const detail = `LDS ${com.ldsVersion}, Unicode ${com.unicodeVersion}`
    return { status: 'failed', reason: 'COM_VERSION_WRONG', detail, file: FILE }
  }
  const { ldsVersion = com.ldsVersion, unicodeVersion = com.unicodeVersion } = object
  if (com.ldsVersion !== ldsVersion || com.unicodeVersion !== unicodeVersion) {
    return { status: 'failed', reason: 'COM_VERSION_DIFFERS', file: FILE }
  }
  return { status: 'successful', reason: 'PASSED', file: FILE }
}

export interface ComExamination {
  /** Groups that EF.COM lists; empty without one. */
  readonly comDataGroups: readonly number[]
  readonly finding: Finding
}

/** Compares EF.COM, which nobody signs, with EF.SOD: the same groups in both, versions that exist (TR-03135-1
 * §5.6.4.4.1). A card without EF.COM is as good: the file is deprecated. */
export function examineCom(document: DocumentToVerify, { sod }: SodExamination): ComExamination {
  const parsed = parseFile(document, FILE, parseCom)
  switch (parsed.kind) {
    case 'malformed':
      return { comDataGroups: [], finding: parsed.finding }
    case 'aborted':
      return { comDataGroups: [], finding: { status: 'aborted', reason: 'ABORTED', file: FILE } }
    case 'refused':
    case 'unread':
      return { comDataGroups: [], finding: { status: 'notSupported', reason: 'FILE_ABSENT', file: FILE } }
    case 'parsed': {
      const finding: Finding = sod
        ? compare(parsed.value, sod.ldsSecurityObject)
        : { status: 'undetermined', reason: 'PREREQUISITE_MISSING', file: FILE }
      return { comDataGroups: parsed.value.dataGroups, finding }
    }
  }
}
