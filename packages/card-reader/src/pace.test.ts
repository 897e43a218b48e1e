import { readFileSync } from 'node:fs'
import {
  type CommandApdu,
  decodeResponse,
  encodeCommand,
  fromHex,
  parseSecurityInfos,
  response,
  SecureMessaging,
  tlv,
  toHex,
} from '@cccd/card-core'
import { mrzInformation } from '@cccd/mrz'
import { describe, expect, test } from 'vitest'
import { choosePace, pace } from './index.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../../fixtures/vectors/pace-gm-ecdh.json', import.meta.url), 'utf8'),
)
const example = vectors.pace.find((one: { id: string }) => one.id === 'g1')
const infos = parseSecurityInfos(fromHex(example.efCardAccess))
const value = mrzInformation(example)

function start() {
  const privateKeys = [fromHex(example.mappingPrivateKeyIfd), fromHex(example.ephemeralPrivateKeyIfd)]
  return pace({
    info: choosePace(infos),
    infos,
    password: { kind: 'MRZ', value },
    random: () => privateKeys.shift() as Uint8Array,
  })
}
const hex = (command: unknown): string => toHex(encodeCommand(command as CommandApdu))
const answer = (text: string) => decodeResponse(fromHex(text))

describe('PACE of 9303-11 Appendix G.1', () => {
  const protocol = start()
  test('starts with the published MSE:Set AT', () => {
    expect(value).toBe(example.mrzInformation)
    expect(hex(protocol.next().value)).toBe(example.mseSetAtCommand)
  })
  test('asks for the encrypted nonce', () => {
    expect(hex(protocol.next(response(0x9000)).value)).toBe(example.getNonceCommand)
  })
  test('maps the nonce with the published key', () => {
    expect(hex(protocol.next(answer(example.getNonceResponse)).value)).toBe(example.mapNonceCommand)
  })
  test('sends the published key on the mapped generator', () => {
    expect(hex(protocol.next(answer(example.mapNonceResponse)).value)).toBe(example.keyAgreementCommand)
  })
  test('proves itself with the published token', () => {
    expect(hex(protocol.next(answer(example.keyAgreementResponse)).value)).toBe(example.mutualAuthenticationCommand)
  })
  test('opens a channel with the published session keys', () => {
    const step = protocol.next(answer(example.mutualAuthenticationResponse))
    if (!step.done) throw new Error('PACE goes on after its last step')
    const published = new SecureMessaging({
      cipher: 'AES-128',
      ksEnc: fromHex(example.ksEnc),
      ksMac: fromHex(example.ksMac),
    })
    const command = { cla: 0, ins: 0xb0, p1: 0x9e, p2: 0, ne: 4 }
    expect(hex(step.value.secureMessaging.protect(command))).toBe(hex(published.protect(command)))
    expect(step.value).toMatchObject({ oid: example.oid, parameterId: 13, mapping: 'GM' })
  })
})

/** Runs the example up to `steps` answers and gives the next one; returns the error. */
function failing(steps: number, last: ReturnType<typeof response>): unknown {
  const protocol = start()
  const good = [
    response(0x9000),
    answer(example.getNonceResponse),
    answer(example.mapNonceResponse),
    answer(example.keyAgreementResponse),
  ]
  protocol.next()
  for (const one of good.slice(0, steps)) protocol.next(one)
  try {
    return protocol.next(last)
  } catch (error) {
    return error
  }
}

