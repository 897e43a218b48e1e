import { concat, fromBigInt, toBigInt } from '../bytes.ts'
import {
  DER,
  type DerNode,
  DerReader,
  derInteger,
  derOctetString,
  derOid,
  derOidText,
  derSequence,
  derUnsigned,
} from '../der.ts'
import { FormatError } from '../error.ts'
import { type CurveName, curveByOid, curveByParameters, curveParameters } from './curve-parameters.ts'

// ECParameters, SEC 1 version 2 §C.2 and RFC 3279 §2.3.5: a named curve or SpecifiedECDomain over a prime field.

const PRIME_FIELD = '1.2.840.10045.1.1'
const OPTIONS = { code: 'KEY_MALFORMED' } as const

/** The generator of a curve as an uncompressed point, 04‖x‖y. */
export function generatorPoint(curve: CurveName): Uint8Array {
  const { gx, gy, fieldLength } = curveParameters(curve)
  return concat(Uint8Array.of(4), fromBigInt(gx, fieldLength), fromBigInt(gy, fieldLength))
}

/** ECParameters with every number written out; `generator` (04‖x‖y) replaces the curve's own. */
export function encodeExplicitParameters(curve: CurveName, generator?: Uint8Array): Uint8Array {
  const { p, a, b, n, h, fieldLength } = curveParameters(curve)
  return derSequence(
    derUnsigned(1),
    derSequence(derOid(PRIME_FIELD), derUnsigned(p)),
    derSequence(derOctetString(fromBigInt(a, fieldLength)), derOctetString(fromBigInt(b, fieldLength))),
    derOctetString(generator ?? generatorPoint(curve)),
    derUnsigned(n),
    derUnsigned(h),
  )
}

/** ECParameters as the curve's object identifier. */
export function encodeNamedParameters(curve: CurveName): Uint8Array {
  return derOid(curveParameters(curve).oid)
}

function unknown(message: string, oid?: string): FormatError {
  return new FormatError('CURVE_UNKNOWN', message, oid === undefined ? {} : { oid })
}

/** The coordinates of a generator; of a compressed one y is only told to be odd or even (SEC 1 §2.3.3). */
function readGenerator(point: Uint8Array): { readonly gx: bigint; readonly gy: bigint | 'odd' | 'even' } {
  const form = point[0]
  if (form === 4 && point.length % 2 === 1) {
    const half = (point.length - 1) / 2
    return { gx: toBigInt(point.subarray(1, 1 + half)), gy: toBigInt(point.subarray(1 + half)) }
  }
  if (form === 2 || form === 3) return { gx: toBigInt(point.subarray(1)), gy: form === 3 ? 'odd' : 'even' }
  throw unknown('the generator of explicit EC parameters is not a point')
}

function readExplicit(node: DerNode): CurveName {
  const reader = new DerReader(node.value, OPTIONS, node.offset + (node.raw.length - node.value.length))
  reader.smallInteger()
  const field = reader.sequence()
  if (field.oid() !== PRIME_FIELD) throw unknown('explicit EC parameters are not over a prime field')
  const p = derInteger(field.read(DER.integer), OPTIONS)
  const coefficients = reader.sequence()
  const a = toBigInt(coefficients.octetString())
  const b = toBigInt(coefficients.octetString()) // a seed may follow; it shows only how b was found
  const { gx, gy } = readGenerator(reader.octetString())
  const n = derInteger(reader.read(DER.integer), OPTIONS)
  const cofactor = reader.optional(DER.integer)
  const h = cofactor ? derInteger(cofactor, OPTIONS) : 1n
  const name = curveByParameters({ p, a, b, gx, gy, n, h })
  if (!name) throw unknown('explicit EC parameters are those of no known curve')
  return name
}

/**
 * The curve that ECParameters name or spell out. Explicit parameters must equal those of a known curve in p, a, b,
 * generator, order and (where given) cofactor, since a forged generator makes any public point one's own
 * (CVE-2020-0601); all else throws FormatError CURVE_UNKNOWN, and KEY_MALFORMED where the DER is bad.
 */
export function readEcParameters(node: DerNode): { readonly curve: CurveName; readonly explicit: boolean } {
  switch (node.tag) {
    case DER.oid: {
      const oid = derOidText(node, OPTIONS)
      const curve = curveByOid(oid)
      if (!curve) throw unknown('a named curve is not known', oid)
      return { curve, explicit: false }
    }
    case DER.sequence:
      return { curve: readExplicit(node), explicit: true }
    default:
      throw unknown('EC parameters are neither a named curve nor explicit')
  }
}
