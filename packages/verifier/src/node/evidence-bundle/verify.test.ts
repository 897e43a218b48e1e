// A bundle as another machine judges it: what is expected, who signed, when, and what each proof is worth offline.
import { testDocument } from '@cccd/fixtures'
import { describe, expect, test } from 'vitest'
import type { BundleCheckId, BundleVerdict } from '../../bundle-verdict.ts'
import type { BundleContents } from '../../evidence-bundle.ts'
import { POLICIES, parsePolicy } from '../../policy.ts'
import { honestContents, NONCE, newRecipient, newSigner, ORIGIN, OWN_CHALLENGE } from '../../testing/bundle.ts'
import { anchorsOf, withFiles } from '../../testing/judge.ts'
import { trustAnchors } from '../../trust-anchors.ts'
import { openBundle, replayMemory, sealBundle, type VerifyBundleInput, verifyBundle } from './index.ts'

const made = await testDocument()
const desk = await newSigner()
const contents = honestContents(made, { challenge: OWN_CHALLENGE })
const text = await sealBundle(contents, { key: desk })
const anchors = anchorsOf(made)
const base: VerifyBundleInput = { anchors, policy: POLICIES.kyc, at: made.at }
const full: VerifyBundleInput = {
  ...base,
  trustedKeys: [desk.publicKey],
  expected: { nonce: NONCE, origin: ORIGIN, audience: 'https://api.bank.example', challenge: OWN_CHALLENGE },
}

const check = (verdict: BundleVerdict, id: BundleCheckId): string => {
  const found = verdict.checks.find(one => one.id === id)
  return `${found?.status} ${found?.code}${found?.place === undefined ? '' : ` ${found.place}`}`
}
const proof = (verdict: BundleVerdict, evidence: string): string | undefined =>
  verdict.proofs?.find(one => one.evidence === evidence)?.code
const seal = (changes: Partial<BundleContents> & { readonly challenge?: Uint8Array }): Promise<string> =>
  sealBundle(honestContents(made, changes), { key: desk })
const later = (seconds: number): Date => new Date(made.at.getTime() + seconds * 1000)

describe('a bundle from a trusted desk', () => {
  test('is green when all is as expected, and says what each proof is worth', async () => {
    const verdict = await verifyBundle(text, { ...full, seen: replayMemory({ now: () => made.at }) })
    expect(verdict).toMatchObject({ overall: 'successful', colour: 'green', encrypted: false })
    expect(verdict.signer).toEqual({ kid: desk.kid, algorithm: 'ES256', trusted: true })
    expect(verdict.checks.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'form passed',
      'encryption noted',
      'signature passed',
      'signer passed',
      'contents passed',
      'audience passed',
      'origin passed',
      'nonce passed',
      'challenge passed',
      'time passed',
      'report passed',
      'replay passed',
    ])
    expect(verdict.proofs?.map(({ code }) => code)).toEqual([
      'FILES_ISSUED',
      'AA_OWN_CHALLENGE',
      'CA_NOT_REPLAYABLE',
      'CAM_ABSENT',
      'ACCESS_TOLD',
    ])
  })

  test('with an Ed25519 key is as good', async () => {
    const other = await newSigner('EdDSA')
    const sealed = await sealBundle(contents, { key: other })
    const verdict = await verifyBundle(sealed, { ...full, trustedKeys: [desk.publicKey, other.publicKey] })
    expect(verdict).toMatchObject({ overall: 'successful', signer: { kid: other.kid, algorithm: 'EdDSA' } })
  })

  test('does not carry chip authentication into the verdict, and tells that the report inside did', async () => {
    const verdict = await verifyBundle(text, full)
    expect(verdict.differences).toEqual([
      {
        id: 'chipAuthenticity.chipAuthentication',
        stored: { status: 'successful', reason: 'PASSED' },
        own: { status: 'undetermined', reason: 'CA_NOT_REPLAYABLE' },
        explained: 'notReplayable',
      },
    ])
  })

  test('is judged by the verifier’s anchors and policy, whatever the report inside says', async () => {
    const none = trustAnchors({ certificates: [] }).anchors
    const without = await verifyBundle(text, { ...full, anchors: none })
    expect(without.overall).toBe('undetermined')
    expect(check(without, 'report')).toBe('noted REPORT_DIFFERS')
    expect(without.differences?.map(({ id }) => id)).toContain('issuer.trust')
    expect(proof(without, 'passiveAuthentication')).toBe('FILES_SIGNED_BY_SOMEBODY')
    expect(without.report?.because.map(({ reason }) => reason)).toContain('NO_ANCHORS')
  })

  test('that signed a forged card with a green report gets red', async () => {
    const dg1 = made.document.files['EF.DG1'] as Uint8Array
    const forged = dg1.slice()
    forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1
    const sealed = await seal({ challenge: OWN_CHALLENGE, files: withFiles(made, { 'EF.DG1': forged }) })
    const verdict = await verifyBundle(sealed, full)
    expect(verdict).toMatchObject({ overall: 'failed', colour: 'red' })
    expect(check(verdict, 'report')).toBe('noted REPORT_DIFFERS')
    expect(verdict.differences?.find(({ id }) => id === 'integrity.dg1')).toMatchObject({
      stored: { status: 'successful' },
      own: { status: 'failed', reason: 'HASH_DIFFERS' },
    })
    expect(proof(verdict, 'passiveAuthentication')).toBe('FILES_PROVE_NOTHING')
  })
})

