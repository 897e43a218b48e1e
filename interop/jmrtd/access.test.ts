import type { CurveName, SessionCipher } from '@cccd/card-core'
import { curveByParameterId } from '@cccd/card-core'
import { holders, testDocument } from '@cccd/fixtures'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentDifferences, tell } from './content.ts'
import { Desk, deskMissing } from './desk.ts'

const missing = deskMissing()

describe.skipIf(missing !== undefined)(`JMRTD and we, ways in${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let desk: Desk
  beforeAll(async () => {
    desk = await Desk.open()
  })
  afterAll(async () => {
    await desk?.close()
  })

  const CIPHERS: readonly SessionCipher[] = ['3DES', 'AES-128', 'AES-192', 'AES-256']
  // 9303-11 Table 6: secp192r1 to secp521r1.
  const curves = [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18].map((id, i) => ({
    id,
    curve: curveByParameterId(id) as CurveName,
    cipher: CIPHERS[i % CIPHERS.length] as SessionCipher,
    access: i % 2 ? ('PACE-CAN' as const) : ('PACE-MRZ' as const),
  }))

  test.each(curves)(
    'both open the chip over $access on $curve with $cipher, and CA and AA hold on that curve',
    async given => {
      const { curve, cipher, access } = given
      const made = await testDocument({
        holder: holders.toddler,
        paceParameterId: given.id,
        paceCipher: cipher,
        ca: { curve, cipher, form: given.id % 2 ? 'named' : 'explicit', ...(given.id % 3 ? { keyId: 2n } : {}) },
        aa: 'ecdsa',
        aaCurve: curve,
        aaHash: (['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const)[given.id % 5] ?? 'sha256',
      })
      const { jmrtd, ours } = await desk.readBoth({ document: made.document, csca: made.csca, access })
      if (ours instanceof Error) throw ours
      expect(jmrtd).toMatchObject({ ok: true, opened: access, chipAuthentication: true, activeAuthentication: true })
      expect(ours.evidence).toMatchObject({
        access: { used: 'PACE', password: access.slice(5), pace: { parameterId: given.id } },
        chipAuthentication: { outcome: 'successful' },
      })
      expect(contentDifferences(jmrtd.told, tell(ours.files))).toEqual([])
    },
  )

  test('a wrong CAN opens the chip to neither', async () => {
    const { document, csca } = await testDocument({ holder: holders.toddler })
    const { jmrtd, ours } = await desk.readBoth({
      document,
      csca,
      access: 'PACE-CAN',
      jmrtd: { can: '000000' },
      ours: { accessKeys: { can: '000000', bac: [] } },
    })
    expect(jmrtd).toMatchObject({ ok: false, step: 'PACE', fault: '6300' })
    expect(ours).toMatchObject({ code: 'ACCESS_KEY_WRONG', facts: { sw: 0x6300 } })
  })

  test.each([
    // JMRTD asks a second time with another Le, and by then its challenge is spent.
    ['BAC', 'BAC', '6985'],
    ['PACE-MRZ', 'PACE', '6300'],
  ] as const)('a wrong date of birth opens the chip to neither over %s', async (access, step, fault) => {
    const { document, csca } = await testDocument({ holder: holders.toddler })
    const bacKey = document.secrets.bacKey
    if (!bacKey) throw new RangeError('the document has no MRZ')
    const wrong = { ...bacKey, dateOfBirth: '200621' }
    const { jmrtd, ours } = await desk.readBoth({
      document,
      csca,
      access,
      jmrtd: wrong,
      ours: { accessKeys: { bac: [wrong] } },
    })
    expect(jmrtd).toMatchObject({ ok: false, step, fault })
    expect(ours).toMatchObject({ code: 'ACCESS_KEY_WRONG', facts: { sw: 0x6300 } })
  })

  test('both read the same files in blocks of extended length', async () => {
    const made = await testDocument({ dg2Size: 40_000 })
    const order = { document: made.document, csca: made.csca, access: 'PACE-CAN' } as const
    // javax.smartcardio takes responses up to 8 KiB.
    const { jmrtd, ours } = await desk.readBoth({ ...order, jmrtd: { block: 8000 }, ours: { extendedLength: 32_768 } })
    if (ours instanceof Error) throw ours
    expect(jmrtd).toMatchObject({ ok: true, refused: {} })
    expect(contentDifferences(jmrtd.told, tell(ours.files))).toEqual([])
    expect(jmrtd.apdus).toBeLessThan(50)
  })
})
