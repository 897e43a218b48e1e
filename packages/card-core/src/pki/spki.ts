// Looks at a SubjectPublicKeyInfo only for what is odd in its form; using the key is importPublicKey's part.
import { DER, type DerOptions, DerReader, derBitString, derOidText } from '../der.ts'
import { FormatError } from '../error.ts'
import { ALGORITHM_OID } from './algorithm.ts'

export type SpkiOddity =
  | 'KEY_MALFORMED'
  | 'KEY_INTEGER_NOT_MINIMAL'
  | 'RSA_MODULUS_NEGATIVE'
  | 'RSA_EXPONENT'
  | 'CURVE_WITHOUT_COFACTOR'

/** Whether an INTEGER's value bytes begin with a byte that says nothing. */
export function isPadded(value: Uint8Array): boolean {
  const [first, second] = value
  if (first === undefined || second === undefined) return false
  return (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)
}

function inspectRsa(key: Uint8Array, options: DerOptions, found: (oddity: SpkiOddity) => void): void {
  const outer = new DerReader(key, options)
  const inside = outer.sequence()
  outer.end()
  const modulus = inside.read(DER.integer).value
  const exponent = inside.read(DER.integer).value
  inside.end()
  if (modulus.length === 0 || exponent.length === 0) found('KEY_MALFORMED')
  if (isPadded(modulus) || isPadded(exponent)) found('KEY_INTEGER_NOT_MINIMAL')
  if ((modulus[0] ?? 0) >= 0x80) found('RSA_MODULUS_NEGATIVE')
  // Usual are 3 and 65537. Odd: negative, even, 1, or longer than 32 bits.
  const last = exponent[exponent.length - 1] ?? 0
  const significant = exponent.length - (exponent[0] === 0 ? 1 : 0)
  if ((exponent[0] ?? 0) >= 0x80 || last % 2 === 0 || (significant === 1 && last === 1) || significant > 4) {
    found('RSA_EXPONENT')
  }
}

/** Calls `found` for every oddity in the form of a SubjectPublicKeyInfo; never throws for what is inside it. */
export function inspectSpki(value: Uint8Array, options: DerOptions, found: (oddity: SpkiOddity) => void): void {
  try {
    const info = new DerReader(value, options)
    const algorithm = info.sequence()
    const key = info.read(DER.bitString)
    info.end()
    const oid = derOidText(algorithm.read(DER.oid), options)
    if (oid === ALGORITHM_OID.rsaEncryption || oid === ALGORITHM_OID.rsaPss) {
      inspectRsa(derBitString(key, options), options, found)
    } else if (oid === ALGORITHM_OID.ecPublicKey && algorithm.peek() === DER.sequence) {
      // ECParameters (RFC 3279 §2.3.5): version, fieldID, curve, base, order, cofactor OPTIONAL
      const parameters = algorithm.sequence()
      let count = 0
      for (; !parameters.done; count++) parameters.next()
      if (count < 6) found('CURVE_WITHOUT_COFACTOR')
    }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    found('KEY_MALFORMED')
  }
}
