import { testDocument } from '@cccd/fixtures'
import { POLICIES } from '@cccd/verifier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentDifferences, tell } from './content.ts'
import { Desk, deskMissing } from './desk.ts'
import { GOOD_DOCUMENTS } from './good-documents.ts'
import { judge } from './judge.ts'
import { differences, verdictOfJmrtd, verdictOfOurs } from './verdict.ts'

const missing = deskMissing()

describe.skipIf(missing !== undefined)(`JMRTD and we, good documents${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let desk: Desk
  beforeAll(async () => {
    desk = await Desk.open()
  })
  afterAll(async () => {
    await desk?.close()
  })

  test.each(GOOD_DOCUMENTS.map(one => [one.access, one.name, one] as const))(
    'agree over %s: %s',
    async (access, _, { options }) => {
      const made = await testDocument(options)
      const { jmrtd, ours } = await desk.readBoth({ document: made.document, csca: made.csca, access })
      if (ours instanceof Error) throw ours
      const report = judge(ours, made, POLICIES.hospital)
      expect(jmrtd).toMatchObject({ ok: true, opened: access, refused: {} })
      expect(ours.evidence.access.used).toBe(access === 'BAC' ? 'BAC' : 'PACE')
      expect(contentDifferences(jmrtd.told, tell(ours.files))).toEqual([])
      expect(differences(verdictOfJmrtd(jmrtd), verdictOfOurs(ours, report))).toEqual({})
      expect(report).toMatchObject({ because: [], colour: 'green' })
    },
  )
})
