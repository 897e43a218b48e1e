import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createChip } from '@cccd/card-simulator'
import { type TestDocument, testDocument } from '@cccd/fixtures'
import { trustAnchors } from '@cccd/verifier'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { laid, newNonce, random } from '../readings/testing/reading-rig.ts'
import { r4Faults } from '../testing/fhir-r4.ts'
import { HIS, runTestDesk, type TestDesk } from '../testing/running-desk.ts'
import { type StandInFhir, startStandInFhir } from '../testing/stand-in-fhir-server.ts'
import {
  GATEWAY_ACCOUNT,
  GATEWAY_CLERK,
  INSURED,
  type StandInGateway,
  startStandInGateway,
} from '../testing/stand-in-insurance-gateway.ts'
import { type StandInReceiver, startStandInReceiver, WEBHOOK_SECRET } from '../testing/stand-in-webhook-receiver.ts'

const folder = mkdtempSync(join(tmpdir(), 'cccd-exports-'))
let made: TestDocument
let [gateway, fhir, receiver] = [] as unknown as [StandInGateway, StandInFhir, StandInReceiver]
let desk: TestDesk
let bare: TestDesk
let token: string
let poor: string

const secret = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, 0o600)
  return path
}

beforeAll(async () => {
  made = await testDocument()
  const { personalNumber, fullName } = made.holder
  const person = {
    ...INSURED,
    numbers: [...INSURED.numbers, personalNumber],
    fullName: fullName.toLocaleUpperCase('vi'),
  }
  gateway = await startStandInGateway([{ ...person, dateOfBirth: made.holder.dateOfBirth }])
  fhir = await startStandInFhir('t0ken-of-the-fhir-server')
  receiver = await startStandInReceiver()
  const { anchors } = trustAnchors({ certificates: [made.csca], crls: [made.crl] })
  const start = performance.now()
  const parts = {
    loadAnchors: async () => anchors,
    now: () => new Date(made.at.getTime() + performance.now() - start),
  }
  desk = await runTestDesk(
    {
      connectors: {
        insurance: {
          url: gateway.url,
          username: GATEWAY_ACCOUNT.username,
          passwordFile: secret('password', GATEWAY_ACCOUNT.password),
          clerk: GATEWAY_CLERK,
          timeoutMs: 1500,
        },
        fhir: { server: { url: `${fhir.url}/fhir`, tokenFile: secret('token', 't0ken-of-the-fhir-server\n') } },
        his: { facilityCode: '99001' },
        webhook: {
          url: `${receiver.url}/hook`,
          secretFile: secret('webhook', WEBHOOK_SECRET),
          portrait: true,
          outbox: { folder: join(folder, 'outbox'), keyFile: join(folder, 'outbox.key'), maxEntries: 2 },
          firstRetryMs: 20,
          longestRetryMs: 20,
          giveUpAfterRefusals: 2,
        },
        text: [
          { id: 'his', label: 'HIS', template: '{personalNumber}{TAB}{fullName|upper}{ENTER}' },
          {
            id: 'file',
            label: 'Tệp',
            template: '{personalNumber}{ENTER}',
            enter: 'lf',
            target: { kind: 'file', path: join(folder, 'out.txt') },
          },
        ],
      },
    },
    parts,
  )
  bare = await runTestDesk({}, parts)
  token = await desk.token({ origin: HIS })
  poor = await desk.token({ origin: HIS, scopes: ['identity'] })
})
afterEach(() => {
  for (const standIn of [gateway, fhir, receiver]) standIn.heal()
})
afterAll(async () => {
  await desk?.close()
  await bare?.close()
  for (const standIn of [gateway, fhir, receiver]) await standIn?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const ask = (path: string, given: Parameters<TestDesk['ask']>[1] = {}, of = desk) =>
  of.ask(path, { token, headers: { origin: HIS }, ...given })

/** A reading that is done, of the simulated card. */
async function read(by = token, of = desk): Promise<string> {
  const started = await ask(
    '/v1/readings',
    { token: by, body: { nonce: newNonce(), scan: made.qr, waitSeconds: 20 } },
    of,
  )
  expect(started.status).toBe(202)
  of.reader.lay(laid(createChip(made.document, { access: made.access, random, extendedLength: 32_768 })))
  const { id } = started.json
  for (let i = 0; i < 400; i++) {
    const { state } = (await ask(`/v1/readings/${id}`, { token: by }, of)).json
    if (state === 'done') break
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  of.reader.lift()
  return id
}
async function until(what: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !what(); i++) await new Promise(resolve => setTimeout(resolve, 5))
  expect(what()).toBe(true)
}

describe('a finished reading', () => {
  test('is a FHIR bundle, valid by R4, with the desk’s signature', async () => {
    const id = await read()
    const { status, headers, json } = await ask(`/v1/readings/${id}/fhir`)
    expect([status, headers.get('content-type')]).toEqual([200, 'application/fhir+json; charset=utf-8'])
    expect(r4Faults(json)).toEqual([])
    expect(json.entry[0].resource.name[0].text).toBe(made.holder.fullName)
    const { signed } = (await ask(`/v1/readings/${id}`)).json
    expect(Buffer.from(json.entry[1].resource.signature[0].data, 'base64').toString()).toBe(signed)
    expect(json.entry[0].resource.photo).toHaveLength(1)
  })

  test('has its portrait for those alone whose token may see it, in bundle and webhook', async () => {
    const id = await read(poor)
    const { json } = await ask(`/v1/readings/${id}/fhir`, { token: poor })
    expect(json.entry[0].resource.photo).toBeUndefined()
    expect(r4Faults(json)).toEqual([])
    expect((await ask(`/v1/readings/${id}/deliver`, { token: poor, body: {} })).json).toEqual({
      to: 'webhook',
      state: 'stored',
    })
    await until(() => receiver.done.has(id))
    expect(JSON.parse(receiver.done.get(id) ?? '').portrait).toBeUndefined()
  })

  test('is XML1, as a document and as fields', async () => {
    const id = await read()
    const xml = await ask(`/v1/readings/${id}/his`)
    expect([xml.status, xml.headers.get('content-type')]).toEqual([200, 'application/xml; charset=utf-8'])
    expect(xml.text).toContain(`<SO_CCCD>${made.holder.personalNumber}</SO_CCCD>`)
    expect(
      spawnSync('python3', ['-c', 'import sys,xml.etree.ElementTree as E;E.parse(sys.stdin)'], { input: xml.text })
        .status,
    ).toBe(0)
    const { json } = await ask(`/v1/readings/${id}/his?format=json`)
    expect(json.fields).toMatchObject({ SO_CCCD: made.holder.personalNumber, MA_CSKCB: '99001' })
  })

  test('is text by a configured output, by one of the caller’s own, and into a file', async () => {
    const id = await read()
    const { personalNumber, fullName } = made.holder
    const text = (body: object) => ask(`/v1/readings/${id}/text`, { body })
    expect((await text({})).json).toEqual({
      kind: 'reply',
      text: `${personalNumber}\t${fullName.toLocaleUpperCase('vi')}\r`,
    })
    expect((await text({ template: 'Số {personalNumber}{ENTER}' })).json).toEqual({
      kind: 'reply',
      text: `Số ${personalNumber}\n`,
    })
    expect((await text({ output: 'file' })).json).toEqual({ kind: 'sent', bytes: 13 })
    expect(readFileSync(join(folder, 'out.txt'), 'utf8')).toBe(`${personalNumber}\n`)
    expect((await text({ output: 'none' })).json.error.code).toBe('NOT_CONFIGURED')
    const wrong = await text({ template: 'Số {nothing}' })
    expect([wrong.status, wrong.json.error.code, wrong.json.error.facts.column]).toEqual([
      422,
      'CONNECTOR_CONFIG_MALFORMED',
      4,
    ])
    expect((await text({ output: 'his', template: 'x' })).json.error.code).toBe('REQUEST_MALFORMED')
  })

  test('goes to the webhook once, however often it is sent', async () => {
    const id = await read()
    expect((await ask(`/v1/readings/${id}/deliver`, { body: {} })).json).toEqual({ to: 'webhook', state: 'stored' })
    await until(() => receiver.done.has(id))
    const body = JSON.parse(receiver.done.get(id) ?? '')
    expect(body).toMatchObject({ type: 'cccd.reading', id, verdict: { colour: 'green' } })
    expect(body.fields).toContainEqual({ name: 'fullName', value: made.holder.fullName, source: 'chip' })
    expect(Buffer.from(body.portrait.data, 'base64').subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]))
    await until(() => readdirSync(join(folder, 'outbox')).every(name => !/entry|dead/.test(name)))
    expect((await ask(`/v1/readings/${id}/deliver`, { body: {} })).json.state).toBe('delivered')
    expect(receiver.came.get(id)).toBe(1)
  })

  test('is posted to the FHIR server, and a server that fails is told as such', async () => {
    const id = await read()
    const { json } = await ask(`/v1/readings/${id}/deliver`, { body: { to: 'fhir' } })
    expect(json.to).toBe('fhir')
    expect(json.entries[0]).toEqual({ status: '201 Created', location: 'Patient/1/_history/1' })
    fhir.fail({ kind: 'answer', answer: { status: 503, body: 'x' } })
    const refused = await ask(`/v1/readings/${id}/deliver`, { body: { to: 'fhir' } })
    expect([refused.status, refused.json.error.code]).toEqual([503, 'CONNECTOR_SERVER_FAILED'])
    expect(refused.json.error.vi).not.toBe('')
  })
})

