import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { SCOPES } from '../api/access.ts'
import { DeskError } from '../api/errors.ts'
import { askLocalDesk } from '../local-desk.ts'
import { HIS, runTestDesk, type TestDesk } from '../testing/running-desk.ts'
import { PairingCodes } from './codes.ts'
import { openTokenStore } from './token-store.ts'

let at: TestDesk
afterEach(() => at?.close())

const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))
const codeOf = async (body: object = {}): Promise<string> =>
  ((await askLocalDesk(at.socket, { method: 'POST', path: '/local/codes', body })) as { code: string }).code
const pair = (code: string, given: { origin?: string; scopes?: readonly string[]; label?: string } = {}) =>
  at.ask('/v1/pairing', {
    body: { code, label: given.label ?? 'thử', ...(given.scopes && { scopes: given.scopes }) },
    ...(given.origin && { headers: { origin: given.origin } }),
  })

describe('a pairing code', () => {
  test('is good once, however it is typed', async () => {
    at = await runTestDesk()
    const code = await codeOf()
    expect(code).toMatch(/^[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}$/)
    const first = await pair(` ${code.toLowerCase().replace('-', ' ')} `)
    expect([first.status, first.json.role, first.json.scopes]).toEqual([200, 'clerk', [...SCOPES]])
    expect(first.json.token).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const second = await pair(code)
    expect([second.status, second.json.error.code]).toEqual([403, 'PAIRING_CODE_WRONG'])
  })

  test('is no longer good after its time', async () => {
    at = await runTestDesk()
    const code = await codeOf({ minutes: 5 })
    at.clock.skipMs += 5 * 60_000
    expect((await pair(code)).json.error.code).toBe('PAIRING_CODE_WRONG')
  })

  test('for one origin is good for no other and for no program', async () => {
    at = await runTestDesk({ origins: [HIS, 'https://bank.example'] })
    const code = await codeOf({ origin: HIS })
    expect((await pair(code, { origin: 'https://bank.example' })).status).toBe(403)
    expect((await pair(code)).status).toBe(403)
    expect((await pair(code, { origin: HIS })).status).toBe(200)
    const program = await codeOf({ origin: null })
    expect((await pair(program, { origin: HIS })).status).toBe(403)
    expect((await pair(program)).status).toBe(200)
  })

  test('grants no scope that it was not made for', async () => {
    at = await runTestDesk()
    const { json } = await pair(await codeOf({ scopes: ['readers', 'qr'], role: 'integration' }), {
      scopes: ['qr', 'identity', 'portrait'],
    })
    expect([json.scopes, json.role]).toEqual([['qr'], 'integration'])
  })

  test('can be asked for by the socket alone', async () => {
    at = await runTestDesk()
    const token = await at.token({ role: 'operator' })
    for (const path of ['/local/codes', '/local/tokens']) {
      expect((await at.ask(path, { body: {}, token })).status).toBe(404)
      expect((await at.ask(path, { token })).status).toBe(404)
    }
  })

  test('guessed a thousand times is not found, and each round of five wrong ones waits longer', async () => {
    at = await runTestDesk()
    const code = await codeOf({ minutes: 60 })
    const answers: Record<string, number> = {}
    for (let i = 0; i < 1000; i++) {
      const guess = randomBytes(6).toString('base64').slice(0, 8).toUpperCase()
      const { status, json, headers } = await pair(guess)
      answers[json.error.code] = (answers[json.error.code] ?? 0) + 1
      if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    // Without the clock moving, five are looked at and 995 are not.
    expect(answers).toEqual({ PAIRING_CODE_WRONG: 5, PAIRING_PAUSED: 995 })
    expect((await pair(code)).json.error.code).toBe('PAIRING_PAUSED')
    at.clock.skipMs += 30_000
    expect((await pair(code)).status).toBe(200)
  })

  test('guessed by somebody who waits each pause out is tried some hundred times a day', () => {
    let now = 0
    const codes = new PairingCodes({ now: () => new Date(now), random })
    let looked = 0
    while (now < 86_400_000) {
      try {
        codes.redeem('AAAAAAAA', null)
      } catch (error) {
        const { code, facts } = error as DeskError
        if (code === 'PAIRING_CODE_WRONG') looked++
        now += (facts.retryAfterSeconds ?? 0) * 1000
      }
    }
    // Of 30^8 codes, of which one lives for minutes.
    expect(looked).toBeGreaterThan(50)
    expect(looked).toBeLessThan(200)
  })

  test('is drawn evenly from its letters', () => {
    const codes = new PairingCodes({ now: () => new Date(0), random })
    const counts = new Map<string, number>()
    const life = { scopes: SCOPES, role: 'clerk' as const, tokenLifeMs: 1 }
    for (let i = 0; i < 3000; i++) {
      for (const letter of codes.issue(life, 1).code.replace('-', '')) counts.set(letter, (counts.get(letter) ?? 0) + 1)
    }
    expect(counts.size).toBe(30)
    // 24,000 letters over 30: 800 each, standard deviation 28.
    for (const count of counts.values()) expect(Math.abs(count - 800)).toBeLessThan(170)
  })
})

describe('a token', () => {
  test('says what it is, and is refused after it is given back', async () => {
    at = await runTestDesk()
    const token = await at.token({ origin: HIS, scopes: ['qr'], label: 'Quầy số 1' })
    const session = await at.ask('/v1/session', { token, headers: { origin: HIS } })
    expect(session.json).toMatchObject({ label: 'Quầy số 1', origin: HIS, scopes: ['qr'], role: 'clerk' })
    expect((await at.ask('/v1/session', { method: 'DELETE', token, headers: { origin: HIS } })).status).toBe(204)
    expect((await at.ask('/v1/session', { token, headers: { origin: HIS } })).json.error.code).toBe('TOKEN_REFUSED')
  })

  test('stolen by another page or by a program is refused', async () => {
    at = await runTestDesk({ origins: [HIS, 'https://bank.example'] })
    const token = await at.token({ origin: HIS })
    const statuses = [
      await at.ask('/v1/session', { token }),
      await at.ask('/v1/session', { token, headers: { origin: 'https://bank.example' } }),
      await at.ask('/v1/session', { token, headers: { origin: 'https://evil.example' } }),
      await at.ask('/v1/session', { token, headers: { origin: new URL(at.desk.url).origin } }),
    ].map(({ status }) => status)
    expect(statuses).toEqual([401, 401, 403, 401])
    expect((await at.ask('/v1/session', { token, headers: { origin: HIS } })).status).toBe(200)
    const program = await at.token()
    expect((await at.ask('/v1/session', { token: program, headers: { origin: HIS } })).status).toBe(401)
  })

  test('of the own page counts for its own origin, and a same-origin GET needs no Origin header', async () => {
    at = await runTestDesk()
    const own = new URL(at.desk.url).origin
    const { json } = await pair(at.desk.pairingCode(), { origin: own })
    const headers = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
    const session = await at.ask('/v1/session', { token: json.token, headers })
    expect([session.status, session.json?.origin]).toEqual([200, own])
    // The same page under another name of this machine is another origin.
    const localhost = await fetch(`http://localhost:${at.desk.port}/v1/session`, {
      headers: { ...headers, authorization: `Bearer ${json.token}` },
    })
    expect(localhost.status).toBe(401)
  })

  test('is no longer good after its time, and leaves the list', async () => {
    at = await runTestDesk({ limits: { tokenDays: 1 } })
    const token = await at.token()
    at.clock.skipMs += 86_400_000
    expect((await at.ask('/v1/session', { token })).status).toBe(401)
    expect(await askLocalDesk(at.socket, { method: 'GET', path: '/local/tokens' })).toEqual({ tokens: [] })
  })

  test('that is none is refused in every form', async () => {
    at = await runTestDesk()
    const token = await at.token()
    const forms = [
      '',
      'Bearer',
      `Basic ${token}`,
      `Bearer ${token}x`,
      `Bearer ${token.slice(1)}`,
      `bearer  ${token}`,
      token,
    ]
    for (const authorization of forms) {
      expect((await at.ask('/v1/session', { headers: { authorization } })).status).toBe(401)
    }
    expect((await at.ask('/v1/session')).json.error.code).toBe('TOKEN_MISSING')
  })

  test('is listed and revoked by an operator, and by nobody else', async () => {
    at = await runTestDesk()
    const clerk = await at.token({ label: 'quầy' })
    const operator = await at.token({ role: 'operator', label: 'quản trị' })
    expect((await at.ask('/v1/tokens', { token: clerk })).json.error.code).toBe('ROLE_MISSING')
    const { json } = await at.ask('/v1/tokens', { token: operator })
    expect(json.tokens.map(({ label }: { label: string }) => label)).toEqual(['quầy', 'quản trị'])
    expect(JSON.stringify(json)).not.toContain(clerk)
    expect(JSON.stringify(json)).not.toContain(createHash('sha256').update(clerk).digest('hex'))
    const { tokenId } = json.tokens[0]
    expect((await at.ask(`/v1/tokens/${tokenId}`, { method: 'DELETE', token: clerk })).status).toBe(403)
    expect((await at.ask(`/v1/tokens/${tokenId}`, { method: 'DELETE', token: operator })).status).toBe(204)
    expect((await at.ask('/v1/session', { token: clerk })).status).toBe(401)
    expect((await at.ask(`/v1/tokens/${tokenId}`, { method: 'DELETE', token: operator })).status).toBe(404)
  })
})

describe('what is kept of tokens', () => {
  test('is their digest, in a file for its owner alone; the token itself stands nowhere', async () => {
    at = await runTestDesk()
    const token = await at.token({ label: 'quầy 7' })
    const path = join(at.folder, 'tokens.json')
    const text = await readFile(path, 'utf8')
    expect(text).toContain(createHash('sha256').update(token).digest('hex'))
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    for (const name of await readdir(at.folder)) {
      if (!name.endsWith('.sock')) expect(await readFile(join(at.folder, name), 'utf8')).not.toContain(token)
    }
    expect(JSON.stringify(at.lines)).not.toContain(token)
    expect(await readdir(at.folder)).not.toContainEqual(expect.stringMatching(/^tokens\.json\./))
  })

  test('outlives the desk; a revoked one does not come back', async () => {
    at = await runTestDesk()
    const now = (): Date => new Date()
    const path = join(at.folder, 'kept.json')
    const store = await openTokenStore({ path, now, random })
    const give = {
      label: 'a',
      origin: null,
      scopes: SCOPES,
      role: 'clerk' as const,
      expiresAt: new Date(Date.now() + 9e6),
    }
    const [one, two] = [await store.issue(give), await store.issue(give)]
    await store.revoke(one.entry.id)
    const again = await openTokenStore({ path, now, random })
    expect(again.callerOf(two.token, null).tokenId).toBe(two.entry.id)
    expect(() => again.callerOf(one.token, null)).toThrow(DeskError)
  })

  test('that was revoked while the file could not be written is refused at once, and gone when it is asked again', async () => {
    at = await runTestDesk()
    const now = (): Date => new Date()
    const folder = join(at.folder, 'kept')
    const path = join(folder, 'tokens.json')
    const store = await openTokenStore({ path, now, random })
    const give = { label: 'a', origin: null, scopes: SCOPES, role: 'clerk' as const }
    const { token, entry } = await store.issue({ ...give, expiresAt: new Date(Date.now() + 9e6) })
    // A file where the folder was stands for a disk that takes nothing.
    await rename(folder, `${folder}.away`)
    await writeFile(folder, '')
    await expect(store.revoke(entry.id)).rejects.toThrow()
    expect(() => store.callerOf(token, null)).toThrow(DeskError)
    await rm(folder)
    await rename(`${folder}.away`, folder)
    expect(await store.revoke(entry.id)).toBe(true)
    const again = await openTokenStore({ path, now, random })
    expect(() => again.callerOf(token, null)).toThrow(DeskError)
  })

  test('of many pairings at once none is lost', async () => {
    at = await runTestDesk()
    const path = join(at.folder, 'many.json')
    const now = (): Date => new Date()
    const store = await openTokenStore({ path, now, random })
    const give = { origin: null, scopes: SCOPES, role: 'clerk' as const, expiresAt: new Date(Date.now() + 9e6) }
    const made = await Promise.all(Array.from({ length: 50 }, (_, n) => store.issue({ ...give, label: `${n}` })))
    const again = await openTokenStore({ path, now, random })
    for (const { token } of made) expect(again.callerOf(token, null).scopes.size).toBe(SCOPES.length)
  })

  test('has an end: beyond two hundred nothing is paired', async () => {
    at = await runTestDesk()
    const store = await openTokenStore({ now: () => new Date(), random })
    const give = {
      label: 'a',
      origin: null,
      scopes: SCOPES,
      role: 'clerk' as const,
      expiresAt: new Date(Date.now() + 9e6),
    }
    for (let n = 0; n < 200; n++) await store.issue(give)
    await expect(store.issue(give)).rejects.toMatchObject({ code: 'TOO_MANY_TOKENS' })
  })

  test.each(['', '{', '[]', '{"version":1,"tokens":[{"id":"x"}]}', '{"version":2,"tokens":[]}'])(
    'and cannot be read (%j) keeps the desk from starting, and says which file',
    async text => {
      at = await runTestDesk()
      const path = join(at.folder, 'damaged.json')
      await writeFile(path, text)
      await expect(openTokenStore({ path, now: () => new Date(), random })).rejects.toMatchObject({
        code: 'DESK_STATE_DAMAGED',
        facts: { file: path },
      })
    },
  )
})
