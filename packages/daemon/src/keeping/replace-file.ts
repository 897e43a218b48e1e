import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Puts new bytes in a file's place (mode 0600), on the disk when it resolves: whoever looks sees the old or the new, never half. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.new`
  try {
    const file = await open(beside, 'w', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** Makes a new name durable; where folders cannot be synced (Windows) the system does without. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
