import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type ConsentGiven, consentDigest, consentFor } from './consent.ts'
import { consentConfigSchema } from './keeping-config.ts'

const config = consentConfigSchema.parse({
  texts: [
    { purpose: 'open-account', version: '2', vi: 'Tôi đồng ý…', en: 'I agree…', demandedBy: ['kyc'] },
    {
      purpose: 'renew-card',
      version: '1',
      vi: 'Tôi đồng ý đổi thẻ…',
      en: 'I agree to a new card…',
      demandedBy: ['kyc'],
    },
    { purpose: 'research', version: '7', vi: 'Tôi đồng ý nghiên cứu…', en: 'I agree to research…' },
  ],
})
const now = (): Date => new Date('2026-03-02T08:00:00Z')
const ask = (policy: string, consent?: ConsentGiven, purpose?: string) =>
  consentFor({ config, policy, consent, purpose, by: 'Quầy 1', now })

function refusal(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    const { code, facts } = error as { code: string; facts: { purpose?: string; version?: string } }
    return [code, facts.purpose, facts.version]
  }
}

describe('consent', () => {
  test('is not asked for by a policy that demands none, and recorded where it is given all the same', () => {
    expect(ask('hospital')).toBeUndefined()
    expect(consentFor({ config: undefined, policy: 'kyc', by: 'a', now })).toBeUndefined()
    expect(ask('hospital', { purpose: 'research', textVersion: '7' })).toMatchObject({
      purpose: 'research',
      textVersion: '7',
    })
  })

  test('that is demanded and missing refuses the reading and names the text', () => {
    expect(refusal(() => ask('kyc'))).toEqual(['CONSENT_REQUIRED', 'open-account', '2'])
    expect(refusal(() => ask('kyc', undefined, 'renew-card'))).toEqual(['CONSENT_REQUIRED', 'renew-card', '1'])
    expect(refusal(() => ask('kyc', undefined, 'something-else'))).toEqual(['CONSENT_REQUIRED', 'open-account', '2'])
  })

  test('is to one version of one text, for the purpose of the reading, with the words as they are now', () => {
    for (const [given, purpose] of [
      [{ purpose: 'open-account', textVersion: '1' }, undefined],
      [{ purpose: 'open-account', textVersion: '2', textDigest: 'ab'.repeat(32) }, undefined],
      [{ purpose: 'open-account', textVersion: '2' }, 'renew-card'],
      [{ purpose: 'research', textVersion: '7' }, undefined],
      [{ purpose: 'unknown', textVersion: '1' }, undefined],
    ] as const) {
      expect(
        refusal(() => ask('kyc', given, purpose)),
        JSON.stringify([given, purpose]),
      ).toMatchObject(['CONSENT_REQUIRED', expect.anything(), expect.anything()])
    }
    // Nobody is recorded as having agreed to a text that is not there, demanded or not.
    expect(refusal(() => ask('hospital', { purpose: 'unknown', textVersion: '1' }))).toMatchObject([
      'CONSENT_REQUIRED',
      undefined,
      undefined,
    ])
  })

  test('is recorded with the digest of the words, the time of the desk and whoever took it', () => {
    const words = '{"en":"I agree…","purpose":"open-account","version":"2","vi":"Tôi đồng ý…"}'
    const textDigest = createHash('sha256').update(words).digest('hex')
    expect(ask('kyc', { purpose: 'open-account', textVersion: '2', textDigest }, 'open-account')).toEqual({
      purpose: 'open-account',
      textVersion: '2',
      textDigest,
      givenAt: '2026-03-02T08:00:00.000Z',
      by: 'Quầy 1',
    })
  })

  test('to the same words in another version has another digest', () => {
    const text = { ...config.texts[0]!, demandedBy: [] }
    expect(consentDigest({ ...text, version: '3' })).not.toBe(consentDigest(text))
    expect(consentDigest(text)).toBe(consentDigest(config.texts[0]!))
  })

  test('has one text for a purpose: two are refused by the configuration', () => {
    const text = { purpose: 'a', version: '1', vi: 'a', en: 'a' }
    expect(consentConfigSchema.safeParse({ texts: [text, text] }).success).toBe(false)
    expect(consentConfigSchema.safeParse({ texts: [{ ...text, purpose: 'Đồng ý' }] }).success).toBe(false)
  })
})