describe('what offline replay proves', () => {
  test('the reader’s own challenge proves some time; a trusted desk says when', async () => {
    const sealed = await seal({})
    const trusted = await verifyBundle(sealed, { ...base, trustedKeys: [desk.publicKey] })
    expect([trusted.overall, proof(trusted, 'activeAuthentication')]).toEqual(['successful', 'AA_ANY_TIME'])
    const unknown = await verifyBundle(sealed, { ...base, anyDesk: true })
    expect([unknown.overall, proof(unknown, 'activeAuthentication')]).toEqual(['undetermined', 'AA_ANY_TIME'])
    expect(unknown.report?.because).toContainEqual({ id: 'chipAuthenticity', reason: 'GROUP_UNDETERMINED' })
  })

  test('a challenge that the desk calls the relying party’s is not believed without comparing', async () => {
    const { challenge: _challenge, ...expected } = full.expected ?? {}
    const trusted = await verifyBundle(text, { ...full, expected })
    expect(check(trusted, 'challenge')).toBe('notAsked NOT_ASKED')
    expect(proof(trusted, 'activeAuthentication')).toBe('AA_CHALLENGE_NOT_COMPARED')
    const any = await verifyBundle(text, { ...base, anyDesk: true })
    expect(any.overall).toBe('undetermined')
  })

  test('one’s own challenge, signed by the chip, needs no desk that is trusted', async () => {
    const asked = { ...base, anyDesk: true, expected: { challenge: OWN_CHALLENGE } }
    const verdict = await verifyBundle(text, { ...asked, policy: POLICIES.hospital })
    expect([verdict.overall, proof(verdict, 'activeAuthentication')]).toEqual(['successful', 'AA_OWN_CHALLENGE'])
    expect(check(verdict, 'signer')).toBe('noted SIGNER_UNKNOWN_ACCEPTED')
    // How the chip was opened is the word of a desk that nobody knows: where a policy asks for it, it stays open.
    const kyc = await verifyBundle(text, asked)
    expect([kyc.overall, kyc.report?.because]).toEqual([
      'undetermined',
      [{ id: 'access.downgrade', reason: 'ACCESS_UNATTESTED' }],
    ])
    expect(kyc.differences?.map(({ id, explained }) => [id, explained])).toEqual([
      ['access.pace', 'notReplayable'],
      ['access.downgrade', 'notReplayable'],
      ['chipAuthenticity.chipAuthentication', 'notReplayable'],
    ])
    const own = parsePolicy({ id: 'any-desk', extends: 'kyc', requirements: { 'access.downgrade': 'optional' } })
    expect((await verifyBundle(text, { ...asked, policy: own })).overall).toBe('successful')
  })

  test('a claim of failure is taken from anybody', async () => {
    const access = { offered: ['PACE', 'BAC'], used: 'BAC', password: 'MRZ', downgrade: 'PACE failed' } as const
    const sealed = await seal({ challenge: OWN_CHALLENGE, evidence: { ...contents.evidence, access } })
    const verdict = await verifyBundle(sealed, { ...base, anyDesk: true, expected: { challenge: OWN_CHALLENGE } })
    expect(verdict.overall).toBe('failed')
    expect(verdict.report?.because).toContainEqual({ id: 'access.downgrade', reason: 'DOWNGRADED' })
  })

  test('a card without active authentication cannot answer, and that keeps the verdict open', async () => {
    const plain = await testDocument({ aa: 'none' })
    const sealed = await sealBundle(honestContents(plain, { challenge: OWN_CHALLENGE }), { key: desk })
    const verdict = await verifyBundle(sealed, { ...full, anchors: anchorsOf(plain), policy: POLICIES.hospital })
    expect(verdict.report?.overall).toBe('successful')
    expect(verdict.overall).toBe('undetermined')
    expect(check(verdict, 'challenge')).toBe('open CHALLENGE_NOT_ANSWERED')
    expect(proof(verdict, 'activeAuthentication')).toBe('AA_ABSENT')
  })

  test('a right challenge with a wrong signature proves nothing and is red', async () => {
    const aa = contents.evidence.activeAuthentication
    if (!aa?.response) throw new Error('the test document has active authentication')
    const response = aa.response.slice()
    response[5] = (response[5] as number) ^ 1
    const evidence = { ...contents.evidence, activeAuthentication: { ...aa, response } }
    const verdict = await verifyBundle(await seal({ challenge: OWN_CHALLENGE, evidence }), full)
    expect([verdict.overall, proof(verdict, 'activeAuthentication')]).toEqual(['failed', 'AA_PROVES_NOTHING'])
    expect(check(verdict, 'challenge')).toBe('open CHALLENGE_NOT_PROVEN')
  })

  test('PACE-CAM is the desk’s word', async () => {
    const access = { ...contents.evidence.access, pace: { oid: '0.4.0.127.0.7.2.2.4.6.2', mapping: 'CAM' as const } }
    const sealed = await seal({ challenge: OWN_CHALLENGE, evidence: { ...contents.evidence, access } })
    expect(proof(await verifyBundle(sealed, full), 'paceCam')).toBe('CAM_NOT_REPLAYABLE')
  })
})

