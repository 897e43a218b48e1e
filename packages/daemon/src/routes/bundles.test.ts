// From the card on the reader to a bundle that somebody else judges, over real HTTP.
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createChip } from '@cccd/card-simulator'
import { testDocument } from '@cccd/fixtures'
import { POLICIES, trustAnchors } from '@cccd/verifier'
import { openBundle, verifyBundle } from '@cccd/verifier/evidence-bundle'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { laid, newNonce, random, wait } from '../readings/testing/reading-rig.ts'
import { HIS, runTestDesk, type TestDesk } from '../testing/running-desk.ts'

const made = await testDocument({ at: new Date() })
const { anchors } = trustAnchors({ certificates: [made.csca], crls: [made.crl] })
const recipient = await generateKeyPair('ECDH-ES+A256KW', { extractable: true, crv: 'P-256' })
const [publicJwk, privateJwk] = [await exportJWK(recipient.publicKey), await exportJWK(recipient.privateKey)]
const CONSENT = { purpose: 'open-account', version: '2', vi: 'Tôi đồng ý…', en: 'I agree…', demandedBy: ['kyc'] }
const BANK = 'https://api.bank.example'

const kept = mkdtempSync(join(tmpdir(), 'cccd-audit-'))
let desk: TestDesk
let token = ''
const headers = { origin: HIS }
beforeAll(async () => {
  const config = {
    policy: 'kyc',
    consent: { texts: [CONSENT] },
    audit: { folder: join(kept, 'audit'), keyFile: join(kept, 'audit.key') },
  }
  desk = await runTestDesk(config, { loadAnchors: async () => anchors })
  token = await desk.token({ origin: HIS, scopes: ['identity', 'evidence'] })
  desk.reader.lay(laid(createChip(made.document, { access: made.access, random, extendedLength: 32_768 })))
})
afterAll(async () => {
  await desk.close()
  rmSync(kept, { recursive: true, force: true })
})

const ask = (path: string, body?: unknown, who = token, method?: string) =>
  desk.ask(path, { token: who, headers, ...(body !== undefined && { body }), ...(method && { method }) })

async function read(more: Readonly<Record<string, unknown>> = {}): Promise<{ id: string; nonce: string }> {
  const nonce = newNonce()
  const consent = { purpose: CONSENT.purpose, textVersion: CONSENT.version }
  const { status, json } = await ask('/v1/readings', { nonce, scan: made.qr, consent, ...more })
  expect([status, json.error]).toEqual([202, undefined])
  for (let i = 0; i < 400; i++) {
    const { state } = (await ask(`/v1/readings/${json.id}`)).json
    if (state === 'done') break
    expect(state).not.toMatch(/failed|cancelled/)
    await wait(10)
  }
  return { id: json.id, nonce }
}

