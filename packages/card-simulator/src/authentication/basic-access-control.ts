import {
  ChipSecureMessaging,
  type CommandApdu,
  concat,
  decryptCbc,
  deriveKey,
  deriveSessionKeys,
  digest,
  encryptCbc,
  equal,
  equalConstantTime,
  mac8,
  response,
  utf8,
  xor,
} from '@cccd/card-core'
import { mrzInformation } from '@cccd/mrz'
import { CONDITIONS_OF_USE, failedTry, isBlocked, succeededTry } from '../access-control.ts'
import type { ChipBody } from '../chip-body.ts'
import type { ChipState, Step } from '../chip-state.ts'

/** GET CHALLENGE: eight bytes, RND.IC of the next EXTERNAL AUTHENTICATE (9303-11 §4.3.4.1). */
export function getChallenge(chip: ChipBody, state: ChipState, command: CommandApdu): Step {
  if (command.p1 || command.p2) return { response: response(0x6a86), state }
  if (command.data || (command.ne !== 8 && command.ne !== 256)) return { response: response(0x6700), state }
  if (state.directory !== 'lds1') return { response: response(CONDITIONS_OF_USE), state }
  const challenge = chip.options.random(8)
  return { response: response(0x9000, challenge), state: { ...state, challenge } }
}

/** EXTERNAL AUTHENTICATE of Basic Access Control (9303-11 §4.3.4.2): E_IFD and M_IFD in, E_IC and M_IC out. The challenge
 * is good for one try; a failed try answers 6300 or counts down. */
export function externalAuthenticate(chip: ChipBody, state: ChipState, command: CommandApdu): Step {
  const { challenge, ...spent } = state
  const { bacKey } = chip.secrets
  if (command.p1 || command.p2) return { response: response(0x6a86), state: spent }
  if (!chip.options.access.includes('BAC') || !bacKey || state.session || state.directory !== 'lds1') {
    return { response: response(CONDITIONS_OF_USE), state: spent }
  }
  if (isBlocked(chip, state, 'bac')) return { response: response(0x6983), state: spent }
  if (!challenge) return { response: response(CONDITIONS_OF_USE), state: spent }
  if (command.data?.length !== 40) return { response: response(0x6700), state: spent }

  const fail = (): Step => {
    const failed = failedTry(chip, spent, 'bac')
    return { response: response(failed.sw), state: failed.state }
  }
  const kSeed = digest('sha1', utf8(mrzInformation(bacKey))).subarray(0, 16)
  const kEnc = deriveKey(kSeed, 1, '3DES')
  const kMac = deriveKey(kSeed, 2, '3DES')
  const eIfd = command.data.subarray(0, 32)
  if (!equalConstantTime(mac8({ cipher: '3DES', key: kMac, data: eIfd }), command.data.subarray(32))) return fail()
  const s = decryptCbc({ cipher: '3DES', key: kEnc, data: eIfd })
  const rndIfd = s.subarray(0, 8)
  if (!equal(s.subarray(8, 16), challenge)) return fail()

  const kIc = chip.options.random(16)
  const eIc = encryptCbc({ cipher: '3DES', key: kEnc, data: concat(challenge, rndIfd, kIc) })
  const mIc = mac8({ cipher: '3DES', key: kMac, data: eIc })
  const keys = deriveSessionKeys(xor(s.subarray(16), kIc), '3DES')
  // 9303-11 §9.8.6.3: the counter starts as the low halves of RND.IC and RND.IFD.
  const sm = new ChipSecureMessaging(keys, concat(challenge.subarray(4), rndIfd.subarray(4)))
  return {
    response: response(0x9000, concat(eIc, mIc)),
    state: { ...succeededTry(chip, spent, 'bac'), session: { opened: 'BAC', sm, chipAuthenticated: false } },
  }
}
