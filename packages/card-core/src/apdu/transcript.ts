import { equal, fromHex, toHex } from '../bytes.ts'
import { CardToolkitError, FormatError, ProtocolError, TransportError } from '../error.ts'
import type { CardChannel } from './channel.ts'
import { type CommandApdu, encodeCommand } from './command.ts'
import { decodeResponse, encodeResponse, type ResponseApdu } from './response.ts'

/**
 * What went over a channel. A redacted transcript holds no byte of data and can be shown to anyone; a full one holds
 * everything, so it names the test card it was made with and is refused for others by whoever records.
 */
export interface Transcript {
  readonly format: 'cccd-transcript-1'
  /** The test card of a full transcript; absent when redacted. */
  readonly testCard?: string
  readonly exchanges: readonly Exchange[]
}

export type Exchange = RedactedExchange | FullExchange | FailedExchange

/** Command header, lengths and status word. */
export interface RedactedExchange {
  readonly kind: 'redacted'
  /** CLA INS P1 P2, upper-case hex. */
  readonly header: string
  /** Bytes of command data. */
  readonly nc: number
  readonly ne?: number
  /** Bytes of response data. */
  readonly nr: number
  /** Status word, upper-case hex. */
  readonly sw: string
}

/** Whole command and response as upper-case hex. */
export interface FullExchange {
  readonly kind: 'full'
  readonly command: string
  readonly response: string
}

/** A command that got no answer; `code` is the error's. */
export interface FailedExchange {
  readonly kind: 'failed'
  readonly header: string
  readonly code: string
}

function headerOf({ cla, ins, p1, p2 }: CommandApdu): string {
  return toHex(Uint8Array.of(cla, ins, p1, p2))
}

function redactedOf(command: CommandApdu, response: ResponseApdu): RedactedExchange {
  return {
    kind: 'redacted',
    header: headerOf(command),
    nc: command.data?.length ?? 0,
    ...(command.ne === undefined ? {} : { ne: command.ne }),
    nr: response.data.length,
    sw: toHex(Uint8Array.of(response.sw >> 8, response.sw & 0xff)),
  }
}

function fullOf(command: CommandApdu, response: ResponseApdu): FullExchange {
  return { kind: 'full', command: toHex(encodeCommand(command)), response: toHex(encodeResponse(response)) }
}

/**
 * Records what goes over the channel. Without `testCard` the record is redacted: headers, lengths and status words only.
 * With it, everything is kept, secrets included, under the name of the test card.
 */
export function recording(
  channel: CardChannel,
  options: { readonly testCard?: string } = {},
): { readonly channel: CardChannel; transcript(): Transcript } {
  const { testCard } = options
  const exchanges: Exchange[] = []
  const exchangeOf = testCard === undefined ? redactedOf : fullOf
  return {
    channel: {
      async transmit(command) {
        let response: ResponseApdu
        try {
          response = await channel.transmit(command)
        } catch (error) {
          const code = error instanceof CardToolkitError ? error.code : 'READER_FAILED'
          exchanges.push({ kind: 'failed', header: headerOf(command), code })
          throw error
        }
        exchanges.push(exchangeOf(command, response))
        return response
      },
    },
    transcript: () => ({
      format: 'cccd-transcript-1',
      ...(testCard === undefined ? {} : { testCard }),
      exchanges: [...exchanges],
    }),
  }
}

/**
 * A channel that answers as the transcript did. Throws ProtocolError REPLAY_MISMATCH, with the index of the exchange in
 * `facts.offset`, when another command comes, when the transcript is at its end, or when the exchange was redacted;
 * an exchange that failed throws TransportError again.
 */
export function replay(transcript: Transcript): CardChannel {
  let index = 0
  return {
    async transmit(command) {
      const exchange = transcript.exchanges[index]
      const mismatch = (what: string): ProtocolError =>
        new ProtocolError('REPLAY_MISMATCH', `exchange ${index} of the transcript ${what}`, { offset: index })
      if (!exchange) throw mismatch('does not exist')
      switch (exchange.kind) {
        case 'redacted':
          throw mismatch('is redacted')
        case 'failed':
          if (exchange.header !== headerOf(command)) throw mismatch('has another command')
          index++
          throw new TransportError(failureCode(exchange.code), 'the transcript ends in a failure here')
        case 'full':
          if (!equal(fromHex(exchange.command), encodeCommand(command))) throw mismatch('has another command')
          index++
          return decodeResponse(fromHex(exchange.response))
      }
    },
  }
}

