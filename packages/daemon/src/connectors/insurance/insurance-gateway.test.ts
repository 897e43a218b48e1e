import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ReadPerson } from '../../person.ts'
import { invented } from '../../testing/invented-person.ts'
import {
  GATEWAY_ACCOUNT,
  GATEWAY_CLERK,
  INSURED,
  type StandInGateway,
  startStandInGateway,
} from '../../testing/stand-in-insurance-gateway.ts'
import type { Fault } from '../../testing/stand-in-server.ts'
import { connectorsConfigSchema, type InsuranceConfig } from '../config.ts'
import type { InsuranceAnswered } from '../insurance-answer.ts'
import { parseLookUpReply, parseTokenReply } from './gateway-reply.ts'
import { InsuranceGateway } from './insurance-gateway.ts'
import { insuranceQuestion } from './question.ts'
import { RESULT_CODES } from './result-code.ts'

let standIn: StandInGateway
let clock: Date
const opened: InsuranceGateway[] = []

beforeEach(async () => {
  clock = new Date()
  standIn = await startStandInGateway()
})
afterEach(async () => {
  for (const gateway of opened.splice(0)) gateway.close()
  await standIn.stop()
})

function open(more: Partial<InsuranceConfig> = {}, password: string = GATEWAY_ACCOUNT.password): InsuranceGateway {
  const config = connectorsConfigSchema.parse({
    insurance: {
      url: standIn.url,
      username: GATEWAY_ACCOUNT.username,
      passwordFile: '/unused',
      clerk: GATEWAY_CLERK,
      timeoutMs: 3000,
      ...more,
    },
  }).insurance as InsuranceConfig
  const gateway = new InsuranceGateway({ config, password, now: () => clock })
  opened.push(gateway)
  return gateway
}

const question = insuranceQuestion(invented())
const typed = (name: 'dateOfBirth' | 'fullName', value: string): ReadPerson => {
  const person = invented()
  return { ...person, fields: person.fields.map(field => (field.name === name ? { ...field, value } : field)) }
}

