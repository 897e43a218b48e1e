import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConnectorError } from '@cccd/card-core'
import { syncFolder } from '../../keeping/replace-file.ts'

const LENGTH = 32

/** The outbox's key: 32 bytes in a file of mode 0600, made where there is none yet. Throws ConnectorError OUTBOX_FAILED
 * with the path when others can read it or it has another length. */
export async function outboxKey(path: string, random: (length: number) => Uint8Array): Promise<Uint8Array> {
  try {
    return await readKey(path)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw refused(path, error)
  }
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const key = random(LENGTH)
    await makeKey(path, key)
    return key
  } catch (error) {
    throw refused(path, error)
  }
}

async function readKey(path: string): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const found = await file.stat()
    if (!found.isFile()) throw new ConnectorError('OUTBOX_FAILED', 'the outbox key is no regular file', { file: path })
    if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
      throw new ConnectorError('OUTBOX_FAILED', 'others can read the outbox key: chmod 600', { file: path })
    }
    if (found.size !== LENGTH) {
      throw new ConnectorError('OUTBOX_FAILED', `the outbox key has ${found.size} bytes, not ${LENGTH}`, { file: path })
    }
    return new Uint8Array(await file.readFile())
  } finally {
    await file.close()
  }
}

async function makeKey(path: string, key: Uint8Array): Promise<void> {
  const file: FileHandle = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(key)
    await file.sync()
    await file.close()
  } catch (error) {
    await file.close()
    // Half a key would lock everybody out for good.
    await rm(path, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

function refused(path: string, error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error
  const code = String((error as { code?: unknown }).code)
  return new ConnectorError('OUTBOX_FAILED', `the outbox key cannot be had (${code})`, { file: path, step: code })
}
