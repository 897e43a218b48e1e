import {
  type CardProtocol,
  concat,
  decryptCbc,
  deriveKey,
  deriveSessionKeys,
  digest,
  encryptCbc,
  equal,
  equalConstantTime,
  expectOk,
  mac8,
  ProtocolError,
  type Randomness,
  SecureMessaging,
  StatusWordError,
  send,
  utf8,
  xor,
} from '@cccd/card-core'
import { type BacKey, mrzInformation } from '@cccd/mrz'

const CIPHER = '3DES'

/**
 * What chips answer to EXTERNAL AUTHENTICATE under a wrong key: the standard leaves it open, and 6300, 63Cx, 6982,
 * 6985 and 6988 are all met in the field.
 */
function wrongKey(sw: number): boolean {
  return sw >> 8 === 0x63 || sw === 0x6982 || sw === 0x6985 || sw === 0x6988
}

/**
 * Basic access control, 9303-11 §4.3: proves to the chip that the printed MRZ fields are known, and returns the secure
 * channel (3DES) that follows. The application must be selected. `random` is asked for RND.IFD (8 bytes), then K.IFD
 * (16). Throws StatusWordError ACCESS_KEY_WRONG (with `triesLeft` when the chip tells) or ACCESS_BLOCKED, ProtocolError
 * ACCESS_PROTOCOL_MISSING when the chip knows no GET CHALLENGE, and AUTHENTICATION_TOKEN_WRONG when the chip cannot
 * prove that it holds the same key.
 */
export function* bac(key: BacKey, random: Randomness): CardProtocol<SecureMessaging> {
  const kSeed = digest('sha1', utf8(mrzInformation(key))).subarray(0, 16)
  const kEnc = deriveKey(kSeed, 1, CIPHER)
  const kMac = deriveKey(kSeed, 2, CIPHER)

  const rndIc = yield* getChallenge()
  const rndIfd = random(8)
  const kIfd = random(16)
  const eIfd = encryptCbc({ cipher: CIPHER, key: kEnc, data: concat(rndIfd, rndIc, kIfd) })
  const mIfd = mac8({ cipher: CIPHER, key: kMac, data: eIfd })

  const step = 'BAC: EXTERNAL AUTHENTICATE'
  const answer = yield* send({ cla: 0x00, ins: 0x82, p1: 0, p2: 0, data: concat(eIfd, mIfd), ne: 40 })
  if (wrongKey(answer.sw)) {
    throw new StatusWordError('ACCESS_KEY_WRONG', 'the chip does not accept the MRZ key', {
      sw: answer.sw,
      step,
      ...triesLeft(answer.sw),
    })
  }
  const data = expectOk(answer, step)
  if (data.length !== 40) {
    throw new ProtocolError('PROTOCOL_VIOLATION', `the chip proves itself with ${data.length} bytes instead of 40`, {
      step,
    })
  }
  const eIc = data.subarray(0, 32)
  if (!equalConstantTime(mac8({ cipher: CIPHER, key: kMac, data: eIc }), data.subarray(32))) {
    throw new ProtocolError('AUTHENTICATION_TOKEN_WRONG', 'the MAC over the answer of the chip is wrong', { step })
  }
  const r = decryptCbc({ cipher: CIPHER, key: kEnc, data: eIc })
  if (!equal(r.subarray(0, 8), rndIc) || !equalConstantTime(r.subarray(8, 16), rndIfd)) {
    throw new ProtocolError('AUTHENTICATION_TOKEN_WRONG', 'the chip did not use the challenges of this session', {
      step,
    })
  }
  // 9303-11 §9.8.6.2: SSC starts with the last four bytes of each challenge.
  const ssc = concat(rndIc.subarray(4), rndIfd.subarray(4))
  return new SecureMessaging(deriveSessionKeys(xor(kIfd, r.subarray(16)), CIPHER), ssc)
}

function* getChallenge(): CardProtocol<Uint8Array> {
  const step = 'BAC: GET CHALLENGE'
  const answer = yield* send({ cla: 0x00, ins: 0x84, p1: 0, p2: 0, ne: 8 })
  if (answer.sw === 0x6d00 || answer.sw === 0x6e00 || answer.sw === 0x6982 || answer.sw === 0x6985) {
    throw new ProtocolError('ACCESS_PROTOCOL_MISSING', 'the chip does not offer BAC', {
      sw: answer.sw,
      step,
      remedy: 'Open the chip with PACE: give the CAN, the last six digits of the personal number.',
    })
  }
  const rndIc = expectOk(answer, step)
  if (rndIc.length !== 8) {
    throw new ProtocolError('PROTOCOL_VIOLATION', `the challenge has ${rndIc.length} bytes instead of 8`, { step })
  }
  return rndIc
}

/** Tries left, where the status word tells them: 63Cx. */
export function triesLeft(sw: number): { readonly triesLeft?: number } {
  return (sw & 0xfff0) === 0x63c0 ? { triesLeft: sw & 0x0f } : {}
}
