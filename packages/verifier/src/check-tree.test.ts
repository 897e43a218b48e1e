import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CHECK_DEFINITIONS, CHECK_IDS } from './check-tree.ts'
import { POLICIES } from './policy.ts'
import { REASONS, type ReasonCode } from './reason.ts'

const data = process.env.CCCD_TEST_DATA ?? new URL('../../../../shared/data/', import.meta.url).pathname
const table = `${data}/conformance/tr-03135-checks.json`

test('no check has the id of another, and every group has its children under its own name', () => {
  expect(new Set(CHECK_IDS).size).toBe(CHECK_IDS.length)
  for (const { id, children } of CHECK_DEFINITIONS) {
    for (const child of children ?? []) expect(child.id.startsWith(`${id}.`)).toBe(true)
  }
})

test('every check has a title in Vietnamese and in English', () => {
  for (const { title } of CHECK_DEFINITIONS) {
    expect(title.vi).not.toBe('')
    expect(title.en).not.toBe('')
  }
})

test.skipIf(!existsSync(table))('every section named is one of TR-03135-1 (skipped without the shared data)', () => {
  const { checks } = JSON.parse(readFileSync(table, 'utf8')) as { checks: { id: string }[] }
  const known = new Set(checks.map(check => check.id))
  for (const { id, tr } of CHECK_DEFINITIONS) if (tr !== undefined) expect(known.has(tr), `${id}: ${tr}`).toBe(true)
})

test.skipIf(!existsSync(table))(
  'every check of chip content in TR-03135-1 has one here (skipped without the shared data)',
  () => {
    const { checks } = JSON.parse(readFileSync(table, 'utf8')) as { checks: { id: string; key: string }[] }
    const here = new Set(CHECK_DEFINITIONS.map(definition => definition.tr))
    // Groups that the tree does not draw apart: BAC or PACE together, the summary of chip content and of data groups.
    const drawn = ['5.6.3.1', '5.6.4', '5.6.4.2.1', '5.6.4.4.2', '5.6.4.3.2']
    const wanted = checks.filter(({ id }) => id.startsWith('5.6.') && !drawn.includes(id)).map(({ id }) => id)
    const electronic = wanted.filter(id => /^5\.6\.[34]/.test(id))
    expect(electronic.filter(id => !here.has(id))).toEqual([])
  },
)

test('every reason has a sentence in Vietnamese and in English, and something in the code gives it', () => {
  const folder = new URL('.', import.meta.url)
  const code = readdirSync(folder)
    .filter(name => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'reason.ts')
    .map(name => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n')
  for (const reason of Object.keys(REASONS) as ReasonCode[]) {
    expect(REASONS[reason].vi).toMatch(/\.$/)
    expect(REASONS[reason].en).toMatch(/\.$/)
    expect(code.includes(`'${reason}'`), reason).toBe(true)
  }
})

test('the shipped policies say something of every check', () => {
  for (const { requirements } of Object.values(POLICIES)) {
    for (const { id, children } of CHECK_DEFINITIONS) if (!children) expect(requirements[id], id).toBeDefined()
  }
})
