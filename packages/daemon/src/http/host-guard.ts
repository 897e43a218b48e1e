import type { IncomingMessage } from 'node:http'
import { DeskError } from '../api/errors.ts'

/** By which way a request came. */
export interface Entrance {
  readonly scheme: 'http' | 'https'
  /** What Host may be here, each exactly as it is sent. */
  readonly hosts: ReadonlySet<string>
  /** The socket of this machine's user: no browser reaches it. */
  readonly local: boolean
}

/** The exact Host values for loopback; a browser leaves the port away where it is the scheme's own. */
export function loopbackHosts(port: number): ReadonlySet<string> {
  return hostsOf(['127.0.0.1', '[::1]', 'localhost'], port, 80)
}

/** The exact Host values of a named address. */
export function namedHosts(names: readonly string[], port: number): ReadonlySet<string> {
  return hostsOf(
    names.map(name => (name.includes(':') ? `[${name}]` : name)),
    port,
    443,
  )
}

function hostsOf(names: readonly string[], port: number, own: number): ReadonlySet<string> {
  return new Set(names.flatMap(name => (port === own ? [name, `${name}:${port}`] : [`${name}:${port}`])))
}

/**
 * The Host of a request, when it is on the list of its entrance; a page that reached this machine under another name
 * (DNS rebinding) sends that name. Throws DeskError HOST_REFUSED for any other, for none and for two.
 */
export function checkHost(raw: IncomingMessage, entrance: Entrance): string {
  let hosts = 0
  // `headers` keeps the first of two silently.
  for (let i = 0; i < raw.rawHeaders.length; i += 2) if (raw.rawHeaders[i]?.toLowerCase() === 'host') hosts++
  const host = raw.headers.host
  if (hosts !== 1 || host === undefined || !entrance.hosts.has(host)) {
    throw new DeskError('HOST_REFUSED', 'Host is none of the desk’s addresses')
  }
  // A request line with a whole URL in it names a second host.
  if (!raw.url?.startsWith('/')) throw new DeskError('HOST_REFUSED', 'the request line names a whole URL')
  return host
}
