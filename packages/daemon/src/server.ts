import { SCOPES } from './api/access.ts'
import { buildDeskApp } from './app.ts'
import { limitConnections } from './http/connections.ts'
import { Entrances, openListeners } from './http/listeners.ts'
import { faultFacts } from './http/log.ts'
import { removePortFile, writePortFile } from './http/port-file.ts'
import { type DeskParts, openDesk } from './services.ts'

export type { DeskParts } from './services.ts'

/** A desk that listens. */
export interface RunningDesk {
  /** Address of the desk's own page, without a code. */
  readonly url: string
  readonly port: number
  /** The socket for local programs. */
  readonly socket: string | undefined
  /** A new one-time code for the desk's own page, good for a quarter of an hour. */
  pairingCode(): string
  /** Reads the trust anchors again. */
  reloadAnchors(): Promise<void>
  /** Takes nothing new, ends the readings, lets what is being answered be answered for two seconds, and goes. */
  close(): Promise<void>
}

const DAY_MS = 86_400_000
const CODE_LIFE_MS = 15 * 60_000
/** What is being answered gets so long when the desk closes. */
const GRACE_MS = 2000

/**
 * Opens what the desk keeps, builds its routes and listens. Throws ServiceError DESK_LISTEN_FAILED, DESK_RUNNING or
 * DESK_STATE_DAMAGED, FormatError for a policy, key or trust store that is malformed, KeepingError for an audit log that cannot be opened.
 */
export async function startDesk(given: DeskParts): Promise<RunningDesk> {
  const { config, folders, log } = given
  let port = 0
  const ownUrl = (): string => `http://127.0.0.1:${port}/`
  const open = await openDesk(given, ownUrl)
  const { desk } = open
  let shut: () => Promise<void> = async () => undefined
  try {
    const entrances = new Entrances()
    const app = await buildDeskApp(desk, { entranceOf: raw => entrances.of(raw) })
    const connections = limitConnections(app.server, config.limits.connections)
    await app.ready()
    const { listen } = config
    const listeners = await openListeners(app.server, entrances, { listen, socket: folders?.socket, log })
    port = listeners.port
    shut = async () => {
      const closed = new Promise<void>(resolve => app.server.close(() => resolve()))
      connections.closeAll()
      await Promise.all([closed, listeners.close()])
    }
    if (folders) await writePortFile(folders.portFile, { port, pid: process.pid })
    log('info', 'listening', { port, socket: folders?.socket !== undefined, addresses: listen.addresses.length })
    let closing: Promise<void> | undefined
    const close = async (): Promise<void> => {
      log('info', 'closing')
      const notListening = listeners.close()
      // A port file that stays names a process that is gone; that is no reason to stay.
      if (folders) {
        await removePortFile(folders.portFile, process.pid).catch(error => log('warn', 'port-file', faultFacts(error)))
      }
      await open.stopReadings()
      const late = setTimeout(() => connections.closeAll(), GRACE_MS)
      const closed = new Promise<void>(resolve => app.server.close(() => resolve()))
      await app.close()
      connections.closeIdle()
      await Promise.all([closed, notListening])
      clearTimeout(late)
      await open.close()
      log('info', 'closed')
    }
    return {
      url: ownUrl(),
      port,
      socket: folders?.socket,
      pairingCode: () => {
        const tokenLifeMs = config.limits.tokenDays * DAY_MS
        const origin = new URL(ownUrl()).origin
        return desk.codes.issue({ scopes: SCOPES, role: 'clerk', origin, tokenLifeMs }, CODE_LIFE_MS).code
      },
      reloadAnchors: () => open.anchors.reload(),
      close: () => {
        closing ??= close()
        return closing
      },
    }
  } catch (error) {
    await shut()
    await open.stopReadings()
    await open.close()
    throw error
  }
}