describe('who signed', () => {
  test('is unknown without keys of trusted desks: said, and never green', async () => {
    const verdict = await verifyBundle(text, { ...base, expected: full.expected ?? {} })
    expect(verdict).toMatchObject({ overall: 'undetermined', colour: 'yellow', signer: { trusted: false } })
    expect(check(verdict, 'signer')).toBe('open SIGNER_UNKNOWN')
    const hospital = await verifyBundle(text, { ...base, policy: POLICIES.hospital })
    expect([hospital.overall, hospital.report?.overall]).toEqual(['undetermined', 'successful'])
  })

  test('is refused when it is none of the trusted desks, an empty list included', async () => {
    const other = await newSigner()
    for (const trusted of [[other.publicKey], []]) {
      const verdict = await verifyBundle(text, { ...full, trustedKeys: trusted })
      expect(verdict.overall).toBe('refused')
      expect(check(verdict, 'signer')).toBe('refused SIGNER_NOT_TRUSTED jws.header.kid')
      expect(check(verdict, 'contents')).toBe('notReached NOT_REACHED')
      expect([verdict.report, verdict.contents, verdict.proofs]).toEqual([undefined, undefined, undefined])
    }
  })
})

describe('for whom, and when', () => {
  const expected = full.expected ?? {}
  test.each<[string, Partial<VerifyBundleInput>, string, BundleCheckId]>([
    ['another nonce', { expected: { ...expected, nonce: 'n-other' } }, 'NONCE_DIFFERS payload.binding.nonce', 'nonce'],
    [
      'another origin',
      { expected: { ...expected, origin: 'https://evil.example' } },
      'ORIGIN_DIFFERS payload.binding.origin',
      'origin',
    ],
    ['a program’s', { expected: { ...expected, origin: null } }, 'ORIGIN_DIFFERS payload.binding.origin', 'origin'],
    [
      'another audience',
      { expected: { ...expected, audience: 'https://other.example' } },
      'AUDIENCE_DIFFERS payload.binding.audience',
      'audience',
    ],
    [
      'another challenge',
      { expected: { ...expected, challenge: new Uint8Array(8) } },
      'CHALLENGE_DIFFERS payload.evidence.activeAuthentication.challenge',
      'challenge',
    ],
    ['a day and a second old', { at: later(86_401) }, 'EXPIRED payload.time', 'time'],
    ['older than asked', { at: later(61), maxAgeSeconds: 60 }, 'EXPIRED payload.time', 'time'],
    ['from the future', { at: later(-301) }, 'TIME_IN_FUTURE payload.time', 'time'],
  ])('%s is refused with its own code and place', async (_name, changes, outcome, id) => {
    const verdict = await verifyBundle(text, { ...full, ...changes })
    expect([verdict.overall, verdict.colour]).toEqual(['refused', 'red'])
    expect(check(verdict, id)).toBe(`refused ${outcome}`)
    expect(verdict.contents).toBeUndefined()
  })

  test('a bundle without an audience is not for somebody who expects to be named', async () => {
    const sealed = await seal({ challenge: OWN_CHALLENGE, binding: { origin: ORIGIN, nonce: NONCE } })
    const verdict = await verifyBundle(sealed, full)
    expect(check(verdict, 'audience')).toBe('refused AUDIENCE_DIFFERS payload.binding.audience')
  })

  test('an archive may ask for any age', async () => {
    const verdict = await verifyBundle(text, { ...full, at: later(40 * 86_400), maxAgeSeconds: 'any' })
    expect(check(verdict, 'time')).toBe('notAsked NOT_ASKED')
    expect(verdict.overall).not.toBe('refused')
  })

  test('what was not expected is not called passed', async () => {
    const verdict = await verifyBundle(text, base)
    for (const id of ['audience', 'origin', 'nonce', 'challenge', 'replay'] as const) {
      expect(check(verdict, id)).toBe('notAsked NOT_ASKED')
    }
  })
})