describe('the insurance gateway over the desk', () => {
  test('answers for the person, and the exports know it', async () => {
    const id = await read()
    const answer = await ask(`/v1/readings/${id}/insurance`, { body: {} })
    expect(answer.status).toBe(200)
    expect(answer.json).toMatchObject({ state: 'answered', code: '000', kind: 'valid', askedWith: 'personal-number' })
    expect(answer.text).not.toContain('BỆNH BỊA RA')
    expect((await ask(`/v1/readings/${id}/his?format=json`)).json.fields).toMatchObject({
      MA_THE_BHYT: 'DN4999990000001',
      MA_DKBD: '99001',
      GT_THE_DEN: '20261231',
    })
    const bundle = (await ask(`/v1/readings/${id}/fhir`)).json
    expect(r4Faults(bundle)).toEqual([])
    expect(bundle.entry[0].resource.identifier).toHaveLength(3)
    const template = '{insurance.code} {insurance.validTo|yyyyMMdd}'
    expect((await ask(`/v1/readings/${id}/text`, { body: { template } })).json.text).toBe('000 20261231')
  })

  test('by another number that is typed, and by one that is none', async () => {
    const id = await read()
    const by = (number: string) => ask(`/v1/readings/${id}/insurance`, { body: { number } })
    expect((await by('DN4 9999 9000 0001')).json).toMatchObject({ code: '000', askedWith: 'insurance-card-number' })
    const wrong = await by('12345')
    expect([wrong.status, wrong.json.error.facts.field]).toEqual([422, 'number'])
  })

  test('that is silent is an answer within its time, and the reading is untouched', async () => {
    const id = await read()
    gateway.fail({ kind: 'silent' })
    const start = performance.now()
    const { status, json } = await ask(`/v1/readings/${id}/insurance`, { body: {} })
    expect(performance.now() - start).toBeLessThan(5000)
    expect([status, json.state, json.code]).toEqual([200, 'unavailable', 'CONNECTOR_TIMEOUT'])
    expect((await ask(`/v1/readings/${id}`)).json).toMatchObject({ state: 'done', verdict: { colour: 'green' } })
  })

  test('is forgotten with the reading, also when that happens while it is asked', async () => {
    const id = await read()
    await ask(`/v1/readings/${id}/insurance`, { body: {} })
    gateway.fail({ kind: 'late', ms: 200 })
    const asked = ask(`/v1/readings/${id}/insurance`, { body: {} })
    await new Promise(resolve => setTimeout(resolve, 50))
    await ask(`/v1/readings/${id}`, { method: 'DELETE' })
    const late = await asked
    expect([late.status, late.json.error.code]).toEqual([404, 'READING_UNKNOWN'])
    expect(late.text).not.toMatch(/NGHIỆM|DN4999990000001/i)
  })
})

