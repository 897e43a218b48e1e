import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../bytes.ts'
import { FormatError, TransportError } from '../error.ts'
import type { CardChannel } from './channel.ts'
import type { CommandApdu } from './command.ts'
import { response } from './response.ts'
import { formatTranscript, parseTranscript, recording, replay, type Transcript } from './transcript.ts'

const secret = fromHex('5EC2E75EC2E75EC2')
const select = { cla: 0, ins: 0xa4, p1: 2, p2: 0x0c, data: secret }
const read = { cla: 0, ins: 0xb0, p1: 0, p2: 0, ne: 65536 }

/** A card that answers SELECT with an error, READ BINARY with data, and is gone for the rest. */
const card: CardChannel = {
  transmit: async ({ ins }) => {
    if (ins === 0xa4) return response(0x6a82)
    if (ins === 0xb0) return response(0x9000, secret)
    throw new TransportError('CARD_REMOVED', 'the card was removed')
  },
}

async function talk(channel: CardChannel): Promise<string[]> {
  const answers: string[] = []
  for (const command of [select, read, { ...read, ins: 0x84 }] as CommandApdu[]) {
    try {
      const { data, sw } = await channel.transmit(command)
      answers.push(`${toHex(data)} ${sw.toString(16)}`)
    } catch (error) {
      answers.push((error as TransportError).code)
    }
  }
  return answers
}

test('without the name of a test card no byte of data is kept', async () => {
  const { channel, transcript } = recording(card)
  await talk(channel)
  const text = formatTranscript(transcript())
  expect(text).not.toContain(toHex(secret))
  expect(text).not.toContain('testCard')
  expect(transcript().exchanges).toEqual([
    { kind: 'redacted', header: '00A4020C', nc: 8, nr: 0, sw: '6A82' },
    { kind: 'redacted', header: '00B00000', nc: 0, ne: 65536, nr: 8, sw: '9000' },
    { kind: 'failed', header: '00840000', code: 'CARD_REMOVED' },
  ])
  expect(parseTranscript(text)).toEqual(transcript())
})

test('with the name of a test card everything is kept, and replayed as it was', async () => {
  const { channel, transcript } = recording(card, { testCard: 'specimen 999' })
  const answers = await talk(channel)
  expect(answers).toEqual([' 6a82', `${toHex(secret)} 9000`, 'CARD_REMOVED'])
  const read = parseTranscript(formatTranscript(transcript()))
  expect(read).toEqual(transcript())
  expect(read.testCard).toBe('specimen 999')
  expect(await talk(replay(read))).toEqual(answers)
})

test('a transcript is a picture of the moment it is asked for', async () => {
  const { channel, transcript } = recording(card)
  const empty = transcript()
  await channel.transmit(read)
  expect([empty.exchanges.length, transcript().exchanges.length]).toEqual([0, 1])
  expect(parseTranscript(formatTranscript(empty))).toEqual(empty)
})

test('an error that is not the toolkit’s is recorded without its text', async () => {
  const { channel, transcript } = recording({
    transmit: async () => {
      throw new Error(`key ${toHex(secret)}`)
    },
  })
  await expect(channel.transmit(read)).rejects.toThrow()
  expect(transcript().exchanges).toEqual([{ kind: 'failed', header: '00B00000', code: 'READER_FAILED' }])
})

test('another command, one too many, or a redacted exchange is a mismatch at its index', async () => {
  const { channel, transcript } = recording(card, { testCard: 'specimen 999' })
  await talk(channel)
  const mismatch = (offset: number) => ({ name: 'ProtocolError', code: 'REPLAY_MISMATCH', facts: { offset } })
  const other = replay(transcript())
  await other.transmit(select)
  await expect(other.transmit({ ...read, p2: 1 })).rejects.toMatchObject(mismatch(1))
  expect(await other.transmit(read)).toEqual(response(0x9000, secret))
  await expect(other.transmit(read)).rejects.toMatchObject(mismatch(2))
  await expect(other.transmit({ ...read, ins: 0x84 })).rejects.toMatchObject({ code: 'CARD_REMOVED' })
  await expect(other.transmit(read)).rejects.toMatchObject(mismatch(3))

  const redacted = recording(card)
  await talk(redacted.channel)
  await expect(replay(redacted.transcript()).transmit(select)).rejects.toMatchObject(mismatch(0))
})

const good = (exchange: object, testCard?: string): string =>
  JSON.stringify({ format: 'cccd-transcript-1', ...(testCard ? { testCard } : {}), exchanges: [exchange] })

test.each([
  ['no JSON', '{'],
  ['no object', '[]'],
  ['null', 'null'],
  ['another format', '{"format":"other","exchanges":[]}'],
  ['no exchanges', '{"format":"cccd-transcript-1"}'],
  ['an unknown member', '{"format":"cccd-transcript-1","exchanges":[],"key":1}'],
  ['an exchange that is null', '{"format":"cccd-transcript-1","exchanges":[null]}'],
  ['an unknown kind', good({ kind: 'other' })],
  ['a full exchange without test card', good({ kind: 'full', command: '00B00000', response: '9000' })],
  ['a command of three bytes', good({ kind: 'full', command: '00B000', response: '9000' }, 'x')],
  ['half a byte', good({ kind: 'full', command: '00B000000', response: '9000' }, 'x')],
  ['data in a redacted exchange', good({ kind: 'redacted', header: '00B00000', nc: 0, nr: 0, sw: '9000', data: '00' })],
  ['a negative length', good({ kind: 'redacted', header: '00B00000', nc: -1, nr: 0, sw: '9000' })],
  ['a header in lower case', good({ kind: 'redacted', header: '00b00000', nc: 0, nr: 0, sw: '9000' })],
])('%s is refused as a transcript', (_, json) => {
  expect(() => parseTranscript(json)).toThrow(
    expect.objectContaining({ name: 'FormatError', code: 'TRANSCRIPT_MALFORMED' }),
  )
})

test('every transcript that is written is read again as it was; hostile text throws FormatError alone', () => {
  const bytes = (minLength: number) => fc.uint8Array({ minLength, maxLength: 20 }).map(toHex)
  const header = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(toHex)
  const exchange = fc.oneof(
    fc.record({ kind: fc.constant('full' as const), command: bytes(4), response: bytes(2) }),
    fc.record({ kind: fc.constant('failed' as const), header, code: fc.constant('CARD_REMOVED') }),
  )
  const transcript = fc.record({
    format: fc.constant('cccd-transcript-1' as const),
    testCard: fc.string(),
    exchanges: fc.array(exchange),
  })
  fc.assert(
    fc.property(transcript, (each: Transcript) => {
      expect(parseTranscript(formatTranscript(each))).toEqual(each)
    }),
  )
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), text => {
      expect(() => parseTranscript(text)).toThrow(FormatError)
    }),
  )
})

test('text that is no JSON is refused without a word of it, also in the causes', () => {
  try {
    parseTranscript('NGUYEN123456 is no JSON')
    expect.unreachable()
  } catch (error) {
    for (let one = error; one instanceof Error; one = one.cause) expect(one.message).not.toMatch(/NGUYEN|123456/)
  }
})
