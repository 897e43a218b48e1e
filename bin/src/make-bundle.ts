import { access, constants } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { JWK } from '@cccd/verifier/evidence-bundle'
import type { JudgedCard, MadeBundle } from './card-view.ts'
import { inFileNamed, readJsonFile } from './json-file.ts'
import { UsageError } from './output.ts'
import { writeForOwner } from './owner-file.ts'
import type { Context } from './wiring.ts'

export interface BundleOptions {
  readonly bundle?: string
  readonly bundleRecipient?: string
  readonly nonce?: string
  readonly audience?: string
}

/** How a bundle will be made when the card has been read. */
export interface BundleMaker {
  make(card: JudgedCard, at: Date): Promise<MadeBundle>
}

/** Checks all that can be wrong with --bundle before a card is asked for, the desk's key included; undefined without
 * --bundle. Throws UsageError, FormatError KEY_MALFORMED, or what the file system says. */
export async function prepareBundle(context: Context, options: BundleOptions): Promise<BundleMaker | undefined> {
  const { bundle: file, bundleRecipient, audience } = options
  if (file === undefined) {
    refuseAlone(options)
    return undefined
  }
  const nonce = visible(options.nonce, '--nonce') ?? base64url(context.random(16))
  visible(audience, '--audience')
  await access(dirname(resolve(file)), constants.W_OK)
  const { recipientKey, sealBundle } = await import('@cccd/verifier/evidence-bundle')
  const { bundleSignerOf, ownDeskKey } = await import('./desk-signer.ts')
  const key = bundleSignerOf(await ownDeskKey(context))
  let recipient: JWK | undefined
  if (bundleRecipient !== undefined) {
    recipient = await inFileNamed(bundleRecipient, async () => {
      const jwk = await readJsonFile(bundleRecipient, 'KEY_MALFORMED')
      await recipientKey(jwk)
      return jwk as JWK
    })
  }
  const requestId = base64url(context.random(16))
  return {
    async make({ files, evidence, report, printed }, at) {
      const { qr, mrz, personalNumber } = printed
      const texts = {
        ...(qr !== undefined && { qr }),
        ...(mrz && { mrz: mrz.join('\n') }),
        ...(personalNumber !== undefined && { personalNumber }),
      }
      const text = await sealBundle(
        {
          ...{ files, evidence, report, requestId, time: at.toISOString() },
          ...(Object.keys(texts).length > 0 && { printed: texts }),
          trustStore: report.trustAnchors,
          policy: report.policy,
          // A command has no web origin.
          binding: { origin: null, nonce, ...(audience !== undefined && { audience }) },
          ...(evidence.reader !== undefined && { reader: evidence.reader }),
        },
        { key, ...(recipient && { recipient }) },
      )
      await writeForOwner(file, `${text}\n`)
      return { file, requestId, nonce, kid: key.kid, encrypted: recipient !== undefined }
    },
  }
}

/** What says something of a bundle means nothing without one, and is no slip to pass over. */
function refuseAlone({ bundleRecipient, nonce, audience }: BundleOptions): void {
  if (bundleRecipient === undefined && nonce === undefined && audience === undefined) return
  throw new UsageError({
    vi: '--bundle-recipient, --nonce và --audience chỉ dùng cùng --bundle.',
    en: '--bundle-recipient, --nonce and --audience go with --bundle.',
  })
}

/** Visible ASCII, as it stands in a bundle. */
export function visible(text: string | undefined, name: string): string | undefined {
  if (text === undefined || /^[\x21-\x7e]{1,256}$/.test(text)) return text
  throw new UsageError({
    vi: `${name} cần 1 đến 256 ký tự ASCII, không có khoảng trắng.`,
    en: `${name} wants 1 to 256 visible ASCII characters.`,
  })
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
