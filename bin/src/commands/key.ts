import { ownDeskKey } from '../desk-signer.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { jsonText } from '../output.ts'
import type { Context } from '../wiring.ts'

/** `cccd key`: the public key of this machine's desk as a JWK set, for whoever is to trust its bundles and results. */
export async function key(context: Context, options: Record<string, unknown>): Promise<ExitCode> {
  const { publicJwk } = await ownDeskKey(context, options)
  const set = { keys: [publicJwk] }
  context.output.result(set, () => jsonText(set).trimEnd().split('\n'))
  return EXIT.ok
}
