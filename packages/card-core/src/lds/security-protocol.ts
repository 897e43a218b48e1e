import type { SessionCipher } from '../crypto/kdf.ts'

// What the object identifiers of SecurityInfos say (9303-11 §9.2, TR-03110-3 §A.1.1).

export type Agreement = 'ECDH' | 'DH'
export type Mapping = 'GM' | 'IM' | 'CAM'

const BSI = '0.4.0.127.0.7.2.2.'
export const TERMINAL_AUTHENTICATION: string = `${BSI}2`
export const ACTIVE_AUTHENTICATION = '2.23.136.1.1.5'
export const EF_DIR = '1.3.27.1.1.13'

const CIPHERS: readonly SessionCipher[] = ['3DES', 'AES-128', 'AES-192', 'AES-256']
const AGREEMENTS: readonly Agreement[] = ['DH', 'ECDH']
const PACE: Readonly<Record<string, { agreement: Agreement; mapping: Mapping }>> = {
  1: { agreement: 'DH', mapping: 'GM' },
  2: { agreement: 'ECDH', mapping: 'GM' },
  3: { agreement: 'DH', mapping: 'IM' },
  4: { agreement: 'ECDH', mapping: 'IM' },
  6: { agreement: 'ECDH', mapping: 'CAM' },
}

/** PACE, CA and CA-key protocols as what their OID says; null for every other OID. */
export function protocolOf(
  oid: string,
):
  | { kind: 'pace'; agreement: Agreement; mapping: Mapping; cipher: SessionCipher }
  | { kind: 'paceDomainParameters'; agreement: Agreement; mapping: Mapping }
  | { kind: 'chipAuthentication'; agreement: Agreement; cipher: SessionCipher }
  | { kind: 'chipAuthenticationDomainParameters' | 'chipAuthenticationPublicKey'; agreement: Agreement }
  | null {
  if (!oid.startsWith(BSI)) return null
  const [family, first, second, ...more] = oid.slice(BSI.length).split('.').map(Number)
  if (first === undefined || more.length) return null
  const cipher = second === undefined ? undefined : CIPHERS[second - 1]
  const agreement = AGREEMENTS[first - 1]
  const pace = PACE[first]
  if (family === 4 && pace && second === undefined) return { kind: 'paceDomainParameters', ...pace }
  // There is no chip authentication mapping with 3DES in the table of 9303-11.
  if (family === 4 && pace && cipher && !(pace.mapping === 'CAM' && cipher === '3DES')) {
    return { kind: 'pace', ...pace, cipher }
  }
  if (family === 3 && agreement && cipher) return { kind: 'chipAuthentication', agreement, cipher }
  if (!agreement || second !== undefined) return null
  if (family === 3) return { kind: 'chipAuthenticationDomainParameters', agreement }
  if (family === 1) return { kind: 'chipAuthenticationPublicKey', agreement }
  return null
}