describe('who may, and when', () => {
  const paths = [
    ['GET', 'fhir'],
    ['GET', 'his'],
    ['POST', 'text'],
    ['POST', 'deliver'],
    ['POST', 'insurance'],
  ] as const

  test.each(paths)(
    '%s %s: not before the reading is done, not another’s, not after it is forgotten, not without scope',
    async (method, path) => {
      const call = (id: string, by = token) =>
        ask(`/v1/readings/${id}/${path}`, { method, token: by, ...(method === 'POST' && { body: {} }) })
      const { id: waiting } = (
        await ask('/v1/readings', { body: { nonce: newNonce(), scan: made.qr, waitSeconds: 20 } })
      ).json
      expect((await call(waiting)).json.error.code).toBe('READING_NOT_DONE')
      await ask(`/v1/readings/${waiting}`, { method: 'DELETE' })
      const id = await read()
      expect((await call(id, poor)).json.error.code).toBe('READING_UNKNOWN')
      const qr = await desk.token({ origin: HIS, scopes: ['qr'] })
      expect((await call(id, qr)).json.error.code).toBe('SCOPE_MISSING')
      await ask(`/v1/readings/${id}`, { method: 'DELETE' })
      const gone = await call(id)
      expect([gone.status, gone.json.error.code]).toEqual([404, 'READING_UNKNOWN'])
      expect(gone.text).not.toContain(made.holder.personalNumber)
    },
  )

  test('a desk without connectors still gives exports back, and says what is not configured', async () => {
    token = await bare.token({ origin: HIS })
    try {
      const id = await read(token, bare)
      const status = async (path: string, body?: object) => {
        const { status, json } = await ask(`/v1/readings/${id}/${path}`, body && { body }, bare)
        return [status, json?.error?.code]
      }
      expect((await status('fhir'))[0]).toBe(200)
      expect((await status('his'))[0]).toBe(200)
      for (const [path, body] of [
        ['insurance', {}],
        ['deliver', {}],
        ['deliver', { to: 'webhook' }],
        ['text', {}],
      ] as const)
        expect(await status(path, body)).toEqual([404, 'NOT_CONFIGURED'])
      expect((await ask('/v1/connectors', {}, bare)).json).toEqual({
        insurance: { configured: false },
        fhir: { server: false },
        webhook: { configured: false },
        text: [],
      })
    } finally {
      token = await desk.token({ origin: HIS })
    }
  })
})

