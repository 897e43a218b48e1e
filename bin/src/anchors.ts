import { readFile } from 'node:fs/promises'
import { FormatError } from '@cccd/card-core'
import { POLICIES, type Policy, parsePolicy, type TrustAnchors } from '@cccd/verifier'
import { loadTrustStore } from '@cccd/verifier/trust-store'
import { type Context, trustStoreFolder } from './wiring.ts'

/** --policy: the name of one that ships, or a JSON file. */
export async function policyFrom(option: unknown): Promise<Policy> {
  const name = typeof option === 'string' ? option : 'hospital'
  const shipped = Object.values(POLICIES).find(policy => policy.id === name)
  if (shipped) return shipped
  const text = await readFile(name, 'utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new FormatError('POLICY_MALFORMED', 'the policy file is not JSON', { file: name }, { cause })
  }
  return parsePolicy(value)
}

/** The anchors of --trust, CCCD_TRUST_STORE or the user's own store; an absent store of the user's is an empty one. */
export async function anchorsFrom(option: unknown, context: Context): Promise<TrustAnchors> {
  const named = typeof option === 'string' ? option : undefined
  return await loadTrustStore(trustStoreFolder(named, context.environment), { optional: named === undefined })
}
