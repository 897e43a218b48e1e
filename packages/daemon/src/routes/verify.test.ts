// The two doors for judging again, over real HTTP: raw files, and bundles of other desks.
import { randomBytes } from 'node:crypto'
import { honestReading, testDocument } from '@cccd/fixtures'
import { type BundleContents, POLICIES, toBase64Url, trustAnchors, verifyDocument } from '@cccd/verifier'
import { bundleSigner, type JWK, sealBundle } from '@cccd/verifier/evidence-bundle'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runTestDesk, type TestDesk } from '../testing/running-desk.ts'

const made = await testDocument({ at: new Date() })
const { anchors } = trustAnchors({ certificates: [made.csca], crls: [made.crl] })
const challenge = Uint8Array.from(randomBytes(8))
const { files, evidence } = honestReading(made, challenge)
const terminal = await bundleSigner(
  await generateKeyPair('ES256', { extractable: true }).then(({ privateKey }) => exportJWK(privateKey)),
)

let desk: TestDesk
let token = ''
let other = ''
beforeAll(async () => {
  desk = await runTestDesk({ policy: 'kyc' }, { loadAnchors: async () => anchors })
  token = await desk.token({ scopes: ['verify', 'identity'] })
  other = await desk.token({ scopes: ['verify'], label: 'khác' })
})
afterAll(() => desk.close())

const encoded = Object.fromEntries(
  ['EF.COM', 'EF.CardAccess', 'EF.SOD', 'EF.DG1', 'EF.DG2', 'EF.DG13', 'EF.DG14', 'EF.DG15'].map(name => [
    name,
    toBase64Url(files[name as keyof typeof files] as Uint8Array),
  ]),
)
let count = 0

async function bundle(changes: Partial<BundleContents> = {}): Promise<string> {
  const report = verifyDocument({ files, evidence, anchors, policy: POLICIES.kyc, at: new Date() })
  const contents: BundleContents = {
    ...{ files, evidence, report, trustStore: report.trustAnchors, policy: 'kyc' },
    printed: { qr: made.qr },
    time: new Date().toISOString(),
    requestId: `request-${++count}`,
    binding: { origin: 'https://bank.example', nonce: `nonce-${count}` },
    ...changes,
  }
  return await sealBundle(contents, { key: terminal })
}

const verify = (body: Readonly<Record<string, unknown>>, who = token) =>
  desk.ask('/v1/bundles/verify', { token: who, body })
const deskKeys = { keys: [terminal.publicKey] }
const challengeHex = Buffer.from(challenge).toString('hex')

describe('POST /v1/verify', () => {
  test('judges raw files with this desk’s anchors; nobody vouches for the chip itself', async () => {
    const { status, json } = await desk.ask('/v1/verify', {
      token,
      body: { files: encoded, policy: 'hospital', printed: { qr: made.qr } },
    })
    expect(status).toBe(200)
    expect(json.report).toMatchObject({ overall: 'successful', policy: 'hospital', trustAnchors: anchors.id })
    const kyc = await desk.ask('/v1/verify', { token, body: { files: encoded } })
    expect(kyc.json.report).toMatchObject({ overall: 'undetermined', policy: 'kyc' })
  })

  test('tells a changed file', async () => {
    const dg1 = (files['EF.DG1'] as Uint8Array).slice()
    dg1[dg1.length - 1] = (dg1[dg1.length - 1] as number) ^ 1
    const body = { files: { ...encoded, 'EF.DG1': toBase64Url(dg1) }, policy: 'hospital' }
    const { json } = await desk.ask('/v1/verify', { token, body })
    expect(json.report.because).toContainEqual({ id: 'integrity.dg1', reason: 'HASH_DIFFERS', file: 'EF.DG1' })
  })

  test.each<[string, Readonly<Record<string, unknown>>, number, string]>([
    ['no files member', {}, 400, 'REQUEST_MALFORMED'],
    ['an unknown file', { files: { 'EF.DG3': 'AAAA' } }, 400, 'REQUEST_MALFORMED'],
    ['base64 with bits to spare', { files: { 'EF.DG1': 'AB' } }, 400, 'REQUEST_MALFORMED'],
    ['a policy that is none', { files: encoded, policy: 'nobody' }, 422, 'POLICY_UNKNOWN'],
    ['a QR of something else', { files: encoded, printed: { qr: 'hello' } }, 422, 'QR_NOT_A_CARD'],
    ['an MRZ of one line', { files: encoded, printed: { mrz: 'IDVNM' } }, 422, 'MRZ_MALFORMED'],
  ])('refuses %s', async (_name, body, status, code) => {
    const answer = await desk.ask('/v1/verify', { token, body })
    expect([answer.status, answer.json.error.code]).toEqual([status, code])
  })
})

