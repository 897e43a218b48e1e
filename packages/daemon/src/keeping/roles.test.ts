import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROLES, SCOPES } from '../api/access.ts'
import { runTestDesk, type TestDesk } from '../testing/running-desk.ts'
import { DEEDS, mayDo } from './roles.ts'

let desk: TestDesk
beforeAll(async () => {
  desk = await runTestDesk()
})
afterAll(() => desk.close())

test.each(ROLES)('%s may do what the table says and nothing else of it, whatever its scopes', async role => {
  const token = await desk.token({ role, scopes: SCOPES })
  for (const deed of DEEDS) {
    const { method, path } = deed
    const answer = await desk.ask(path, { method, token, ...(method === 'POST' && { body: {} }) })
    const isRefused = answer.status === 403 && answer.json.error.code === 'ROLE_MISSING'
    expect([method, path, isRefused]).toEqual([method, path, !mayDo(role, deed)])
    // It is a route of this desk that refuses, not a path that does not exist.
    expect([path, answer.json?.error?.code]).not.toEqual([path, 'NOT_FOUND'])
  }
})

test('only the operator has deeds of its own', () => {
  const own = DEEDS.filter(deed => ROLES.filter(role => mayDo(role, deed)).length === 1)
  expect(own.map(({ path }) => path)).toContain('/v1/audit')
  for (const deed of own) expect(mayDo('operator', deed)).toBe(true)
})