describe('what is configured and how it does', () => {
  test('is told to every token, without a secret, a path or an address', async () => {
    const { status, json, text } = await ask('/v1/connectors')
    expect(status).toBe(200)
    expect(json.insurance).toMatchObject({ configured: true })
    expect(json.webhook).toMatchObject({ configured: true, waiting: 0, dead: 0, maxEntries: 2 })
    expect(json.text).toEqual([
      { id: 'his', label: 'HIS', target: 'reply' },
      { id: 'file', label: 'Tệp', target: 'file' },
    ])
    for (const hidden of [folder, '127.0.0.1', GATEWAY_ACCOUNT.username, GATEWAY_CLERK.personalNumber, 'whsec_'])
      expect(text).not.toContain(hidden)
  })

  test('a full outbox refuses aloud; what was given up is shown, tried again or thrown away by an operator alone', async () => {
    receiver.fail({ kind: 'answer', answer: { status: 422, body: {} } })
    const ids = [await read(), await read(), await read()]
    const sent = []
    for (const id of ids) sent.push(await ask(`/v1/readings/${id}/deliver`, { body: {} }))
    expect(sent.map(({ status }) => status)).toEqual([200, 200, 503])
    expect(sent[2]?.json.error).toMatchObject({ code: 'OUTBOX_FULL' })
    const operator = await desk.token({ origin: HIS, role: 'operator' })
    const dead = async () => (await ask('/v1/connectors/webhook/dead', { token: operator })).json.ids
    for (let i = 0; i < 200 && (await dead()).length < 2; i++) await new Promise(resolve => setTimeout(resolve, 10))
    expect(await dead()).toEqual(ids.slice(0, 2))
    expect((await ask('/v1/connectors')).json.webhook).toMatchObject({ waiting: 0, dead: 2, lastHttpStatus: 422 })
    expect((await ask('/v1/connectors/webhook/dead')).json.error.code).toBe('ROLE_MISSING')
    expect((await ask('/v1/connectors/webhook/dead', { body: { action: 'discard' } })).json.error.code).toBe(
      'ROLE_MISSING',
    )
    receiver.heal()
    const settle = (body: object) => ask('/v1/connectors/webhook/dead', { token: operator, body })
    expect((await settle({ action: 'retry', ids: [ids[0]] })).json).toEqual({ settled: 1 })
    await until(() => receiver.done.has(ids[0] as string))
    expect((await settle({ action: 'discard' })).json).toEqual({ settled: 1 })
    expect(await dead()).toEqual([])
    expect(receiver.done.has(ids[1] as string)).toBe(false)
  })

  test('no line of the log and no file of the desk holds anything of the person or a secret', () => {
    const { personalNumber, fullName } = made.holder
    const secrets = [
      personalNumber,
      fullName,
      fullName.toLocaleUpperCase('vi'),
      GATEWAY_ACCOUNT.password,
      't0ken-of',
      WEBHOOK_SECRET,
    ]
    const logged = JSON.stringify(desk.lines)
    expect(desk.lines.some(({ event }) => event === 'webhook.delivered')).toBe(true)
    for (const text of secrets) expect(logged).not.toContain(text)
    const inputs = ['password', 'token', 'webhook', 'out.txt']
    for (const root of [folder, desk.folder]) {
      for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || inputs.includes(entry.name)) continue
        const bytes = readFileSync(join(entry.parentPath, entry.name))
        for (const text of secrets) expect(bytes.includes(text)).toBe(false)
      }
    }
  })
})

