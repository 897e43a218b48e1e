import { FormatError, ServiceError, TransportError } from '@cccd/mrz'
import { describe, expect, test } from 'vitest'
import { DeskError } from '../api/errors.ts'
import { errorReply } from './error-reply.ts'
import { ERROR_REPLIES } from './error-table.ts'
import { faultFacts, jsonLog } from './log.ts'

describe('the table of errors', () => {
  test('has a status of the 4xx or 5xx and a sentence in each language for every code', () => {
    for (const [code, { status, vi, en }] of Object.entries(ERROR_REPLIES)) {
      expect([code, status >= 400 && status < 600, vi.length > 5, en.length > 5]).toEqual([code, true, true, true])
      expect([code, vi]).not.toEqual([code, en])
    }
  })

  test('turns the toolkit’s errors and the desk’s own into status, words and facts', () => {
    const busy = errorReply(new TransportError('READER_BUSY', 'in use', { reader: 'A' }))
    expect(busy).toMatchObject({ status: 409, body: { error: { code: 'READER_BUSY', facts: { reader: 'A' } } } })
    expect(errorReply(new DeskError('NONCE_USED', 'x')).status).toBe(409)
    expect(errorReply(new FormatError('QR_NOT_A_CARD', 'x')).status).toBe(422)
    expect(errorReply(new ServiceError('DESK_RUNNING', 'x')).status).toBe(409)
  })

  test('tells nothing of an error that nobody expected', () => {
    const { status, body } = errorReply(new Error('TRẦN THỊ B 999160012345'))
    expect([status, body.error.code]).toEqual([500, 'INTERNAL'])
    expect(JSON.stringify(body)).not.toMatch(/TRẦN|999160012345/)
    for (const odd of [null, undefined, 'text', 7, { statusCode: 'x' }, { statusCode: 200 }]) {
      expect(errorReply(odd).status).toBe(500)
    }
  })
})

describe('the log', () => {
  test('is one JSON object a line, whatever stands in it', () => {
    const lines: string[] = []
    const log = jsonLog({ now: () => new Date(0), write: line => lines.push(line) })
    log('warn', 'event', { text: 'a\nb\u2028c"', number: 1, none: undefined })
    expect(lines).toHaveLength(1)
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1)
    expect(JSON.parse(lines[0] as string)).toEqual({
      ...{ time: '1970-01-01T00:00:00.000Z', level: 'warn', event: 'event', text: 'a\nb\u2028c"', number: 1 },
    })
  })

  test('says of a fault its class, code and place, and never its message', () => {
    const error = Object.assign(new TypeError('TRẦN THỊ B\n    at 999160012345'), { code: 'ERR_X' })
    const facts = faultFacts(error)
    expect(facts).toMatchObject({
      fault: 'TypeError',
      code: 'ERR_X',
      where: expect.stringContaining('error-reply.test.ts'),
    })
    expect(JSON.stringify(facts)).not.toMatch(/TRẦN|999160012345/)
    expect(faultFacts('TRẦN')).toEqual({ fault: 'string' })
  })
})