describe('the insurance gateway', () => {
  test('a person who is insured: the card as the gateway has it, the treatments only counted', async () => {
    const answer = (await open().lookUp(question)) as InsuranceAnswered
    expect(answer).toMatchObject({ state: 'answered', code: '000', kind: 'valid', askedWith: 'personal-number' })
    expect(answer.card).toEqual({
      cardNumber: 'DN4999990000001',
      fullName: 'Trần Thị Thử Nghiệm',
      dateOfBirth: '15/08/1990',
      sex: 'Nữ',
      address: 'Phường Mẫu, Tỉnh Không Có',
      facilityCode: '99001',
      office: 'Bảo hiểm xã hội Mẫu',
      validFrom: '01/01/2026',
      validTo: '31/12/2026',
      fiveYearsFrom: '01/01/2029',
      insuranceNumber: '9990000001',
    })
    expect(answer.note).toBe('Thẻ còn giá trị sử dụng!')
    expect([answer.treatments, answer.checks]).toEqual([1, 0])
    expect(answer.history).toBeUndefined()
    expect(JSON.stringify(answer)).not.toContain('BỆNH BỊA RA')
  })

  test('the calls are as described: account and token in the query, the person in the body, the password never plain', async () => {
    await open().lookUp(question)
    const [take] = standIn.seen
    expect(take?.method).toBe('POST')
    expect(JSON.parse(take?.text ?? '')).toEqual({
      username: GATEWAY_ACCOUNT.username,
      // printf 'mật khẩu thử' | md5sum
      password: '7ca20c5221e6455f76616f1b9b4a9352',
    })
    const [look] = standIn.lookUps()
    expect(Object.keys(look?.query ?? {}).toSorted()).toEqual(['id_token', 'password', 'token', 'username'])
    expect(look?.body).toEqual({
      maThe: '999190000001',
      hoTen: 'TRẦN THỊ THỬ NGHIỆM',
      ngaySinh: '15/08/1990',
      hoTenCb: GATEWAY_CLERK.fullName,
      cccdCb: GATEWAY_CLERK.personalNumber,
    })
    for (const { text, query } of standIn.seen) expect(`${text}${query}`).not.toContain(GATEWAY_ACCOUNT.password)
  })

  test.each([
    ['999190000001', 'personal-number', '999190000001'],
    ['9990000001', 'insurance-number', '9990000001'],
    ['DN4999990000001', 'insurance-card-number', 'DN4999990000001'],
    [' dn 4 99 999-000.0001 ', 'insurance-card-number', 'DN4999990000001'],
  ])('the number %j is asked as %s', async (number, askedWith, sent) => {
    const answer = await open().lookUp(insuranceQuestion(invented(), number))
    expect(answer).toMatchObject({ state: 'answered', code: '000', askedWith })
    expect(standIn.lookUps()[0]?.body.maThe).toBe(sent)
  })

  test.each(['', '99919000000', 'D54999990000001', '99919000000A', '9991900000012', '９９９１９０００００01'])(
    'the number %j is refused before anything is sent',
    number => {
      expect(() => insuranceQuestion(invented(), number)).toThrow(
        expect.objectContaining({ facts: { field: 'number' } }),
      )
      expect(standIn.seen).toHaveLength(0)
    },
  )

  test.each([
    ['15/08/1990', 'slashes', '15/08/1990'],
    ['15/08/1990', 'compact', '15081990'],
    ['08/1990', 'slashes', '1990'],
    ['1990', 'compact', '1990'],
  ] as const)('born %s, form %s: sent as %s', async (born, birthDate, sent) => {
    const answer = await open({ birthDate }).lookUp(insuranceQuestion(typed('dateOfBirth', born)))
    expect(answer).toMatchObject({ code: '000' })
    expect(standIn.lookUps()[0]?.body.ngaySinh).toBe(sent)
  })

  test('a name in decomposed letters with double blanks is sent composed', async () => {
    const name = '  TRẦN   THỊ THỬ\tNGHIỆM '.normalize('NFD')
    expect(await open().lookUp(insuranceQuestion(typed('fullName', name)))).toMatchObject({ code: '000' })
    expect(standIn.lookUps()[0]?.body.hoTen).toBe('TRẦN THỊ THỬ NGHIỆM')
  })

  test('what the reading lacks is named, and nothing is asked', () => {
    const fields = invented().fields.filter(({ name }) => name !== 'dateOfBirth')
    expect(() => insuranceQuestion({ fields })).toThrow(
      expect.objectContaining({ code: 'CONNECTOR_FIELD_MISSING', facts: { field: 'dateOfBirth' } }),
    )
  })

  test('every published code is explained in both languages, and one that is not is passed through as unknown', async () => {
    // cccd.md's list, the annex to letter 1923/BHXH-CNTT of 2024.
    const published =
      '000 001 002 003 004 010 050 051 052 053 054 055 060 061 070 100 101 110 120 121 122 123 124 130 205 401'
    expect(Object.keys(RESULT_CODES).toSorted()).toEqual(published.split(' '))
    const gateway = open()
    for (const code of [...Object.keys(RESULT_CODES), '003.1', '999', '0']) {
      standIn.fail({ kind: 'answer', answer: { body: { maKetQua: code } } }, { path: 'KQNhanLichSuKCB2024' })
      const answer = (await gateway.lookUp(question)) as InsuranceAnswered
      standIn.heal()
      expect(answer).toMatchObject({ state: 'answered', code })
      expect(answer.kind === 'unknown').toBe(RESULT_CODES[code] === undefined)
      expect(answer.vi.length * answer.en.length).toBeGreaterThan(0)
      if (answer.kind === 'unknown') expect(answer.vi).toContain(code)
    }
    const sentences = Object.values(RESULT_CODES).flatMap(({ vi, en }) => [vi, en])
    expect(new Set(sentences).size).toBe(sentences.length)
  })

  test('a code that comes as a number is the same code', async () => {
    standIn.fail({ kind: 'answer', answer: { body: { maKetQua: 110, ghiChu: null } } }, { path: 'KCB2024' })
    expect(await open().lookUp(question)).toMatchObject({ code: '110', kind: 'withdrawn', note: '' })
  })

  test('the history is passed on where the configuration asks for it', async () => {
    const answer = (await open({ history: 'pass' }).lookUp(question)) as InsuranceAnswered
    expect(answer.history?.treatments[0]).toMatchObject({ maHoSo: '1', tenBenh: 'BỆNH BỊA RA' })
  })

  test('a wrong clerk is told from a wrong patient', async () => {
    const other = { ...GATEWAY_CLERK, fullName: 'AI KHÁC' }
    expect(await open({ clerk: other }).lookUp(question)).toMatchObject({ code: '055', kind: 'clerk-refused' })
    expect(await open().lookUp(insuranceQuestion(typed('fullName', 'AI KHÁC')))).toMatchObject({
      code: '060',
      kind: 'holder-differs',
    })
  })
})

