// A small real disk for tests of a full one: a tmpfs, which only root may mount.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk {
  readonly folder: string
  /** Takes all the space that is left. */
  fill(): void
  /** Gives that space back. */
  free(): void
  remove(): void
}

/** Mounts a disk of so many KiB; a sentence where this machine does not allow it. */
export function smallDisk(kib: number): SmallDisk | string {
  if (process.platform !== 'linux') return 'a small disk is mounted on Linux alone'
  const folder = mkdtempSync(join(tmpdir(), 'cccd-disk-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k,mode=0700`, 'tmpfs', folder], {
    encoding: 'utf8',
  })
  if (mounted.status !== 0) {
    rmdirSync(folder)
    return `mount is not allowed here: ${(mounted.stderr ?? mounted.error?.message ?? '').trim()}`
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill() {
      let chunk = 65_536
      while (chunk >= 1) {
        try {
          writeFileSync(ballast, new Uint8Array(chunk), { flag: 'a' })
        } catch (error) {
          if ((error as { code?: unknown }).code !== 'ENOSPC') throw error
          chunk = Math.floor(chunk / 2)
        }
      }
    },
    free: () => rmSync(ballast, { force: true }),
    remove() {
      const { status, stderr } = spawnSync('umount', ['-l', folder], { encoding: 'utf8' })
      if (status !== 0) throw new Error(`umount: ${stderr}`)
      rmdirSync(folder)
    },
  }
}
