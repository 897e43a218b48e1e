// A private SoftHSM: a token of its own in a folder of its own, as test-rig calls for.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PLACES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
]

export const LIBRARY: string = PLACES.find(existsSync) ?? ''

/** Why there can be no SoftHSM here; empty when there can. */
export function softHsmMissing(): string {
  if (LIBRARY === '' || spawnSync('softhsm2-util', ['--version']).status !== 0) return 'SoftHSM2 is not installed'
  return ''
}

export interface SoftHsm {
  readonly library: string
  readonly tokenLabel: string
  readonly pin: string
  /** For a process of its own. */
  readonly env: Readonly<Record<string, string>>
  /** Takes the token away and puts it back. */
  unplug(): void
  plug(): void
  remove(): void
}

/** Makes a token and points this process at it. Remove it. */
export function startSoftHsm(tokenLabel = 'line one'): SoftHsm {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-hsm-'))
  const [tokens, away, conf] = [join(folder, 'tokens'), join(folder, 'away'), join(folder, 'softhsm2.conf')]
  mkdirSync(tokens)
  mkdirSync(away)
  writeFileSync(conf, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`)
  const before = process.env.SOFTHSM2_CONF
  process.env.SOFTHSM2_CONF = conf
  const pin = '918273'
  const words = ['--init-token', '--free', '--label', tokenLabel, '--so-pin', '00998877', '--pin', pin]
  execFileSync('softhsm2-util', words, { stdio: 'ignore' })
  const move = (from: string, to: string): void => {
    for (const name of readdirSync(from)) renameSync(join(from, name), join(to, name))
  }
  return {
    library: LIBRARY,
    tokenLabel,
    pin,
    env: { SOFTHSM2_CONF: conf },
    unplug: () => move(tokens, away),
    plug: () => move(away, tokens),
    remove() {
      if (before === undefined) delete process.env.SOFTHSM2_CONF
      else process.env.SOFTHSM2_CONF = before
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