describe('POST /v1/readings/:id/bundle', () => {
  test('gives what a bank judges green by itself, bound to origin, nonce, audience, challenge and consent', async () => {
    const challenge = Uint8Array.from(randomBytes(8))
    const { id, nonce } = await read({ challenge: Buffer.from(challenge).toString('hex') })
    const { status, json } = await ask(`/v1/readings/${id}/bundle`, { recipient: publicJwk, audience: BANK })
    expect([status, json.encrypted, json.kid]).toEqual([200, true, expect.stringMatching(/^[\w-]{43}$/)])
    const { keys } = (await ask('/v1/keys')).json
    const verdict = await verifyBundle(json.bundle, {
      ...{ anchors, policy: POLICIES.kyc, at: new Date(), trustedKeys: keys, recipientKey: privateJwk },
      expected: { nonce, origin: HIS, audience: BANK, challenge },
    })
    expect(verdict).toMatchObject({ overall: 'successful', signer: { kid: json.kid, trusted: true } })
    expect(verdict.proofs?.map(({ code }) => code)).toContain('AA_OWN_CHALLENGE')
    expect(verdict.contents).toMatchObject({
      ...{ requestId: id, reader: desk.reader.name, policy: 'kyc', printed: { qr: made.qr } },
      binding: { origin: HIS, nonce, audience: BANK },
      consent: { purpose: 'open-account', textVersion: '2', by: 'thử', textDigest: expect.any(String) },
    })
    expect(verdict.contents?.files['EF.DG2']).toEqual(made.document.files['EF.DG2'])
  })

  test('without a recipient is signed only', async () => {
    const { id, nonce } = await read()
    const { status, json } = await ask(`/v1/readings/${id}/bundle`, {})
    expect([status, json.encrypted]).toEqual([200, false])
    const { contents } = await openBundle(json.bundle)
    expect(contents.binding).toEqual({ origin: HIS, nonce })
    expect(contents.evidence.activeAuthentication?.source).toBe('reader')
  })

  test('of a program says that there is no origin', async () => {
    const program = await desk.token({ scopes: ['identity', 'evidence'], label: 'chương trình' })
    const nonce = newNonce()
    const consent = { purpose: CONSENT.purpose, textVersion: CONSENT.version }
    const started = await desk.ask('/v1/readings', { token: program, body: { nonce, scan: made.qr, consent } })
    const path = `/v1/readings/${started.json.id}`
    for (let i = 0; i < 400; i++) {
      if ((await desk.ask(path, { token: program })).json.state === 'done') break
      await wait(10)
    }
    const { json } = await desk.ask(`${path}/bundle`, { token: program, body: {} })
    expect((await openBundle(json.bundle)).contents.binding).toEqual({ origin: null, nonce })
    // Another's reading is not there for a page.
    expect((await ask(`${path}/bundle`, {})).json.error.code).toBe('READING_UNKNOWN')
  })

  test('is refused before the reading is done, after it is forgotten, and without the scope', async () => {
    const { id } = await read()
    const poor = await desk.token({ origin: HIS, scopes: ['identity'], label: 'ít quyền' })
    expect((await ask(`/v1/readings/${id}/bundle`, {}, poor)).json.error.code).toBe('SCOPE_MISSING')
    await ask(`/v1/readings/${id}`, undefined, token, 'DELETE')
    expect((await ask(`/v1/readings/${id}/bundle`, {})).json.error.code).toBe('READING_UNKNOWN')

    desk.reader.lift()
    const consent = { purpose: CONSENT.purpose, textVersion: CONSENT.version }
    const waiting = await ask('/v1/readings', { nonce: newNonce(), scan: made.qr, consent })
    const { status, json } = await ask(`/v1/readings/${waiting.json.id}/bundle`, {})
    expect([status, json.error.code]).toEqual([409, 'READING_NOT_DONE'])
    await ask(`/v1/readings/${waiting.json.id}`, undefined, token, 'DELETE')
    desk.reader.lay(laid(createChip(made.document, { access: made.access, random, extendedLength: 32_768 })))
  })

  test('refuses a private key, a key that is none, and other members, and repeats nothing of them', async () => {
    const { id } = await read()
    for (const [body, code] of [
      [{ recipient: privateJwk }, 'REQUEST_MALFORMED'],
      [{ recipient: { kty: 'oct', k: 'AAAA' } }, 'REQUEST_MALFORMED'],
      [{ recipient: { kty: 'OKP', crv: 'Ed25519', x: publicJwk.x } }, 'KEY_MALFORMED'],
      [{ recipient: { ...publicJwk, y: publicJwk.x } }, 'KEY_MALFORMED'],
      [{ recipient: { ...publicJwk, use: 'sig' } }, 'KEY_MALFORMED'],
      [{ audience: 'two words' }, 'REQUEST_MALFORMED'],
      [{ nonce: 'mine' }, 'REQUEST_MALFORMED'],
    ] as const) {
      const { status, json, text } = await ask(`/v1/readings/${id}/bundle`, body)
      expect([body, status >= 400 && status < 500, json.error.code]).toEqual([body, true, code])
      for (const secret of [privateJwk.d, publicJwk.x]) expect(text).not.toContain(secret)
    }
  })

  test('stands in the audit log by its request, and nothing of the holder in any log', async () => {
    const { id } = await read()
    await ask(`/v1/readings/${id}/bundle`, { audience: BANK })
    const folder = join(kept, 'audit')
    const written = readdirSync(folder)
      .map(name => readFileSync(join(folder, name), 'utf8'))
      .join('\n')
    expect(written).toContain('bundle.made')
    expect(written).toContain(id)
    const everything = `${written}\n${JSON.stringify(desk.lines)}`
    const portrait = Buffer.from(made.document.files['EF.DG2'] as Uint8Array)
    for (const secret of [
      made.holder.personalNumber,
      made.holder.fullName,
      made.qr,
      portrait.subarray(100, 130).toString('base64'),
      createHash('sha256').update(made.holder.personalNumber).digest('hex'),
    ]) {
      expect(everything).not.toContain(secret)
    }
  })
})
