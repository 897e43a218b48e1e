import { readFile } from 'node:fs/promises'
import { FormatError } from '@cccd/mrz'
import { POLICIES, type Policy, parsePolicy } from '@cccd/verifier'

/** The policies that ship and those of the files, by id. Throws FormatError POLICY_MALFORMED with the file, also where
 * two have one id. */
export async function loadPolicies(files: readonly string[]): Promise<ReadonlyMap<string, Policy>> {
  const policies = new Map<string, Policy>(Object.values(POLICIES).map(policy => [policy.id, policy]))
  for (const file of files) {
    const policy = await readPolicy(file)
    if (policies.has(policy.id)) {
      throw new FormatError('POLICY_MALFORMED', `the policy ${policy.id} is there already`, { file, field: 'id' })
    }
    policies.set(policy.id, policy)
  }
  return policies
}

async function readPolicy(file: string): Promise<Policy> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new FormatError('POLICY_MALFORMED', 'the policy file cannot be read', { file }, { cause })
  }
  try {
    return parsePolicy(text)
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause
    throw new FormatError(cause.code, cause.message, { ...cause.facts, file }, { cause })
  }
}
