import { DAMAGES } from '@cccd/fixtures'
import { findCheck, POLICIES } from '@cccd/verifier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentDifferences, tell } from './content.ts'
import { Desk, deskMissing } from './desk.ts'
import { judge } from './judge.ts'
import { KNOWN_DIFFERENCES } from './known-differences.ts'
import { differences, verdictOfJmrtd, verdictOfOurs } from './verdict.ts'

/** Our reader gives up on it, so there is nothing to judge. */
const UNREADABLE = 'oversized-dg13'

const missing = deskMissing()

describe.skipIf(missing !== undefined)(`JMRTD and we, bad documents${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let desk: Desk
  beforeAll(async () => {
    desk = await Desk.open()
  })
  afterAll(async () => {
    await desk?.close()
  })

  const readable = DAMAGES.filter(({ name }) => name !== UNREADABLE)
  const titles = readable.map(({ name, description }) => [
    `say the same${name in KNOWN_DIFFERENCES ? ' but for what is explained' : ''}: ${description}`,
    name,
  ])
  test.each(titles)('%s', async (_, name) => {
    const damage = readable.find(one => one.name === name)
    if (!damage) throw new RangeError(`no damage ${name}`)
    const made = await damage.make()
    const access = made.access.includes('PACE') ? 'PACE-CAN' : 'BAC'
    const { jmrtd, ours } = await desk.readBoth({ document: made.document, csca: made.csca, access })
    if (ours instanceof Error) throw ours
    expect(jmrtd).toMatchObject({ ok: true, opened: access })
    const report = judge(ours, made, POLICIES.kyc)
    const known = KNOWN_DIFFERENCES[damage.name]
    expect(contentDifferences(jmrtd.told, tell(ours.files))).toEqual(known?.content ?? [])
    expect(differences(verdictOfJmrtd(jmrtd), verdictOfOurs(ours, report))).toEqual(known?.verdict ?? {})
    const { check, status, reason, file } = damage.expected
    expect(findCheck(report.checks, check)).toMatchObject({ status, reason, ...(file ? { file } : {}) })
    expect(report.colour).toBe(damage.expected.kyc)
  })

  test('both give up EF.DG13 when its length promises two gigabytes, and neither asks the card for them', async () => {
    const made = await DAMAGES.find(({ name }) => name === UNREADABLE)?.make()
    if (!made) throw new RangeError(`no damage ${UNREADABLE}`)
    const { jmrtd, ours } = await desk.readBoth({ document: made.document, csca: made.csca, access: 'PACE-CAN' })
    expect(ours).toMatchObject({ code: 'LDS_MALFORMED', facts: { file: 'EF.DG13', offset: 0 } })
    expect(jmrtd.refused).toEqual({ 'EF.DG13': 'NegativeArraySizeException' })
    expect(jmrtd.apdus).toBeLessThan(200)
  })

  test('every explained difference belongs to a document that is compared', () => {
    const names = readable.map(({ name }) => name)
    expect(Object.keys(KNOWN_DIFFERENCES).filter(name => !names.includes(name))).toEqual([])
  })
})
