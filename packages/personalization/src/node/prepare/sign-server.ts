import { type HashName, SignerError } from '@cccd/card-core'
import type { SodMaker, SodRequest } from '../../prepare/sod-service.ts'

// The HTTP interface of Keyfactor SignServer for its MRTD SOD signer: /sod with the hashes of the data groups in base64,
// answered by EF.SOD. Subset: a worker that takes hashes (DODATAGROUPHASHING false), authorised by its network; client
// certificates are not sent.

export interface SignServerOptions {
  /** Up to and without /sod, such as http://127.0.0.1:8080/signserver. */
  readonly url: string
  readonly worker: string
  /** The document signer's certificate, DER, as the worker is configured with it. */
  readonly certificate: Uint8Array
  readonly hash: HashName
  /** Milliseconds until an answer is given up. Default 10000. */
  readonly patience?: number
}

/** Longer than any EF.SOD of sixteen hashes and one certificate. */
const LONGEST = 64 * 1024

/**
 * A document signer behind a SignServer. What it answers is not believed: the pool checks it as any other signature.
 * `makeSod` rejects with SignerError SIGNER_TOKEN_GONE when the server cannot be reached, is late, or answers with
 * another status than 200, so that the key stays in the pool for later; SIGNER_FAILED when the answer is no EF.SOD by its
 * length.
 */
export function signServerMaker(options: SignServerOptions): SodMaker {
  const { url, worker, certificate, hash, patience = 10_000 } = options
  const address = `${url.replace(/\/+$/, '')}/sod`
  return {
    certificate,
    digest: hash,
    async makeSod({ hashes, ldsVersion, unicodeVersion }: SodRequest) {
      const form = new URLSearchParams({ workerName: worker, encoding: 'base64', ldsVersion, unicodeVersion })
      for (const [n, bytes] of hashes) form.set(`dataGroup${n}`, Buffer.from(bytes).toString('base64'))
      try {
        const signal = AbortSignal.timeout(patience)
        const response = await fetch(address, { method: 'POST', body: form, redirect: 'error', signal })
        if (response.status !== 200) {
          await response.body?.cancel()
          throw new SignerError('SIGNER_TOKEN_GONE', `the signing server answered with status ${response.status}`)
        }
        return await bodyOf(response)
      } catch (cause) {
        if (cause instanceof SignerError) throw cause
        throw new SignerError('SIGNER_TOKEN_GONE', 'the signing server does not answer', {}, { cause })
      }
    },
  }
}

async function bodyOf(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  // Leaving the loop cancels what is still to come.
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > LONGEST) throw new SignerError('SIGNER_FAILED', 'the signing server answered with too much')
    parts.push(part)
  }
  return Uint8Array.from(Buffer.concat(parts))
}
