import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { ConnectorError } from '@cccd/card-core'

/** Appends bytes to a file, which is made for its owner alone, or writes them to a pipe that somebody reads. Throws
 * ConnectorError TEXT_TARGET_FAILED. */
export async function sendToFile(path: string, bytes: Uint8Array): Promise<void> {
  // Non-blocking: a pipe that nobody reads is an error and not a wait for ever. No links: who may write into the folder
  // should not choose where a patient's name goes.
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
  try {
    const file = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
    try {
      const found = await file.stat()
      if (!found.isFile() && !found.isFIFO()) throw Object.assign(new Error(), { code: 'neither file nor pipe' })
      for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
    } finally {
      await file.close()
    }
  } catch (error) {
    const step = stepOf(error)
    const options = { cause: error }
    throw new ConnectorError(
      'TEXT_TARGET_FAILED',
      `the file did not take the text (${step})`,
      { file: path, step },
      options,
    )
  }
}

function stepOf(error: unknown): string {
  const code = String((error as { code?: unknown }).code)
  if (code === 'ENXIO') return 'nobody reads the pipe'
  return code === 'EAGAIN' ? 'the reader of the pipe is too slow' : code
}
