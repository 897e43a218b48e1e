import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { JobError } from '@cccd/card-core'
import { formatJob, type JobDraft, parseDraft } from '../../prepare/job.ts'

const NONCE = 12
const TAG = 16
export const KEY_LENGTH = 32

/** A draft encrypted under a key of its own. */
export interface SealedDraft {
  readonly id: string
  readonly line: number
  readonly key: Uint8Array
  readonly body: Uint8Array
}

/** Nonce, ciphertext and tag of AES-256-GCM; bound to `label`. */
export function seal(key: Uint8Array, label: string, plain: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(label))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Throws JobError JOB_FAILED for what was not sealed by `seal` under this key and label. */
export function unseal(key: Uint8Array, label: string, sealed: Uint8Array): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG })
    decipher.setAAD(Buffer.from(label)).setAuthTag(sealed.subarray(sealed.length - TAG))
    return Buffer.concat([decipher.update(sealed.subarray(NONCE, sealed.length - TAG)), decipher.final()])
  } catch (cause) {
    throw new JobError('JOB_FAILED', 'a job was changed, or the key file is another store’s', {}, { cause })
  }
}

/** Seals a draft under `key`, a fresh one when absent. */
export function sealDraft(draft: JobDraft, key: Uint8Array = Uint8Array.from(randomBytes(KEY_LENGTH))): SealedDraft {
  const packed = deflateRawSync(Buffer.from(formatJob(draft)), { level: 1 })
  return { id: draft.id, line: draft.line, key, body: seal(key, draft.id, packed) }
}

/** Throws JobError JOB_FAILED for a body that was changed. */
export function unsealDraft(key: Uint8Array, id: string, body: Uint8Array): JobDraft {
  return parseDraft(inflateRawSync(unseal(key, id, body)).toString('utf8'))
}