describe('a bundle that comes twice', () => {
  test('is refused the second time, as is another one with its nonce', async () => {
    const seen = replayMemory({ now: () => made.at })
    expect((await verifyBundle(text, { ...full, seen })).overall).toBe('successful')
    const again = await verifyBundle(text, { ...full, seen })
    expect(check(again, 'replay')).toBe('refused REPLAYED payload.requestId')
    expect(again.contents).toBeUndefined()
    const sameNonce = await seal({ challenge: OWN_CHALLENGE, requestId: 'another' })
    expect(check(await verifyBundle(sameNonce, { ...full, seen }), 'replay')).toContain('REPLAYED')
    const binding = { ...contents.binding, nonce: 'n-2' }
    const fresh = await seal({ challenge: OWN_CHALLENGE, requestId: 'another', binding })
    const asked = { ...full, expected: { ...full.expected, nonce: 'n-2' } }
    expect((await verifyBundle(fresh, { ...asked, seen })).overall).toBe('successful')
  })

  test('is taken once of twenty at the same time', async () => {
    const seen = replayMemory({ now: () => made.at })
    const all = await Promise.all(Array.from({ length: 20 }, () => verifyBundle(text, { ...full, seen })))
    expect(all.filter(({ overall }) => overall === 'successful')).toHaveLength(1)
  })

  test('has not been used when it was refused for something else, or came from an unknown desk', async () => {
    const seen = replayMemory({ now: () => made.at })
    await verifyBundle(text, { ...full, seen, expected: { nonce: 'n-other' } })
    const { trustedKeys: _t, ...unknown } = full
    await verifyBundle(text, { ...unknown, seen })
    expect((await verifyBundle(text, { ...full, seen })).overall).toBe('successful')
    expect(check(await verifyBundle(text, { ...unknown, seen }), 'replay')).toContain('REPLAYED')
  })

  test('is refused when nothing more can be remembered', async () => {
    const verdict = await verifyBundle(text, { ...full, seen: replayMemory({ now: () => made.at, most: 1 }) })
    expect(check(verdict, 'replay')).toBe('refused REPLAY_MEMORY_FULL payload.requestId')
  })
})

describe('an encrypted bundle', () => {
  test.each([
    ['ECDH-ES+A256KW', 'P-256'],
    ['ECDH-ES+A256KW', 'P-384'],
    ['ECDH-ES+A256KW', 'P-521'],
    ['ECDH-ES+A256KW', 'X25519'],
    ['RSA-OAEP-256', undefined],
  ] as const)('by %s %s opens for its recipient alone', async (alg, crv) => {
    const recipient = await newRecipient(alg, crv)
    const sealed = await sealBundle(contents, { key: desk, recipient: recipient.publicKey })
    expect(sealed.split('.')).toHaveLength(5)
    const verdict = await verifyBundle(sealed, { ...full, recipientKey: recipient.privateKey })
    expect(verdict).toMatchObject({ overall: 'successful', encrypted: true })
    expect(check(verdict, 'encryption')).toBe('passed PASSED')
    const opened = await openBundle(sealed, { recipientKey: recipient.privateKey })
    expect(opened.contents.files['EF.DG2']).toEqual(contents.files['EF.DG2'])

    const other = await newRecipient(alg, crv)
    expect(check(await verifyBundle(sealed, { ...full, recipientKey: other.privateKey }), 'encryption')).toBe(
      'refused RECIPIENT_OTHER jwe.header.kid',
    )
    expect(check(await verifyBundle(sealed, full), 'encryption')).toBe('refused RECIPIENT_KEY_MISSING jwe')
  })

  test('does not show a byte of the card', async () => {
    const recipient = await newRecipient('ECDH-ES+A256KW', 'P-256')
    const sealed = await sealBundle(contents, { key: desk, recipient: recipient.publicKey })
    const piece = Buffer.from(contents.files['EF.DG13'] as Uint8Array).subarray(30, 90)
    expect(Buffer.from(text.split('.')[1] as string, 'base64url').toString()).toContain(piece.toString('base64url'))
    const shown = sealed.split('.').map(part => Buffer.from(part, 'base64url').toString('latin1'))
    for (const part of shown) {
      expect(part).not.toContain(piece.toString('base64url'))
      expect(part).not.toContain(NONCE)
    }
  })

  test('to a recipient whose private key was given uses its public half', async () => {
    const { privateKey } = await newRecipient('ECDH-ES+A256KW', 'P-256')
    const sealed = await sealBundle(contents, { key: desk, recipient: privateKey })
    expect((await verifyBundle(sealed, { ...full, recipientKey: privateKey })).overall).toBe('successful')
  })
})
