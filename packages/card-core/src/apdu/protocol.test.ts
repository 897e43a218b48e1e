import { expect, test } from 'vitest'
import { TransportError } from '../error.ts'
import type { CardChannel } from './channel.ts'
import type { CommandApdu } from './command.ts'
import { type Card, type CardProtocol, run, runOn, send } from './protocol.ts'
import { response } from './response.ts'

const select = { cla: 0, ins: 0xa4, p1: 0, p2: 0 }
const read = { cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 1 }

function* conversation(log: string[] = []): CardProtocol<number> {
  try {
    yield* send(select)
    return (yield* send(read)).sw
  } catch (error) {
    log.push(error instanceof TransportError ? error.code : 'other')
    throw error
  } finally {
    log.push('cleaned')
  }
}

test('a protocol is driven over a channel, command by command', async () => {
  const seen: CommandApdu[] = []
  const channel: CardChannel = {
    transmit: async command => {
      seen.push(command)
      return response(0x9000 + seen.length)
    },
  }
  expect(await run(conversation(), channel)).toBe(0x9002)
  expect(seen).toEqual([select, read])
})

test('an error of the channel enters the protocol, which cleans up, and comes out again', async () => {
  const log: string[] = []
  const channel: CardChannel = {
    transmit: async () => {
      throw new TransportError('CARD_REMOVED', 'the card was removed')
    },
  }
  await expect(run(conversation(log), channel)).rejects.toMatchObject({ code: 'CARD_REMOVED' })
  expect(log).toEqual(['CARD_REMOVED', 'cleaned'])
})

test('a protocol may go on after an error', async () => {
  let calls = 0
  const channel: CardChannel = {
    transmit: async () => {
      if (++calls === 1) throw new TransportError('CARD_TIMEOUT', 'slow')
      return response(0x9000)
    },
  }
  function* persistent(): CardProtocol<number> {
    try {
      yield* send(select)
    } catch {
      return (yield* send(read)).sw
    }
    return 0
  }
  expect(await run(persistent(), channel)).toBe(0x9000)
})

test('a cancelled run sends nothing more', async () => {
  const log: string[] = []
  const signal = { aborted: false }
  let calls = 0
  const channel: CardChannel = {
    transmit: async () => {
      calls++
      signal.aborted = true
      return response(0x9000)
    },
  }
  await expect(run(conversation(log), channel, { signal })).rejects.toMatchObject({ code: 'READ_CANCELLED' })
  expect([calls, log]).toEqual([1, ['READ_CANCELLED', 'cleaned']])
})

test('a protocol is driven against a card, and the state after it is handed back', () => {
  const card: Card<number> = (state, command) => [response(command.ins << 8), state + 1]
  expect(runOn(conversation(), card, 5)).toEqual([0xb000, 7])
})
