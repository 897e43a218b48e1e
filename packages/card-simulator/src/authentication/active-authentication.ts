import { type CommandApdu, DerReader, response, signIso9796, signPlainEcdsa } from '@cccd/card-core'
import { SECURITY_STATUS } from '../access-control.ts'
import type { ChipBody } from '../chip-body.ts'
import type { ChipState, Step } from '../chip-state.ts'

const RSA_ENCRYPTION = '1.2.840.113549.1.1.1'

/** Whether a PKCS#8 key is RSA. */
function isRsa(pkcs8: Uint8Array): boolean {
  const info = new DerReader(pkcs8, { code: 'KEY_MALFORMED' }).sequence()
  info.smallInteger()
  return info.sequence().oid() === RSA_ENCRYPTION
}

/** INTERNAL AUTHENTICATE of active authentication (9303-11 §6.1): signs the eight-byte challenge, by ISO/IEC 9796-2
 * scheme 1 with RSA, as plain r and s with ECDSA. */
export function internalAuthenticate(chip: ChipBody, state: ChipState, command: CommandApdu): Step {
  const key = chip.secrets.activeAuthentication
  if (!state.session || state.directory !== 'lds1') return { response: response(SECURITY_STATUS), state }
  if (!key) return { response: response(0x6d00), state }
  if (command.p1 || command.p2) return { response: response(0x6a86), state }
  const challenge = command.data
  if (challenge?.length !== 8) return { response: response(0x6700), state }
  const { pkcs8, hash } = key
  const signature = isRsa(pkcs8)
    ? signIso9796({ pkcs8, hash, challenge, random: chip.options.random })
    : signPlainEcdsa({ pkcs8, hash, data: challenge })
  return { response: response(0x9000, signature), state }
}