describe('POST /v1/bundles/verify', () => {
  test('judges the bundle of a desk that the caller trusts, and says what each proof is worth', async () => {
    const text = await bundle()
    const expected = { nonce: `nonce-${count}`, origin: 'https://bank.example', challenge: challengeHex }
    const { status, json } = await verify({ bundle: text, deskKeys, ...expected })
    expect(status).toBe(200)
    expect(json).toMatchObject({
      overall: 'successful',
      colour: 'green',
      encrypted: false,
      signer: { kid: terminal.kid, trusted: true },
      report: { overall: 'successful', policy: 'kyc' },
    })
    expect(json.proofs[1]).toMatchObject({ evidence: 'activeAuthentication', code: 'AA_OWN_CHALLENGE' })
    for (const { vi, en } of [...json.checks, ...json.proofs]) expect([vi, en]).not.toContain('')
    expect(json.fields).toContainEqual({
      name: 'personalNumber',
      value: made.holder.personalNumber,
      source: 'chip',
    })
  })

  test('shows who is on the card only to whom may see that', async () => {
    const { json, text } = await verify({ bundle: await bundle(), deskKeys }, other)
    expect(json.overall).toBe('successful')
    expect(json).not.toHaveProperty('fields')
    expect(text).not.toContain(made.holder.personalNumber)
    expect(text).not.toContain(made.holder.fullName)
  })

  test('takes a bundle once from each caller', async () => {
    const text = await bundle()
    expect((await verify({ bundle: text, deskKeys })).json.overall).toBe('successful')
    const again = await verify({ bundle: text, deskKeys })
    expect(again.json).toMatchObject({ overall: 'refused', colour: 'red' })
    expect(again.json.checks.at(-1)).toMatchObject({ id: 'replay', code: 'REPLAYED', place: 'payload.requestId' })
    expect((await verify({ bundle: text, deskKeys }, other)).json.overall).toBe('successful')
  })

  test('refuses a desk that nobody trusts, another nonce and another origin, and then shows nothing of the card', async () => {
    const text = await bundle()
    const codeOf = async (body: Readonly<Record<string, unknown>>): Promise<string> => {
      const { json } = await verify({ bundle: text, ...body })
      expect([json.overall, json.report, json.fields]).toEqual(['refused', undefined, undefined])
      return json.checks.find(({ status }: { status: string }) => status === 'refused').code
    }
    expect(await codeOf({})).toBe('SIGNER_NOT_TRUSTED')
    expect(await codeOf({ deskKeys, nonce: 'another' })).toBe('NONCE_DIFFERS')
    expect(await codeOf({ deskKeys, origin: null })).toBe('ORIGIN_DIFFERS')
    expect(await codeOf({ deskKeys, challenge: '0000000000000000' })).toBe('CHALLENGE_DIFFERS')
    expect(await codeOf({ bundle: 'no bundle' })).toBe('NOT_A_BUNDLE')
    const any = await verify({ bundle: text, anyDesk: true, challenge: challengeHex, policy: 'hospital' })
    expect([any.json.overall, any.json.signer.trusted]).toEqual(['successful', false])
  })

  test.each<[string, Readonly<Record<string, unknown>>, number, string]>([
    ['no bundle', {}, 400, 'REQUEST_MALFORMED'],
    ['a challenge of seven bytes', { bundle: 'x', challenge: '01020304050607' }, 400, 'REQUEST_MALFORMED'],
    ['an unknown member', { bundle: 'x', key: {} }, 400, 'REQUEST_MALFORMED'],
    ['keys that are none', { bundle: 'x', deskKeys: { keys: [{ kty: 'oct' } as JWK] } }, 422, 'KEY_MALFORMED'],
    ['a policy that is none', { bundle: 'x', policy: 'nobody' }, 422, 'POLICY_UNKNOWN'],
  ])('refuses %s', async (_name, body, status, code) => {
    const answer = await verify(body)
    expect([answer.status, answer.json.error.code]).toEqual([status, code])
  })

  test('needs the scope, and logs nothing of the holder', async () => {
    const reader = await desk.token({ scopes: ['readers', 'evidence'], label: 'không' })
    expect((await verify({ bundle: 'x' }, reader)).json.error.code).toBe('SCOPE_MISSING')
    const log = JSON.stringify(desk.lines)
    expect(desk.lines.length).toBeGreaterThan(0)
    for (const secret of [made.holder.personalNumber, made.holder.fullName, made.qr]) expect(log).not.toContain(secret)
  })
})
