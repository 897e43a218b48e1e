// Every operation of the OpenAPI document, asked with what its schemas allow and with what they do not. A real desk, a real
// reading of a simulated card to ask about; whatever comes, it is answered and documented, and never by a fault.
import { readFileSync } from 'node:fs'
import { createChip } from '@cccd/card-simulator'
import { type TestDocument, testDocument } from '@cccd/fixtures'
import { toBase64Url, trustAnchors } from '@cccd/verifier'
import fc, { type Arbitrary } from 'fast-check'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DeskClient, newNonce } from './client/index.ts'
import { laid, random } from './readings/testing/reading-rig.ts'
import { runTestDesk, type TestDesk } from './testing/running-desk.ts'
import { fromSchema, hostile, type JsonSchema } from './testing/schema-arbitrary.ts'

interface Operation {
  readonly operationId: string
  readonly security?: readonly object[]
  readonly parameters?: readonly { readonly name: string; readonly in: 'path' | 'query'; readonly schema: JsonSchema }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> }
  readonly responses: Readonly<Record<string, unknown>>
}
const document = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> }
}
const { schemas } = document.components
const RUNS = process.env.CCCD_LONG === '1' ? 2000 : 40
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    path,
    method,
    operation,
  })),
)

let made: TestDocument
let desk: TestDesk
let client: DeskClient
let token: string
/** A finished reading, and what a good request of some operations holds. */
let finished: string
let seeds: Readonly<Record<string, unknown>>

beforeAll(async () => {
  made = await testDocument()
  const { anchors } = trustAnchors({ certificates: [made.csca], crls: [made.crl] })
  const text = [{ id: 'quay', label: 'Quầy', template: '{personalNumber}{TAB}{fullName}{ENTER}' }]
  const consent = { texts: [{ purpose: 'treatment', version: '1', vi: 'Đồng ý', en: 'Agreed' }] }
  desk = await runTestDesk(
    { connectors: { text }, consent, limits: { requestsPerMinute: 1_000_000 } },
    { loadAnchors: async () => anchors, drawer: drawerOf(() => desk) },
  )
  await renew()
  const { bundle } = await client.bundle(finished)
  seeds = {
    startReading: { nonce: newNonce(), scan: made.qr, policy: 'kyc', challenge: '0102030405060708', waitSeconds: 0 },
    scan: { text: made.qr, via: 'serial' },
    verifyFiles: {
      files: Object.fromEntries(
        (['EF.SOD', 'EF.DG1', 'EF.DG2', 'EF.DG13'] as const).map(name => [
          name,
          toBase64Url(made.document.files[name] as Uint8Array),
        ]),
      ),
      policy: 'hospital',
      printed: { qr: made.qr },
    },
    verifyBundle: { bundle, nonce: 'a', origin: null },
    makeBundle: { audience: 'bank' },
    writeText: { output: 'quay' },
    scanPicture: await sharp({ create: { width: 60, height: 40, channels: 3, background: 'white' } })
      .png()
      .toBuffer(),
  }
})
afterAll(() => desk?.close())

/** The drawer of `--simulate`, with one genuine card in it. */
function drawerOf(at: () => TestDesk) {
  const card = { id: 'genuine', vi: 'Thẻ thật', en: 'Genuine', lie: '' }
  return {
    cards: () => [card],
    insert: async () => at().reader.lay(laid(createChip(made.document, { access: made.access, random }))),
    remove: async () => at().reader.lift(),
    scanText: () => made.qr,
  }
}

/** A token, a card on the reader and a finished reading, where something took them away. */
async function renew(): Promise<void> {
  // Guessed pairing codes have made everybody wait.
  desk.clock.skipMs += 3_600_000
  token = await desk.token({ role: 'operator' })
  client = new DeskClient({ url: desk.desk.url, token })
  const chip = createChip(made.document, { access: made.access, random, extendedLength: 32_768 })
  desk.reader.lay(laid(chip))
  const reading = client.read({ nonce: newNonce(), scan: made.qr })
  let step = await reading.next()
  while (!step.done) step = await reading.next()
  expect(step.value.state).toBe('done')
  finished = step.value.id
}

