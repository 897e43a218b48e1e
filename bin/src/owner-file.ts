import { open } from 'node:fs/promises'

/** Writes a file that only its owner reads, also where one of that name with other rights was there before. */
export async function writeForOwner(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    if ((await file.stat()).isFile()) await file.chmod(0o600)
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}