type FailureCode = 'CARD_REMOVED' | 'CARD_MUTE' | 'CARD_TIMEOUT' | 'READ_CANCELLED' | 'READER_FAILED'

function failureCode(code: string): FailureCode {
  switch (code) {
    case 'CARD_REMOVED':
    case 'CARD_MUTE':
    case 'CARD_TIMEOUT':
    case 'READ_CANCELLED':
      return code
    default:
      return 'READER_FAILED'
  }
}

/** The transcript as JSON text, one exchange a line. */
export function formatTranscript(transcript: Transcript): string {
  const head: string[] = [`"format": ${JSON.stringify(transcript.format)}`]
  if (transcript.testCard !== undefined) head.push(`"testCard": ${JSON.stringify(transcript.testCard)}`)
  const lines = transcript.exchanges.map(exchange => `    ${JSON.stringify(exchange)}`)
  return `{\n  ${head.join(',\n  ')},\n  "exchanges": [\n${lines.join(',\n')}\n  ]\n}\n`
}

const HEADER = /^[0-9A-F]{8}$/

function malformed(message: string, index?: number): FormatError {
  return new FormatError('TRANSCRIPT_MALFORMED', message, index === undefined ? {} : { offset: index })
}

/** Whether the value is an object with these members, each as its test wants, and no others. */
function has(value: unknown, members: Readonly<Record<string, (member: unknown) => boolean>>): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const known = Object.entries(members).every(([name, test]) => test((value as Record<string, unknown>)[name]))
  return known && Object.keys(value).every(name => name in members)
}

const isText = (value: unknown): boolean => typeof value === 'string'
const isHeader = (value: unknown): boolean => typeof value === 'string' && HEADER.test(value)
const isSw = (value: unknown): boolean => typeof value === 'string' && /^[0-9A-F]{4}$/.test(value)
const isLength = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0x10000
/** Hex of at least `least` bytes. */
const isBytes = (least: number) => (value: unknown) =>
  typeof value === 'string' && value.length >= 2 * least && /^([0-9A-F]{2})*$/.test(value)

const SHAPES: Readonly<Record<Exchange['kind'], Readonly<Record<string, (member: unknown) => boolean>>>> = {
  redacted: {
    kind: isText,
    header: isHeader,
    nc: isLength,
    ne: value => value === undefined || isLength(value),
    nr: isLength,
    sw: isSw,
  },
  full: { kind: isText, command: isBytes(4), response: isBytes(2) },
  failed: { kind: isText, header: isHeader, code: isText },
}

function isExchange(value: unknown): value is Exchange {
  const kind = (value as { readonly kind?: unknown } | null)?.kind
  return (kind === 'redacted' || kind === 'full' || kind === 'failed') && has(value, SHAPES[kind])
}

/** Reads the JSON text of a transcript. Throws FormatError TRANSCRIPT_MALFORMED; `facts.offset` is the index of a bad
 * exchange. */
export function parseTranscript(json: string): Transcript {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    // The parser's own message quotes what it read, and a full transcript holds secrets.
    throw new FormatError('TRANSCRIPT_MALFORMED', 'a transcript is not JSON')
  }
  const shape = {
    format: (format: unknown) => format === 'cccd-transcript-1',
    testCard: (name: unknown) => name === undefined || isText(name),
    exchanges: Array.isArray,
  }
  if (!has(value, shape)) throw malformed('a transcript has not the members it should')
  const transcript = value as Transcript
  for (const [index, exchange] of transcript.exchanges.entries()) {
    if (!isExchange(exchange)) throw malformed('an exchange of a transcript is malformed', index)
    if (exchange.kind === 'full' && transcript.testCard === undefined) {
      throw malformed('a transcript with data names no test card', index)
    }
  }
  return transcript
}
