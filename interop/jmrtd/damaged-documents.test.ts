import { DAMAGES, damage } from '@cccd/fixtures'
import { findCheck, POLICIES } from '@cccd/verifier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentDifferences, tell } from './content.ts'
import { Desk, deskMissing } from './desk.ts'
import { judge } from './judge.ts'
import { KNOWN_DIFFERENCES } from './known-differences.ts'
import { differences, verdictOfJmrtd, verdictOfOurs } from './verdict.ts'

const missing = deskMissing()

describe.skipIf(missing !== undefined)(`JMRTD and we, bad documents${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let desk: Desk
  beforeAll(async () => {
    desk = await Desk.open()
  })
  afterAll(async () => {
    await desk?.close()
  })

  const titles = DAMAGES.map(({ name, description }) => [
    `say the same${name in KNOWN_DIFFERENCES ? ' but for what is explained' : ''}: ${description}`,
    name,
  ])
  test.each(titles)('%s', async (_, name) => {
    const { expected, make } = damage(name)
    const made = await make()
    const access = made.access.includes('PACE') ? 'PACE-CAN' : 'BAC'
    const { jmrtd, ours } = await desk.readBoth({ document: made.document, csca: made.csca, access })
    if (ours instanceof Error) throw ours
    expect(jmrtd).toMatchObject({ ok: true, opened: access })
    // No length in a file makes either of them ask the card for more than there is.
    expect(jmrtd.apdus).toBeLessThan(200)
    const report = judge(ours, made, POLICIES.kyc)
    const known = KNOWN_DIFFERENCES[name]
    expect(contentDifferences(jmrtd.told, tell(ours.files))).toEqual(known?.content ?? [])
    expect(differences(verdictOfJmrtd(jmrtd), verdictOfOurs(ours, report))).toEqual(known?.verdict ?? {})
    const { check, status, reason, file } = expected
    expect(findCheck(report.checks, check)).toMatchObject({ status, reason, ...(file ? { file } : {}) })
    expect(report.colour).toBe(expected.kyc)
  })

  test('every explained difference belongs to a document that is compared', () => {
    const names = DAMAGES.map(({ name }) => name)
    expect(Object.keys(KNOWN_DIFFERENCES).filter(name => !names.includes(name))).toEqual([])
  })
})
