import { access, constants } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { authorityRequest } from '@cccd/verifier'
import {
  type JWK,
  LONGEST_BUNDLE,
  recipientKey,
  replayMemoryIn,
  trustedKeys,
  type VerifyBundleInput,
  verifyBundle,
} from '@cccd/verifier/evidence-bundle'
import { anchorsFrom, policyFrom } from '../anchors.ts'
import { showBundle } from '../bundle-view.ts'
import { relyingPartyChallenge } from '../challenge.ts'
import type { ExitCode } from '../exit-code.ts'
import { inFileNamed, readJsonFile, readTextUpTo } from '../json-file.ts'
import { visible } from '../make-bundle.ts'
import { UsageError } from '../output.ts'
import { writeForOwner } from '../owner-file.ts'
import type { Context } from '../wiring.ts'
import { timeOf } from './verify.ts'

interface Options {
  readonly bundle: string
  readonly nonce?: string
  readonly origin?: string
  readonly audience?: string
  readonly challenge?: string
  readonly key?: string
  readonly deskKey?: string
  readonly anyDesk?: boolean
  readonly maxAge?: string
  readonly seen?: string
  readonly authorityRequest?: string
  readonly trust?: string
  readonly policy?: string
  readonly at?: string
}

/** `cccd verify --bundle FILE`: judges an evidence bundle and again the card in it, offline, with one's own anchors. */
export async function verifyBundleFile(context: Context, given: Record<string, unknown>): Promise<ExitCode> {
  const options = given as unknown as Options
  const { authorityRequest: requestFile } = options
  if (requestFile !== undefined) await access(dirname(resolve(requestFile)), constants.W_OK)
  const input = await inputFrom(context, options)
  // A file of text ends in a line feed, which is no part of the bundle.
  const text = (await readTextUpTo(options.bundle, LONGEST_BUNDLE + 2)).replace(/\r?\n$/, '')
  const verdict = await verifyBundle(text, input)
  if (requestFile !== undefined && verdict.contents) {
    const request = authorityRequest(verdict.contents)
    await writeForOwner(requestFile, `${JSON.stringify(request, null, 2)}\n`)
  }
  return await showBundle(context.output, verdict)
}

async function inputFrom(context: Context, options: Options): Promise<VerifyBundleInput> {
  const { nonce, origin, audience, challenge, key, deskKey, anyDesk, seen } = options
  visible(nonce, '--nonce')
  visible(origin, '--origin')
  visible(audience, '--audience')
  const at = options.at === undefined ? context.now() : timeOf(options.at)
  return {
    anchors: await anchorsFrom(options.trust, context),
    policy: await policyFrom(options.policy),
    at,
    expected: {
      ...(nonce !== undefined && { nonce }),
      ...(origin !== undefined && { origin: origin === 'none' ? null : origin }),
      ...(audience !== undefined && { audience }),
      ...(challenge !== undefined && { challenge: relyingPartyChallenge(challenge) }),
    },
    ...(deskKey !== undefined && {
      trustedKeys: await inFileNamed(deskKey, async () => trustedKeys(await readJsonFile(deskKey, 'KEY_MALFORMED'))),
    }),
    ...(key !== undefined && { recipientKey: await privateKeyFrom(key) }),
    ...(anyDesk === true && { anyDesk }),
    ...maxAgeFrom(options.maxAge),
    ...(seen !== undefined && { seen: await replayMemoryIn(seen, { now: () => at }) }),
  }
}

async function privateKeyFrom(path: string): Promise<JWK> {
  return await inFileNamed(path, async () => {
    const jwk = (await readJsonFile(path, 'KEY_MALFORMED')) as JWK
    await recipientKey(jwk)
    return jwk
  })
}

function maxAgeFrom(text: string | undefined): Pick<VerifyBundleInput, 'maxAgeSeconds'> {
  if (text === undefined) return {}
  if (text === 'any') return { maxAgeSeconds: 'any' }
  if (/^[1-9]\d{0,9}$/.test(text)) return { maxAgeSeconds: Number(text) }
  throw new UsageError({
    vi: '--max-age cần số giây, hoặc “any”.',
    en: '--max-age wants a number of seconds, or “any”.',
  })
}