interface Asked {
  readonly path: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly type: string | undefined
  readonly body: string | Uint8Array | undefined
  readonly token: 'good' | 'none' | 'other'
}

/** One value somewhere within, replaced by anything or bent a little. */
function bent(seed: unknown): Arbitrary<unknown> {
  return fc
    .tuple(fc.nat(), hostile(), fc.nat(), fc.constantFrom('', 'A', '-', '_', '\n', '|', 'ễ'))
    .map(([pick, other, at, put]) => {
      const leaves: ((value: unknown) => unknown)[] = []
      const collect = (value: unknown, set: (leaf: unknown) => unknown): void => {
        leaves.push(set)
        if (typeof value !== 'object' || value === null) return
        for (const [name, inner] of Object.entries(value)) collect(inner, leaf => set({ ...value, [name]: leaf }))
      }
      const find = (value: unknown, n: number): unknown => {
        const all: unknown[] = []
        const walk = (inner: unknown): void => {
          all.push(inner)
          if (typeof inner === 'object' && inner !== null) Object.values(inner).forEach(walk)
        }
        walk(value)
        return all[n]
      }
      collect(seed, leaf => leaf)
      const n = pick % leaves.length
      const leaf = find(seed, n)
      const replaced = typeof leaf === 'string' && pick % 3 > 0 ? bentText(leaf, at, put) : other
      return leaves[n]?.(replaced)
    })
}

function bentText(text: string, at: number, put: string): string {
  const place = at % (text.length + 1)
  return text.slice(0, place) + put + text.slice(place + 1)
}

function asked({ operation }: (typeof operations)[number]): Arbitrary<Asked> {
  const parameters = (kind: 'path' | 'query'): Arbitrary<Record<string, string>> =>
    fc.record(
      Object.fromEntries(
        (operation.parameters ?? [])
          .filter(parameter => parameter.in === kind)
          .map(({ name, schema }) => [
            name,
            fc.oneof(fromSchema(schema, schemas).map(String), fc.string({ minLength: 1 }), fc.constant('@finished')),
          ]),
      ),
      kind === 'query' ? { requiredKeys: [] } : {},
    ) as Arbitrary<Record<string, string>>
  const content = operation.requestBody?.content
  const [type] = Object.keys(content ?? {})
  const seed = seeds[operation.operationId]
  const json = (content?.['application/json'] && [
    fromSchema(content['application/json'].schema, schemas).map(value => JSON.stringify(value)),
    fc.constant('{}'),
    ...(seed === undefined ? [] : [bent(seed).map(value => JSON.stringify(value)), fc.constant(JSON.stringify(seed))]),
    fc.string(),
  ]) as Arbitrary<string>[] | undefined
  const body: Arbitrary<string | Uint8Array | undefined> = json
    ? fc.oneof(...json)
    : type
      ? fc.uint8Array({ maxLength: 3000 })
      : fc.constant(undefined)
  return fc.record({
    path: parameters('path'),
    query: parameters('query'),
    type: fc.oneof({ weight: 9, arbitrary: fc.constant(type) }, fc.constantFrom('text/plain', 'application/json')),
    body,
    token: fc.oneof(
      { weight: 9, arbitrary: fc.constant('good' as const) },
      fc.constantFrom('none' as const, 'other' as const),
    ),
  })
}