describe('the gateway’s token', () => {
  test('is taken once for many look-ups', async () => {
    const gateway = open()
    await gateway.lookUp(question)
    await Promise.all(Array.from({ length: 5 }, () => gateway.lookUp(question)))
    expect(standIn.tokensGiven()).toBe(1)
  })

  test('that was forgotten is renewed by one call, however many wait for it', async () => {
    const gateway = open()
    await gateway.lookUp(question)
    standIn.forgetTokens()
    const answers = await Promise.all(Array.from({ length: 8 }, () => gateway.lookUp(question)))
    expect(answers.map(({ code }) => code)).toEqual(Array.from({ length: 8 }, () => '000'))
    expect(standIn.tokensGiven()).toBe(2)
  })

  test('that HTTP itself refuses is renewed too', async () => {
    const gateway = open()
    await gateway.lookUp(question)
    standIn.fail({ kind: 'answer', answer: { status: 401, body: 'no', contentType: 'text/plain' } }, { times: 1 })
    expect(await gateway.lookUp(question)).toMatchObject({ code: '000' })
    expect(standIn.tokensGiven()).toBe(2)
  })

  test('that stays refused ends in one answer, after one renewal', async () => {
    const gateway = open()
    standIn.fail({ kind: 'answer', answer: { body: { maKetQua: '401' } } }, { path: 'KQNhanLichSuKCB2024' })
    expect(await gateway.lookUp(question)).toMatchObject({ code: '401', kind: 'account-refused' })
    expect(standIn.lookUps()).toHaveLength(2)
    expect(standIn.tokensGiven()).toBe(2)
  })

  test('is renewed before the time that it names: an ISO time with seven decimals, or seconds', async () => {
    const start = clock
    for (const expiry of [
      () => new Date(start.getTime() + 600_000).toISOString().replace('Z', '1234Z'),
      () => 600,
      () => '600',
    ]) {
      clock = start
      standIn.setExpiry(expiry)
      const before = standIn.tokensGiven()
      const gateway = open()
      await gateway.lookUp(question)
      clock = new Date(start.getTime() + 560_000)
      await gateway.lookUp(question)
      expect(standIn.tokensGiven() - before).toBe(1)
      clock = new Date(start.getTime() + 571_000)
      await gateway.lookUp(question)
      expect(standIn.tokensGiven() - before).toBe(2)
    }
  })

  test('with a life that is not understood, or past by our clock, still serves', async () => {
    for (const expiry of [null, 'soon', '2001-01-01T00:00:00Z', -5, {}]) {
      standIn.setExpiry(() => expiry)
      const before = standIn.tokensGiven()
      const gateway = open()
      const answers = [await gateway.lookUp(question), await gateway.lookUp(question)]
      if (typeof expiry === 'object' && expiry !== null) {
        expect(answers[0]).toMatchObject({ state: 'unavailable', code: 'CONNECTOR_REPLY_MALFORMED' })
      } else {
        expect(answers.map(({ code }) => code)).toEqual(['000', '000'])
        expect(standIn.tokensGiven() - before).toBe(1)
      }
    }
  })

  test('with a refused password is not asked for again at once: accounts get locked', async () => {
    const gateway = open({}, 'another')
    for (let i = 0; i < 5; i++)
      expect(await gateway.lookUp(question)).toMatchObject({ state: 'unavailable', code: 'CONNECTOR_REFUSED' })
    expect(standIn.seen).toHaveLength(1)
    clock = new Date(clock.getTime() + 61_000)
    await gateway.lookUp(question)
    expect(standIn.seen).toHaveLength(2)
  })
})

