import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Remembers which bundles were used. Keys are digests: what is remembered tells nothing of a holder. */
export interface ReplayMemory {
  /** Whether one of the keys is known. */
  has(keys: readonly string[]): Promise<boolean>
  /** Remembers all keys until that time, in one step: of two that claim at once, one is told `seen`. */
  claim(keys: readonly string[], until: Date): Promise<'new' | 'seen' | 'full'>
}

/** The keys of a bundle: its request, and its nonce for whoever it is meant for. */
export function replayKeys(given: {
  readonly requestId: string
  readonly nonce: string
  readonly audience?: string
}): readonly string[] {
  const key = (...parts: readonly string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  return [key('request', given.requestId), key('nonce', given.audience ?? '', given.nonce)]
}

/** A memory that ends with the process, of at most `most` keys. When it is full of keys that still count, nothing more is
 * taken: forgetting one would let it be used again. */
export function replayMemory(given: { readonly now: () => Date; readonly most?: number }): ReplayMemory {
  const { now, most = 200_000 } = given
  const known = new Map<string, number>()
  const counts = (key: string): boolean => (known.get(key) ?? 0) > now().getTime()
  return {
    async has(keys) {
      return keys.some(counts)
    },
    async claim(keys, until) {
      if (keys.some(counts)) return 'seen'
      if (known.size + keys.length > most) {
        for (const key of known.keys()) if (!counts(key)) known.delete(key)
        if (known.size + keys.length > most) return 'full'
      }
      for (const key of keys) known.set(key, until.getTime())
      return 'new'
    },
  }
}

/** A memory in a folder of mode 0700, for several processes: a file for each key, made in one step. Files of keys that
 * count no longer are removed when the memory is opened; one that cannot be read counts for ever. */
export async function replayMemoryIn(folder: string, given: { readonly now: () => Date }): Promise<ReplayMemory> {
  const { now } = given
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const counts = async (key: string): Promise<boolean> => {
    try {
      // Not `>`: what is no time counts.
      return !(Date.parse(await readFile(join(folder, key), 'utf8')) <= now().getTime())
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ENOENT') return false
      throw error
    }
  }
  for (const name of await readdir(folder)) {
    if (/^[0-9a-f]{64}$/.test(name) && !(await counts(name))) await rm(join(folder, name), { force: true })
  }
  return {
    async has(keys) {
      for (const key of keys) if (await counts(key)) return true
      return false
    },
    async claim(keys, until) {
      for (const key of keys) if (await counts(key)) return 'seen'
      for (const key of keys) {
        const path = join(folder, key)
        try {
          await writeFile(path, until.toISOString(), { flag: 'wx', mode: 0o600 })
        } catch (error) {
          if ((error as { code?: unknown }).code !== 'EEXIST') throw error
          // Somebody was quicker, or an old file is still there, which the next opening of the memory removes.
          return 'seen'
        }
      }
      return 'new'
    },
  }
}
