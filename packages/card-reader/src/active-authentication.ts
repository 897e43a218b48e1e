import {
  type ActiveAuthenticationEvidence,
  type CardProtocol,
  type CommandApdu,
  FormatError,
  importPublicKey,
  parseDg15,
  type ResponseApdu,
} from '@cccd/card-core'
import { sendAcceptingLoss } from './channel-loss.ts'

export interface ActiveAuthenticationRequest {
  /** RND.IFD, eight bytes. */
  readonly challenge: Uint8Array
  readonly source: ActiveAuthenticationEvidence['source']
  /** EF.DG15 as read: its key tells how long the signature is. */
  readonly dg15?: Uint8Array
  /** The most plain bytes of a response with short length; a longer signature asks for extended length at once. */
  readonly shortPlainLength: number
}

/**
 * Has the chip sign a challenge (9303-11 §6.1, INTERNAL AUTHENTICATE). Nothing is judged here: the signature is handed
 * on, and only when the chip answered 9000. Throws RangeError when the challenge is not eight bytes.
 */
export function* activeAuthentication(given: ActiveAuthenticationRequest): CardProtocol<ActiveAuthenticationEvidence> {
  const { challenge, source, dg15, shortPlainLength } = given
  if (challenge.length !== 8) throw new RangeError('the challenge of active authentication has eight bytes')
  const expected = dg15 && signatureLength(dg15)
  const command = (ne: number): CommandApdu => ({ cla: 0x00, ins: 0x88, p1: 0, p2: 0, data: challenge, ne })
  let last: ResponseApdu | undefined
  // Cards differ in the Le they want: the exact one, "all" in the short form, or "all" in the extended form. The form
  // that follows from the key comes first; another is tried only when the answer cannot be the signature.
  for (const ne of lengths(expected, shortPlainLength)) {
    let answer = yield* sendAcceptingLoss(command(ne))
    if (answer.sw >> 8 === 0x6c) answer = yield* sendAcceptingLoss(command(answer.sw & 0xff || 256))
    last = answer
    if (answer.sw === 0x9000 && (expected === undefined || answer.data.length === expected)) break
    if (answer.sw !== 0x9000 && answer.sw !== 0x6700 && answer.sw !== 0x6a86) break
  }
  if (last?.sw === 0x9000) return { challenge, source, response: last.data }
  return { challenge, source, ...(last ? { sw: last.sw } : {}) }
}

function lengths(expected: number | undefined, shortPlainLength: number): number[] {
  if (expected === undefined) return [256, 0x10000]
  return expected > shortPlainLength ? [0x10000, 256] : [expected, 256]
}

/** Bytes of a signature by the key in EF.DG15: the modulus, or r‖s; undefined when the key cannot be read. */
function signatureLength(dg15: Uint8Array): number | undefined {
  try {
    const key = importPublicKey(parseDg15(dg15).spki)
    switch (key.kind) {
      case 'rsa':
        return key.modulus.length
      case 'ec':
        return key.point.length - 1
    }
  } catch (error) {
    if (error instanceof FormatError) return undefined
    throw error
  }
}