describe('PACE', () => {
  test('names the domain parameters when one protocol is offered with several', () => {
    const two = parseSecurityInfos(
      fromHex('3128 3012060A04007F0007020204020202010202010D 3012060A04007F00070202040202020102020110'),
    )
    const protocol = pace({
      info: choosePace(two),
      infos: two,
      password: { kind: 'MRZ', value },
      random: length => new Uint8Array(length),
    })
    expect(hex(protocol.next().value)).toBe(vectors.mseSetAtWithParameterId.command)
  })
  test('names them when the chip refuses the command without, and asks no third time', () => {
    const protocol = start()
    protocol.next()
    expect(hex(protocol.next(response(0x6a80)).value)).toBe(vectors.mseSetAtWithParameterId.command)
    expect(() => protocol.next(response(0x6a80))).toThrow('PACE: MSE:Set AT: 6A80')
  })
  test('goes on when the chip only reports failed tries of before', () => {
    const protocol = start()
    protocol.next()
    expect(hex(protocol.next(response(0x63c1)).value)).toBe(example.getNonceCommand)
  })
  test('reports a blocked password', () => {
    expect(failing(0, response(0x6983))).toMatchObject({ code: 'ACCESS_BLOCKED', facts: { step: 'PACE: MSE:Set AT' } })
  })
  test.each([
    ['6300', undefined],
    ['63C2', 2],
  ])('takes %s at the token for a wrong password', (word, triesLeft) => {
    const sw = Number.parseInt(word, 16)
    const error = failing(4, response(sw))
    expect(error).toMatchObject({ code: 'ACCESS_KEY_WRONG', facts: { sw, step: 'PACE: mutual authentication' } })
    expect((error as { facts: { triesLeft?: number } }).facts.triesLeft).toBe(triesLeft)
  })
  test('refuses a wrong token of the chip', () => {
    const error = failing(4, answer('7C0A86083ABB9674BCE93C099000'))
    expect(error).toMatchObject({ code: 'AUTHENTICATION_TOKEN_WRONG' })
  })
  test('refuses its own key sent back, at the mapping and at the agreement', () => {
    const mapping = tlv(0x7c, tlv(0x82, fromHex(example.mappingPublicKeyIfd)))
    expect(failing(2, response(0x9000, mapping))).toMatchObject({
      code: 'PROTOCOL_VIOLATION',
      facts: { step: 'PACE: map nonce' },
    })
    const agreement = tlv(0x7c, tlv(0x84, fromHex(example.ephemeralPublicKeyIfd)))
    expect(failing(3, response(0x9000, agreement))).toMatchObject({
      code: 'PROTOCOL_VIOLATION',
      facts: { step: 'PACE: key agreement' },
    })
  })
  test('refuses a point that is not on the curve', () => {
    const point = fromHex(example.ephemeralPublicKeyIc)
    point[64] = (point[64] as number) ^ 1
    expect(failing(3, response(0x9000, tlv(0x7c, tlv(0x84, point))))).toMatchObject({ code: 'PROTOCOL_VIOLATION' })
  })
  test.each([
    ['no data', ''],
    ['another object', '7C028100'],
    ['a cut object', '7C128010'],
    ['a nonce of 15 bytes', '7C11800F000000000000000000000000000000'],
  ])('refuses %s in place of the nonce', (_, text) => {
    expect(failing(1, response(0x9000, fromHex(text)))).toMatchObject({
      code: 'PROTOCOL_VIOLATION',
      facts: { step: 'PACE: encrypted nonce' },
    })
  })
})

describe('the choice of a PACE protocol', () => {
  const choose = (text: string) => () => choosePace(parseSecurityInfos(fromHex(text)))
  test('passes over finite fields and other mappings to generic mapping on a curve', () => {
    const infos = parseSecurityInfos(
      fromHex(
        '3150 3012060A04007F00070202040102020102020100 3012060A04007F00070202040402020102020 10D 3012060A04007F00070202040602020102020 10D 3012060A04007F0007020204020402010202 0110'.replace(
          / /g,
          '',
        ),
      ),
    )
    expect(choosePace(infos)).toMatchObject({ mapping: 'GM', agreement: 'ECDH', cipher: 'AES-256', parameterId: 16 })
  })
  test('takes the strongest cipher that the chip offers, whatever comes first', () => {
    const offer = (digits: string): string => `3012060A04007F00070202040${digits}02010202010D`
    const infos = parseSecurityInfos(fromHex(`313C${offer('201')}${offer('204')}${offer('202')}`))
    expect(infos.map(info => info.kind === 'pace' && info.cipher)).toHaveLength(3)
    expect(choosePace(infos)).toMatchObject({ cipher: 'AES-256' })
  })
  test.each([
    ['integrated mapping', '31143012060A04007F0007020204040202010202010D'],
    ['chip authentication mapping', '31143012060A04007F0007020204060202010202010D'],
    ['finite fields', '31143012060A04007F00070202040102020102020100'],
    ['no domain parameters', '3111300F060A04007F00070202040202020102'],
    ['the domain parameters 7', '31143012060A04007F00070202040202020102020107'],
  ])('says so when there is only %s', (words, text) => {
    expect(choose(text)).toThrow(words)
    expect(choose(text)).toThrow(expect.objectContaining({ code: 'ACCESS_PROTOCOL_MISSING' }))
  })
  test('finds domain parameters of their own beside a PACEInfo that names none', () => {
    const own = '301906 0904007F000702020402 300C 060704007F00070102 02010D'.replace(/ /g, '')
    const infos = parseSecurityInfos(fromHex(`312C300F060A04007F00070202040202020102${own}`))
    expect(choosePace(infos)).toMatchObject({ mapping: 'GM' })
  })
})
