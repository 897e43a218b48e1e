import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Tells local programs at which port the desk listens: JSON { port, pid }, readable by this user alone. */
export async function writePortFile(
  path: string,
  value: { readonly port: number; readonly pid: number },
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const beside = `${path}.${value.pid}`
  await rm(beside, { force: true })
  await writeFile(beside, `${JSON.stringify(value)}\n`, { mode: 0o600, flag: 'wx' })
  await rename(beside, path)
}

/** Removes the port file, unless another desk has written its own meanwhile. */
export async function removePortFile(path: string, pid: number): Promise<void> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return
    throw error
  }
  if (text.includes(`"pid":${pid}}`)) await rm(path, { force: true })
}
