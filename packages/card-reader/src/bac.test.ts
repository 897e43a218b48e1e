import { readFileSync } from 'node:fs'
import { decodeResponse, encodeCommand, fromHex, response, toHex } from '@cccd/card-core'
import { describe, expect, test } from 'vitest'
import { bac } from './index.ts'

const { mutualAuthentication: example, secureMessaging } = JSON.parse(
  readFileSync(new URL('../../../fixtures/vectors/bac.json', import.meta.url), 'utf8'),
)
const KEY = { documentNumber: 'L898902C', dateOfBirth: '690806', dateOfExpiry: '940623' }

function fixed(...values: readonly string[]): (length: number) => Uint8Array {
  const left = values.map(value => fromHex(value))
  return length => {
    const next = left.shift()
    if (next?.length !== length) throw new Error(`${length} random bytes are not next in the example`)
    return next
  }
}

const start = () => bac(KEY, fixed(example.rndIfd, example.kIfd))
const challenge = decodeResponse(fromHex(example.getChallengeResponse))

describe('BAC of 9303-11 Appendix D.3', () => {
  const protocol = start()
  test('asks for a challenge first', () => {
    expect(toHex(encodeCommand(protocol.next().value as never))).toBe(example.getChallengeCommand)
  })
  test('sends the published EXTERNAL AUTHENTICATE', () => {
    expect(toHex(encodeCommand(protocol.next(challenge).value as never))).toBe(example.externalAuthenticateCommand)
  })
  test('opens a channel with the published keys and counter', () => {
    const step = protocol.next(decodeResponse(fromHex(example.externalAuthenticateResponse)))
    if (!step.done) throw new Error('BAC goes on after its last step')
    const select = secureMessaging.find((one: { id: string }) => one.id === 'secure-messaging-select-ef-com')
    const command = step.value.protect({ cla: 0, ins: 0xa4, p1: 2, p2: 0x0c, data: fromHex('011E') })
    expect(toHex(encodeCommand(command))).toBe(select.command.protected)
  })
})

function refusedWith(sw: number): unknown {
  const protocol = start()
  protocol.next()
  protocol.next(challenge)
  return catching(() => protocol.next(response(sw)))
}

function catching(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

describe('BAC', () => {
  test.each(['6300', '6982', '6985', '6988'])('takes %s after EXTERNAL AUTHENTICATE for a wrong key', word => {
    const sw = Number.parseInt(word, 16)
    expect(refusedWith(sw)).toMatchObject({
      code: 'ACCESS_KEY_WRONG',
      facts: { sw, step: 'BAC: EXTERNAL AUTHENTICATE' },
    })
  })
  test('tells the tries left when the chip does', () => {
    expect(refusedWith(0x63c2)).toMatchObject({ code: 'ACCESS_KEY_WRONG', facts: { triesLeft: 2 } })
  })
  test('tells a blocked chip from a wrong key', () => {
    expect(refusedWith(0x6983)).toMatchObject({ code: 'ACCESS_BLOCKED' })
  })
  test.each(['6700', '6A00', '6F00'])('does not take %s for success because it ends in 00', word => {
    const sw = Number.parseInt(word, 16)
    expect(refusedWith(sw)).toMatchObject({ code: 'STATUS_WORD', facts: { sw } })
  })
  test('says that a chip without GET CHALLENGE does not offer BAC', () => {
    const protocol = start()
    protocol.next()
    expect(catching(() => protocol.next(response(0x6d00)))).toMatchObject({ code: 'ACCESS_PROTOCOL_MISSING' })
  })
  test('refuses a chip whose MAC is wrong in one bit', () => {
    const answer = fromHex(example.externalAuthenticateResponse)
    answer[39] = (answer[39] as number) ^ 1
    const protocol = start()
    protocol.next()
    protocol.next(challenge)
    expect(catching(() => protocol.next(decodeResponse(answer)))).toMatchObject({ code: 'AUTHENTICATION_TOKEN_WRONG' })
  })
  test('refuses a proof that is too short', () => {
    const protocol = start()
    protocol.next()
    protocol.next(challenge)
    expect(catching(() => protocol.next(response(0x9000, new Uint8Array(32))))).toMatchObject({
      code: 'PROTOCOL_VIOLATION',
    })
  })
})
