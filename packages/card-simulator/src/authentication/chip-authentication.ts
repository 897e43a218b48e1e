import {
  ChipSecureMessaging,
  type CommandApdu,
  deriveSessionKeys,
  ecdh,
  encodeOid,
  equal,
  FormatError,
  findTlv,
  parseTlv,
  parseTlvs,
  response,
  type SessionCipher,
  type Tlv,
  toBigInt,
} from '@cccd/card-core'
import { CONDITIONS_OF_USE, SECURITY_STATUS } from '../access-control.ts'
import type { ChipBody } from '../chip-body.ts'
import type { ChipState, Step } from '../chip-state.ts'

// Chip authentication over ECDH, chip side (9303-11 §6.2).

/** id-CA-ECDH-3DES-CBC-CBC and its AES sisters (9303-11 §6.2.2). */
const OIDS: Readonly<Record<SessionCipher, string>> = {
  '3DES': '0.4.0.127.0.7.2.2.3.2.1',
  'AES-128': '0.4.0.127.0.7.2.2.3.2.2',
  'AES-192': '0.4.0.127.0.7.2.2.3.2.3',
  'AES-256': '0.4.0.127.0.7.2.2.3.2.4',
}

function refuse(state: ChipState, sw: number): Step {
  const { chipAuthenticationKey: _key, ...rest } = state
  return { response: response(sw), state: rest }
}

function parsed(data: Uint8Array | undefined): Tlv[] {
  try {
    return parseTlvs(data ?? new Uint8Array())
  } catch (error) {
    if (error instanceof FormatError) return []
    throw error
  }
}

/** The index of the key that DO 84 names; without DO 84 the only key, or the only one of this cipher. */
function findKey(chip: ChipBody, reference: Uint8Array | undefined, cipher: SessionCipher): number | undefined {
  const keys = chip.secrets.chipAuthentication ?? []
  const matches = [...keys.keys()].filter(i => {
    const key = keys[i]
    if (key?.cipher !== cipher) return false
    return reference === undefined || (key.keyId !== undefined && key.keyId === toBigInt(reference))
  })
  return matches.length === 1 ? matches[0] : undefined
}

/** Agrees on keys with the terminal's ephemeral key; the new secure messaging starts after this answer. */
function agree(chip: ChipBody, state: ChipState, index: number, point: Uint8Array, answer: Uint8Array): Step {
  const key = chip.secrets.chipAuthentication?.[index]
  if (!key || !state.session) return refuse(state, CONDITIONS_OF_USE)
  let secret: Uint8Array
  try {
    secret = ecdh(key.curve, key.privateKey, point)
  } catch (error) {
    if (error instanceof FormatError) return refuse(state, 0x6a80)
    throw error
  }
  const { chipAuthenticationKey: _key, ...rest } = state
  return {
    response: response(0x9000, answer),
    state: { ...rest, session: { ...state.session, chipAuthenticated: true } },
    nextSecureMessaging: new ChipSecureMessaging(deriveSessionKeys(secret, key.cipher)),
  }
}

/** MSE:Set KAT, P1-P2 41A6 (9303-11 §6.2.4.1): the whole of chip authentication for 3DES in one command. */
export function setKeyAgreementTemplate(chip: ChipBody, state: ChipState, command: CommandApdu): Step {
  if (!state.session) return refuse(state, SECURITY_STATUS)
  const given = parsed(command.data)
  const point = findTlv(given, 0x91)?.value
  if (!point || given.some(({ tag }) => tag !== 0x91 && tag !== 0x84)) return refuse(state, 0x6a80)
  const index = findKey(chip, findTlv(given, 0x84)?.value, '3DES')
  if (index === undefined) return refuse(state, 0x6a88)
  return agree(chip, state, index, point, new Uint8Array())
}

/** MSE:Set AT, P1-P2 41A4 (9303-11 §6.2.4.2): chooses protocol (80) and key (84) for GENERAL AUTHENTICATE. */
export function setAuthenticationTemplate(chip: ChipBody, state: ChipState, command: CommandApdu): Step {
  if (!state.session) return refuse(state, SECURITY_STATUS)
  const given = parsed(command.data)
  const oid = findTlv(given, 0x80)?.value
  if (!oid) return refuse(state, 0x6a80)
  const cipher = (Object.keys(OIDS) as SessionCipher[]).find(name => equal(encodeOid(OIDS[name]), oid))
  if (!cipher) return refuse(state, 0x6a80)
  const index = findKey(chip, findTlv(given, 0x84)?.value, cipher)
  if (index === undefined) return refuse(state, 0x6a88)
  return { response: response(0x9000), state: { ...state, chipAuthenticationKey: index } }
}

/** GENERAL AUTHENTICATE of chip authentication: 7C with DO 80, the ephemeral key, in; an empty 7C out. */
export function chipAuthenticationStep(chip: ChipBody, state: ChipState, command: CommandApdu): Step {
  if (!state.session) return refuse(state, SECURITY_STATUS)
  if (state.chipAuthenticationKey === undefined) return refuse(state, CONDITIONS_OF_USE)
  if (command.cla & 0x10) return refuse(state, 0x6884)
  if (command.p1 || command.p2) return refuse(state, 0x6a86)
  try {
    const inside = parseTlvs(parseTlv(command.data ?? new Uint8Array(), 0x7c).value)
    const [object] = inside
    if (inside.length !== 1 || object?.tag !== 0x80) return refuse(state, 0x6a80)
    return agree(chip, state, state.chipAuthenticationKey, object.value, Uint8Array.of(0x7c, 0x00))
  } catch (error) {
    if (error instanceof FormatError) return refuse(state, 0x6a80)
    throw error
  }
}
