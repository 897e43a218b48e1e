import { type FileName, fromHex, type LdsFiles } from '@cccd/card-core'
import { parseCardQr, parseMrz } from '@cccd/mrz'
import {
  type BundleVerdict,
  bundleSentence,
  fromBase64Url,
  type Policy,
  type PrintedData,
  printedOf,
  verifyDocument,
} from '@cccd/verifier'
import type { JWK, ReplayMemory } from '@cccd/verifier/evidence-bundle'
import { DeskError, errorBodySchema } from '../api/errors.ts'
import {
  type VerifyBundleReply,
  type VerifyRequest,
  verifyBundleReplySchema,
  verifyBundleRequestSchema,
  verifyReplySchema,
  verifyRequestSchema,
} from '../api/verify.ts'
import { auditCaller } from '../audit-of-readings.ts'
import type { Caller, Desk, DeskApp } from '../desk.ts'
import { personFields } from '../readings/person-fields.ts'

/** Judging again what was read elsewhere or before: raw files, or a whole bundle. */
export function verifyRoutes(app: DeskApp, desk: Desk): void {
  let seen: ReplayMemory | undefined

  const policyOf = (id: string | undefined): Policy => {
    const policy = desk.policies.get(id ?? desk.config.policy)
    if (!policy) throw new DeskError('POLICY_UNKNOWN', 'there is no such policy')
    return policy
  }
  const record = (
    caller: Caller,
    what: 'files' | 'bundle',
    colour: string,
    policy: Policy,
  ): Promise<void> | undefined =>
    desk.audit?.record({ kind: 'verify.done', what, colour, policy: policy.id }, { caller: auditCaller(caller) })

  app.route({
    method: 'POST',
    url: '/v1/verify',
    config: { scope: 'verify' },
    schema: {
      tags: ['evidence'],
      operationId: 'verifyFiles',
      summary: 'Judge raw files of a card',
      body: verifyRequestSchema,
      response: { 200: verifyReplySchema, '4xx': errorBodySchema },
    },
    handler: async request => {
      const { files, policy: id, printed } = request.body
      const policy = policyOf(id)
      const report = verifyDocument({
        files: filesOf(files),
        evidence: { access: { offered: [], used: 'none' }, refusedFiles: [] },
        keptEvidence: true,
        printed: printedFrom(printed),
        anchors: desk.anchors(),
        policy,
        at: desk.now(),
      })
      await record(request.caller, 'files', report.colour, policy)
      return { report }
    },
  })

  app.route({
    method: 'POST',
    url: '/v1/bundles/verify',
    config: { scope: 'verify' },
    schema: {
      tags: ['evidence'],
      operationId: 'verifyBundle',
      summary: 'Judge an evidence bundle, and again the card in it',
      body: verifyBundleRequestSchema,
      response: { 200: verifyBundleReplySchema, '4xx': errorBodySchema },
    },
    handler: async request => {
      const { bundle, nonce, origin, audience, challenge, deskKeys, anyDesk, maxAgeSeconds, policy: id } = request.body
      const policy = policyOf(id)
      // Loaded with the first bundle: a desk that judges none starts faster.
      const { replayMemory, trustedKeys, verifyBundle } = await import('@cccd/verifier/evidence-bundle')
      seen ??= replayMemory({ now: desk.now })
      const { kty, crv, x, y } = desk.key.publicJwk
      const trusted: readonly JWK[] = [{ kty, crv, x, y }, ...(deskKeys ? await trustedKeys(deskKeys) : [])]
      const verdict = await verifyBundle(bundle, {
        anchors: desk.anchors(),
        policy,
        at: desk.now(),
        trustedKeys: trusted,
        seen: memoryOf(request.caller, seen),
        expected: {
          ...(nonce !== undefined && { nonce }),
          ...(origin !== undefined && { origin }),
          ...(audience !== undefined && { audience }),
          ...(challenge !== undefined && { challenge: fromHex(challenge) }),
        },
        ...(anyDesk !== undefined && { anyDesk }),
        ...(maxAgeSeconds !== undefined && { maxAgeSeconds }),
      })
      await record(request.caller, 'bundle', verdict.colour, policy)
      return replyOf(verdict, request.caller)
    },
  })
}

/** What one caller has used says nothing to another. */
function memoryOf({ tokenId }: Caller, seen: ReplayMemory): ReplayMemory {
  const own = (keys: readonly string[]): readonly string[] => keys.map(key => `${tokenId} ${key}`)
  return { has: keys => seen.has(own(keys)), claim: (keys, until) => seen.claim(own(keys), until) }
}

function filesOf(given: VerifyRequest['files']): LdsFiles {
  const files: Partial<Record<FileName, Uint8Array>> = {}
  for (const [name, text] of Object.entries(given)) {
    const bytes = text === undefined ? undefined : fromBase64Url(text)
    if (!bytes) throw new DeskError('REQUEST_MALFORMED', 'a file is not base64url', { path: `body.files.${name}` })
    files[name as FileName] = bytes
  }
  return files
}

/** The printed side as it was scanned or typed. Throws FormatError with the place. */
function printedFrom({ qr, mrz, personalNumber }: NonNullable<VerifyRequest['printed']> = {}): PrintedData {
  return {
    ...(qr !== undefined && { qr: parseCardQr(qr) }),
    ...(mrz !== undefined && { mrz: parseMrz(mrz.split('\n')) }),
    ...(personalNumber !== undefined && { personalNumber }),
  }
}

/** The verdict with its sentences; who is on the card only to whom may see that. */
function replyOf({ contents, checks, proofs, ...verdict }: BundleVerdict, { scopes }: Caller): VerifyBundleReply {
  return {
    ...verdict,
    checks: checks.map(check => ({ ...check, ...bundleSentence(check.code) })),
    ...(proofs && { proofs: proofs.map(proof => ({ ...proof, ...bundleSentence(proof.code) })) }),
    ...(contents && scopes.has('identity') && { fields: personFields(contents.files, printedOf(contents.printed)) }),
  }
}
