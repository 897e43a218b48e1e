import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { documentOfEverything } from './testing/openapi-document.ts'

const path = fileURLToPath(new URL('../openapi.json', import.meta.url))

interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly security?: readonly Record<string, readonly string[]>[]
}
let document: Record<string, unknown>
let operations: readonly (readonly [name: string, operation: Operation])[]

beforeAll(async () => {
  document = await documentOfEverything()
  if (process.env.CCCD_UPDATE_OPENAPI === '1') writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`)
  const paths = document.paths as Record<string, Record<string, Operation>>
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  )
})

describe('the OpenAPI document', () => {
  // To write it anew: CCCD_UPDATE_OPENAPI=1 npx vitest run packages/daemon/src/openapi.test.ts, then npm run fix.
  test('that is checked in says what the routes say', () => {
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(document)
  })

  test('passes the linter', async () => {
    const config = await createConfig({ extends: ['recommended-strict'] })
    const problems = await lintFromString({ source: JSON.stringify(document), absoluteRef: 'openapi.json', config })
    expect(problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`)).toEqual([])
  })

  test('gives every operation a name, a title, a topic, and the token that it needs', () => {
    const names = operations.map(([, { operationId }]) => operationId)
    expect(new Set(names).size).toBe(names.length)
    const tags = (document.tags as { name: string }[]).map(({ name }) => name)
    for (const [name, { operationId, summary, tags: [tag = ''] = [], security }] of operations) {
      expect([name, operationId, summary]).not.toContain(undefined)
      expect(tags, name).toContain(tag)
      expect(security, name).toBeDefined()
    }
    const open = operations.filter(([, { security }]) => security?.length === 0).map(([name]) => name)
    expect(open.toSorted()).toEqual(['GET /health', 'GET /openapi.json', 'POST /v1/pairing'])
  })
})
