import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { FormatError } from '@cccd/card-core'
import type { Context } from './wiring.ts'

/** The text of a configuration of the desk and where it stands; `{}` where the user has none. */
export interface DeskConfigFile {
  readonly text: string
  /** Undefined: there is no file, all is by default. */
  readonly path: string | undefined
}

/** --config, then CCCD_DESK_CONFIG, then desk.json of the user's configuration folder. Throws FormatError
 * DESK_CONFIG_MALFORMED for a file that was named and cannot be read. */
export async function readDeskConfigFile(
  option: unknown,
  environment: Context['environment'],
): Promise<DeskConfigFile> {
  const named = typeof option === 'string' ? option : environment.CCCD_DESK_CONFIG || undefined
  const path = resolve(named ?? usersDeskConfig(environment))
  try {
    return { text: await readFile(path, 'utf8'), path }
  } catch (cause) {
    const code = (cause as { code?: unknown }).code
    if (named === undefined && code === 'ENOENT') return { text: '{}', path: undefined }
    throw new FormatError(
      'DESK_CONFIG_MALFORMED',
      `the configuration cannot be read (${String(code)})`,
      { file: path },
      { cause },
    )
  }
}

function usersDeskConfig(environment: Context['environment']): string {
  if (process.platform === 'win32') {
    return join(environment.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'cccd', 'desk.json')
  }
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'cccd', 'desk.json')
  return join(environment.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'cccd', 'desk.json')
}
