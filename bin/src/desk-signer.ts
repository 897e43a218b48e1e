import { join } from 'node:path'
import { FormatError } from '@cccd/card-core'
import { DESK_KEY_FILE, type DeskKey, openDeskKey } from '@cccd/daemon/desk-key'
import type { BundleSigner } from '@cccd/verifier/evidence-bundle'
import { deskSettings, foldersOf } from './desk-settings.ts'
import type { Context } from './wiring.ts'

/** The key of this machine's desk, the one that `cccd serve` signs with; made when there is none. Throws FormatError
 * KEY_MALFORMED or DESK_CONFIG_MALFORMED. */
export async function ownDeskKey(context: Context, options: { readonly config?: unknown } = {}): Promise<DeskKey> {
  const { config, file } = await deskSettings(context, { config: options.config })
  if (!config) {
    throw new FormatError('DESK_CONFIG_MALFORMED', "the desk's configuration is malformed", {
      ...(file !== undefined && { file }),
    })
  }
  return await openDeskKey(join(foldersOf(config, context, {}).state, DESK_KEY_FILE))
}

/** That key as bundles are signed with it. */
export function bundleSignerOf({ kid, publicJwk, sign }: DeskKey): BundleSigner {
  const { kty, crv, x, y } = publicJwk
  return { algorithm: 'ES256', publicKey: { kty, crv, x, y }, kid, sign }
}