/** What ought to be done, and the same without a token and with a wrong one. */
function goodRequest({
  operation: { operationId, parameters = [], requestBody },
}: (typeof operations)[number]): [Asked][] {
  const seed = seeds[operationId] ?? {}
  const good: Asked = {
    path: Object.fromEntries(
      parameters.map(({ name }) => [name, operationId.includes('Simulated') ? 'genuine' : '@finished']),
    ),
    query: {},
    type: Object.keys(requestBody?.content ?? {}).includes('application/json') ? 'application/json' : 'image/png',
    body: requestBody && (seed instanceof Uint8Array ? seed : JSON.stringify(seed)),
    token: 'good',
  }
  return [[{ ...good, token: 'none' }], [{ ...good, token: 'other' }], [good]]
}

/** Lone surrogates stand in no address. */
function wellFormed(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text))
}

async function send(
  { path, method }: (typeof operations)[number],
  given: Asked,
): Promise<{ status: number; text: string }> {
  let address = path
  for (const [name, value] of Object.entries(given.path)) {
    const filled = value === '@finished' ? finished : value
    // A lone dot would be taken out of the address before it is sent.
    address = address.replace(`{${name}}`, encodeURIComponent(wellFormed(filled)).replace(/^\.+$/, '%2e'))
  }
  const query = new URLSearchParams(
    Object.entries(given.query).map(([name, value]): [string, string] => [name, wellFormed(value)]),
  ).toString()
  const authorization = given.token === 'good' ? `Bearer ${token}` : `Bearer ${'A'.repeat(43)}`
  const response = await fetch(`${desk.desk.url.slice(0, -1)}${address}${query && `?${query}`}`, {
    method: method.toUpperCase(),
    headers: {
      ...(given.body !== undefined && given.type !== undefined && { 'content-type': given.type }),
      ...(given.token !== 'none' && { authorization }),
    },
    ...(given.body !== undefined && { body: given.body }),
  })
  return { status: response.status, text: await response.text() }
}

/** How often each status was answered, by operation: a fuzz that only ever hears 401 has asked nothing. */
const heard = new Map<string, Map<number, number>>()

describe('asked with anything', () => {
  test.each(operations)('$name answers as documented and never with a fault', async one => {
    await fc.assert(
      fc.asyncProperty(asked(one), async given => {
        const { status, text } = await send(one, given)
        const counts = heard.get(one.name) ?? new Map<number, number>()
        heard.set(one.name, counts.set(status, (counts.get(status) ?? 0) + 1))
        const faults = desk.lines.splice(0).filter(({ level }) => level === 'error')
        expect({ status: status < 500 ? 'fine' : status, text: status < 500 ? '' : text, faults }).toEqual({
          ...{ status: 'fine', text: '', faults: [] },
        })
        const documented = Object.keys(one.operation.responses)
        expect(documented).toContain(status < 400 ? String(status) : '4XX')
        if (status >= 400) {
          const { error } = JSON.parse(text)
          expect(error).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/), vi: /./, en: /./ })
        }
      }),
      { numRuns: RUNS, examples: goodRequest(one) },
    )
    for (const { id } of await readingsOf()) if (id !== finished) await client.forget(id)
    if (!(await readingsOf()).some(({ id }) => id === finished)) await renew()
  })

  async function readingsOf(): Promise<readonly { id: string }[]> {
    const { status, json } = await desk.ask('/v1/readings', { token })
    return status === 200 ? json.readings : []
  }

  test('every operation that this desk can do was done, and refused without a token', () => {
    // A code is not guessed, a token's id neither; this desk has no gateway and no outbox.
    const undone = ['pair', 'revokeToken', 'askInsurance', 'deliver', 'deadDeliveries', 'settleDeadDeliveries']
    const done: string[] = []
    for (const { name, operation } of operations) {
      const statuses = [...(heard.get(name)?.keys() ?? [])]
      if (statuses.some(status => status < 300)) done.push(operation.operationId)
      if (operation.security?.length !== 0) expect([name, statuses.includes(401)]).toEqual([name, true])
    }
    expect(operations.map(({ operation }) => operation.operationId).filter(id => !done.includes(id))).toEqual(undone)
  })
})