describe('a desk with simulated cards', () => {
  const drawer = { cards: () => [], insert: async () => undefined, remove: async () => undefined, scanText: () => '' }
  const connectors = () => ({
    insurance: {
      url: gateway.url,
      username: GATEWAY_ACCOUNT.username,
      passwordFile: join(folder, 'password'),
      clerk: GATEWAY_CLERK,
    },
    fhir: { server: { url: `${fhir.url}/fhir` } },
    text: [{ id: 'file', label: 'x', template: 'x', target: { kind: 'file', path: join(folder, 'x') } }],
  })
  const list = async (config: object) => {
    const training = await runTestDesk({ connectors: config }, { drawer })
    try {
      return (await training.ask('/v1/connectors', { token: await training.token() })).json
    } finally {
      await training.close()
    }
  }

  test('speaks to no other machine, whatever the configuration names, unless it asks for that by name', async () => {
    expect(await list(connectors())).toMatchObject({
      insurance: { configured: false },
      fhir: { server: false },
      text: [],
    })
    expect(await list({ ...connectors(), whenSimulated: 'on' })).toMatchObject({
      insurance: { configured: true },
      fhir: { server: true },
      text: [{ id: 'file' }],
    })
  })
})

describe('a desk whose secrets are not there', () => {
  test('does not start, and says which setting and file', async () => {
    const connectors = {
      webhook: {
        url: receiver.url,
        secretFile: join(folder, 'nowhere'),
        outbox: { folder: join(folder, 'o2'), keyFile: join(folder, 'k2') },
      },
    }
    await expect(runTestDesk({ connectors })).rejects.toMatchObject({
      code: 'CONNECTOR_CONFIG_MALFORMED',
      facts: { field: 'webhook.secretFile', file: join(folder, 'nowhere') },
    })
  })
})
