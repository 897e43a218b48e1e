import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { ACTIVE_AUTHENTICATION_CASES } from './conformance/active-authentication-cases.ts'
import { BAC_CASES } from './conformance/bac-cases.ts'
import type { Cases } from './conformance/case.ts'
import { CHIP_AUTHENTICATION_CASES } from './conformance/chip-authentication-cases.ts'
import { reasonNotRun } from './conformance/coverage.ts'
import { FILE_CASES } from './conformance/file-cases.ts'
import { PACE_CASES } from './conformance/pace-cases.ts'
import { SECURE_MESSAGING_CASES } from './conformance/secure-messaging-cases.ts'
import { SECURITY_CONDITION_CASES } from './conformance/security-condition-cases.ts'

// The chip side of BSI TR-03105-3.2 and the cases that it leaves to the ICAO report, told again in our own words.

const UNITS: Readonly<Record<string, Cases>> = {
  'Basic Access Control': BAC_CASES,
  PACE: PACE_CASES,
  'secure messaging': SECURE_MESSAGING_CASES,
  'SELECT and READ BINARY': FILE_CASES,
  'chip authentication': CHIP_AUTHENTICATION_CASES,
  'security conditions': SECURITY_CONDITION_CASES,
  'active authentication': ACTIVE_AUTHENTICATION_CASES,
}

for (const [unit, cases] of Object.entries(UNITS)) {
  describe(`chip conformance, ${unit}`, () => {
    for (const [id, { title, run }] of Object.entries(cases)) test(`${id}: ${title}`, run)
  })
}

const data = process.env.CCCD_TEST_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url))
const table = join(data, 'conformance', 'tr-03105-3-2-chip.json')
const absent = !existsSync(table)

test.skipIf(absent)(
  `every case of the table is run or has a reason why not${absent ? ' (skipped: no CCCD_TEST_DATA)' : ''}`,
  () => {
    const ids = (JSON.parse(readFileSync(table, 'utf8')) as { id: string }[]).map(({ id }) => id)
    const run = new Set(Object.values(UNITS).flatMap(cases => Object.keys(cases)))
    const reasons = new Map<string, number>()
    for (const id of ids) {
      const reason = reasonNotRun(id)
      expect(run.has(id), `${id} is either run or has a reason`).toBe(reason === undefined)
      if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    }
    expect([...run].filter(id => !ids.includes(id))).toEqual([])
    const lines = [...reasons].map(([reason, count]) => `  ${count} not run: ${reason}`)
    console.log([`chip conformance: ${run.size} of ${ids.length} cases run`, ...lines].join('\n'))
  },
)
