// One process at a time writes a chain.
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KeepingError } from '@cccd/mrz'
import { LOCK_FILE } from './chain-folder.ts'

/** Chains that this very process holds, by the path of their lock. */
const held = new Set<string>()

/** Takes the folder's lock and returns how to let it go. Throws KeepingError AUDIT_UNAVAILABLE when a living process holds it;
 * the lock of one that is gone is taken over. */
export async function lockChain(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK_FILE)
  if (held.has(path)) throw taken(process.pid)
  held.add(path)
  try {
    const mine = `${process.pid} ${await startOf(process.pid)}\n`
    for (let tries = 0; ; tries++) {
      try {
        await writeFile(path, mine, { flag: 'wx', mode: 0o600 })
        break
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'EEXIST' || tries > 0) throw error
        const holder = await holderOf(path)
        if (holder !== undefined) throw taken(holder)
        await rm(path, { force: true })
      }
    }
  } catch (error) {
    held.delete(path)
    throw error
  }
  return async () => {
    await rm(path, { force: true })
    held.delete(path)
  }
}

function taken(pid: number): KeepingError {
  return new KeepingError('AUDIT_UNAVAILABLE', `process ${pid} is writing this log`, { step: 'lock' })
}

/** The living process that holds a lock; undefined when it is gone, or when its number belongs to another program now. */
async function holderOf(path: string): Promise<number | undefined> {
  const found = /^(\d{1,10}) (\S+)\n$/.exec(await readFile(path, 'utf8'))
  const pid = Number(found?.[1])
  // A crash left it empty, or an earlier start of this very number (as in a container).
  if (!found || pid === process.pid) return undefined
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ESRCH') return undefined
    // Another user's process: ours only if that user made the lock.
    if ((await stat(path)).uid === process.getuid?.()) return undefined
  }
  const start = await startOf(pid)
  return start === UNKNOWN || start === found[2] ? pid : undefined
}

const UNKNOWN = '-'

/** When a process started, in a form that no other process of that number has: Linux tells, elsewhere it is unknown. */
async function startOf(pid: number): Promise<string> {
  try {
    const [status, boot] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    ])
    // proc(5): starttime is the 22nd field, the 20th after the name in brackets.
    return `${boot.trim()}:${status.slice(status.lastIndexOf(')') + 2).split(' ')[19]}`
  } catch (error) {
    if (typeof (error as { code?: unknown }).code === 'string') return UNKNOWN
    throw error
  }
}
