import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { DeskConfig } from './desk-config.ts'

/** Where a desk keeps what outlives it, and where it can be found while it runs. */
export interface DeskFolders {
  /** Tokens, the signing key, outbox, audit log. */
  readonly state: string
  /** The port file; the socket too, except on Windows. */
  readonly runtime: string
  /** Socket or named pipe; undefined when the configuration wants none. */
  readonly socket: string | undefined
  readonly portFile: string
  readonly tokenFile: string
}

/** The machine as far as folders depend on it. */
export interface Machine {
  readonly platform: NodeJS.Platform
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A desk with simulated cards: its tokens and its key are none of the real one's. */
  readonly training?: boolean
}

/** The folders of a configuration: those it names, else those that the service manager made (STATE_DIRECTORY and
 * RUNTIME_DIRECTORY of systemd), else the user's own by the habits of the system. */
export function deskFolders(
  config: Pick<DeskConfig, 'stateFolder' | 'runtimeFolder' | 'listen'>,
  machine: Machine,
): DeskFolders {
  const { environment } = machine
  const part = machine.training ? 'training' : ''
  const stateRoot = config.stateFolder ?? first(environment.STATE_DIRECTORY) ?? usersState(machine)
  const session =
    machine.platform === 'linux' && config.stateFolder === undefined ? environment.XDG_RUNTIME_DIR : undefined
  const runtimeRoot =
    config.runtimeFolder ?? first(environment.RUNTIME_DIRECTORY) ?? (session ? join(session, 'cccd') : stateRoot)
  const state = join(stateRoot, part)
  const runtime = join(runtimeRoot, part)
  const { socket } = config.listen
  return {
    state,
    runtime,
    socket: socket === false ? undefined : typeof socket === 'string' ? socket : socketIn(runtime, machine.platform),
    portFile: join(runtime, 'desk-port.json'),
    tokenFile: join(state, 'tokens.json'),
  }
}

/** systemd parts several folders by colons. */
function first(folders: string | undefined): string | undefined {
  return folders?.split(':', 1)[0] || undefined
}

function usersState({ platform, home, environment }: Machine): string {
  if (platform === 'win32') return join(environment.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'cccd')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'cccd')
  return join(environment.XDG_STATE_HOME ?? join(home, '.local', 'state'), 'cccd')
}

/** Named pipes share one name space on the whole machine: the name comes from the folder, which is the user's own. */
function socketIn(runtime: string, platform: NodeJS.Platform): string {
  if (platform !== 'win32') return join(runtime, 'desk.sock')
  const name = createHash('sha256').update(runtime.toLowerCase()).digest('hex').slice(0, 16)
  return `\\\\.\\pipe\\cccd-desk-${name}`
}