describe('a gateway that fails', () => {
  const faults: [string, Fault, string][] = [
    ['is silent', { kind: 'silent' }, 'CONNECTOR_TIMEOUT'],
    ['sends its answer a byte at a time', { kind: 'slow-body' }, 'CONNECTOR_TIMEOUT'],
    ['answers too late', { kind: 'late', ms: 4000 }, 'CONNECTOR_TIMEOUT'],
    ['resets the connection', { kind: 'reset' }, 'CONNECTOR_UNREACHABLE'],
    ['breaks off in its answer', { kind: 'cut' }, 'CONNECTOR_UNREACHABLE'],
    ['answers without end', { kind: 'huge', bytes: 9_000_000 }, 'CONNECTOR_REPLY_MALFORMED'],
    ['redirects', { kind: 'redirect', to: 'http://127.0.0.1:1/' }, 'CONNECTOR_REPLY_MALFORMED'],
    ['answers 500', { kind: 'answer', answer: { status: 500, body: {} } }, 'CONNECTOR_SERVER_FAILED'],
    [
      'answers 503 in HTML',
      { kind: 'answer', answer: { status: 503, body: '<p>', contentType: 'text/html' } },
      'CONNECTOR_SERVER_FAILED',
    ],
    ['answers 404', { kind: 'answer', answer: { status: 404, body: {} } }, 'CONNECTOR_REFUSED'],
    [
      'answers in HTML',
      { kind: 'answer', answer: { body: '<p>', contentType: 'text/html' } },
      'CONNECTOR_REPLY_MALFORMED',
    ],
    ['answers no JSON', { kind: 'answer', answer: { body: '{"maKetQua":' } }, 'CONNECTOR_REPLY_MALFORMED'],
    ['answers other JSON', { kind: 'answer', answer: { body: [1, 2] } }, 'CONNECTOR_REPLY_MALFORMED'],
    ['answers an empty code', { kind: 'answer', answer: { body: { maKetQua: '' } } }, 'CONNECTOR_REPLY_MALFORMED'],
  ]
  for (const path of ['take', 'KQNhanLichSuKCB2024']) {
    test.each(faults.filter(([name]) => path !== 'take' || name !== 'answers an empty code'))(
      `and %s at ${path} is an answer in time that says so`,
      async (_, fault, code) => {
        const isTime = code === 'CONNECTOR_TIMEOUT'
        const gateway = open({ timeoutMs: isTime ? 500 : 5000 })
        standIn.fail(fault, { path })
        const start = performance.now()
        const answer = await gateway.lookUp(question)
        expect(performance.now() - start).toBeLessThan(isTime ? 2500 : 5000)
        expect(answer).toMatchObject({ state: 'unavailable', code })
        expect(gateway.health()).toMatchObject({ state: 'failing', lastFailure: code })
        standIn.heal()
        expect(await gateway.lookUp(question)).toMatchObject({ state: 'answered', code: '000' })
        expect(gateway.health().state).toBe('answering')
      },
    )
  }

  test('with nothing listening there', async () => {
    await standIn.stop()
    expect(await open().lookUp(question)).toMatchObject({ state: 'unavailable', code: 'CONNECTOR_UNREACHABLE' })
  })

  test('by 400 with its own code in the body: the code counts', async () => {
    standIn.fail({ kind: 'answer', answer: { status: 400, body: { maKetQua: '205' } } }, { path: 'KCB2024' })
    expect(await open().lookUp(question)).toMatchObject({ state: 'answered', code: '205', kind: 'request-wrong' })
  })

  test('several look-ups share one renewal, and each ends by its own limit', async () => {
    const gateway = open({ timeoutMs: 300 })
    standIn.fail({ kind: 'silent' }, { path: 'take' })
    const answers = await Promise.all([gateway.lookUp(question), gateway.lookUp(question)])
    expect(answers.map(({ code }) => code)).toEqual(['CONNECTOR_TIMEOUT', 'CONNECTOR_TIMEOUT'])
    expect(standIn.seen).toHaveLength(1)
  })

  test('a look-up that is given up, or a desk that closes, ends at once and blames nobody', async () => {
    const gateway = open({ timeoutMs: 30_000 })
    standIn.fail({ kind: 'silent' }, { path: 'KCB2024' })
    const leaving = new AbortController()
    const given = gateway.lookUp(question, leaving.signal)
    setTimeout(() => leaving.abort(), 50)
    expect(await given).toMatchObject({ state: 'unavailable', code: 'READ_CANCELLED' })
    const closing = gateway.lookUp(question)
    setTimeout(() => gateway.close(), 50)
    expect(await closing).toMatchObject({ state: 'unavailable', code: 'READ_CANCELLED' })
    expect(gateway.health().state).toBe('unused')
  })

  test('no answer tells the password, its digest, a token or the address', async () => {
    for (const [, fault] of faults.filter(([name]) => !/late|silent|byte/.test(name))) {
      for (const path of ['take', 'KQNhanLichSuKCB2024']) {
        standIn.fail(fault, { path })
        const told = JSON.stringify(await open().lookUp(question))
        standIn.heal()
        const tokens = standIn.lookUps().flatMap(({ query }) => [query.token as string, query.password as string])
        for (const secret of [...tokens, GATEWAY_ACCOUNT.password, GATEWAY_ACCOUNT.username, '127.0.0.1'])
          expect(told).not.toContain(secret)
      }
    }
  })
})

describe('answers from outside', () => {
  test('any JSON is an answer or is refused as malformed', () => {
    const now = new Date(0)
    const tame = fc.record({
      maKetQua: fc.oneof(fc.string(), fc.integer(), fc.constant('200')),
      ghiChu: fc.jsonValue(),
      APIKey: fc.jsonValue(),
      dsLichSuKCB2018: fc.jsonValue(),
      maThe: fc.jsonValue(),
    })
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), tame), value => {
        for (const parse of [parseLookUpReply, (given: unknown) => parseTokenReply(given, now)]) {
          try {
            parse(value)
          } catch (error) {
            expect(error).toMatchObject({ code: 'CONNECTOR_REPLY_MALFORMED' })
          }
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('controls and signs that turn the direction of writing are taken out of what is shown', () => {
    const reply = parseLookUpReply({ ...INSURED.reply, ghiChu: 'a\u0000b\u202ec\nd', diaChi: '\u001b[2Jx' })
    expect(reply.note).toBe('abc d')
    expect(reply.card.address).toBe('[2Jx')
  })
})
