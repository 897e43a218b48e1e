import { parseCardSecurity } from '@cccd/card-core'
import { findCertificatePath } from './certificate-path.ts'
import type { Finding, Findings } from './check.ts'
import { type DocumentToVerify, parseFile, swText } from './document.ts'
import { pathFinding } from './issuer.ts'
import { examineSignedObject, wrapperFault } from './signed-object.ts'
import type { TrustAnchors } from './trust-anchors.ts'

const FILE = 'EF.CardSecurity'

function all(finding: Finding): Findings {
  return { 'cardSecurity.encoding': finding, 'cardSecurity.signature': finding, 'cardSecurity.issuer': finding }
}

/** Examines EF.CardSecurity, where it was read (TR-03135-1 §5.6.4.2.2): structure, signature, and the chain of its signer. */
export function examineCardSecurity(document: DocumentToVerify, anchors: TrustAnchors): Findings {
  const parsed = parseFile(document, FILE, parseCardSecurity, 'SIGNED_DATA_MALFORMED')
  switch (parsed.kind) {
    case 'unread':
      return all({ status: 'notSupported', reason: 'FILE_ABSENT', file: FILE })
    case 'refused':
      return all({ status: 'notSupported', reason: 'FILE_ABSENT', detail: swText(parsed.sw), file: FILE })
    case 'aborted':
      return all({ status: 'aborted', reason: 'ABORTED', file: FILE })
    case 'malformed': {
      const rest: Finding = { status: 'undetermined', reason: 'PREREQUISITE_MISSING', file: FILE }
      return { ...all(rest), 'cardSecurity.encoding': parsed.finding }
    }
    case 'parsed': {
      const { signedData } = parsed.value
      const fault = wrapperFault(document.files[FILE] as Uint8Array, signedData)
      const examined = examineSignedObject(FILE, signedData, anchors.documentSigners)
      const parts = [
        examined.signerFinding,
        examined.attributesFinding,
        examined.digestFinding,
        examined.signatureFinding,
      ]
      const passed: Finding = { status: 'successful', reason: 'PASSED', file: FILE }
      return {
        'cardSecurity.encoding':
          fault === null ? passed : { status: 'failed', reason: 'SIGNED_DATA_MALFORMED', detail: fault, file: FILE },
        'cardSecurity.signature': parts.find(part => part.status !== 'successful') ?? passed,
        'cardSecurity.issuer': { ...pathFinding(findCertificatePath(examined.signer, anchors)), file: FILE },
      }
    }
  }
}
