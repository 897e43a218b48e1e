import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { DeskError } from '../api/errors.ts'
import type { Entrance } from './host-guard.ts'

/** What the headers say of who asks. */
export interface Origin {
  /** The page's origin, exactly as sent; null where no browser is behind it. */
  readonly origin: string | null
  /** Whether it is the desk's own page. */
  readonly own: boolean
}

/**
 * Who asks: the desk's own page, a page of the allow-list, or a program that sends neither Origin nor Sec-Fetch-*.
 * `isPage` is for what a browser itself loads: the page and its parts. Throws DeskError ORIGIN_REFUSED or
 * FETCH_METADATA_REFUSED (https://www.w3.org/TR/fetch-metadata/).
 */
export function checkOrigin(
  raw: IncomingMessage,
  given: {
    readonly entrance: Entrance
    readonly host: string
    readonly allowed: ReadonlySet<string>
    readonly isPage: boolean
  },
): Origin {
  const own = `${given.entrance.scheme}://${given.host}`
  const origin = one(raw, 'origin')
  const fetch = fetchMetadata(raw)
  if (given.entrance.local) {
    if (origin !== undefined || fetch) throw new DeskError('ORIGIN_REFUSED', 'no browser comes by the socket')
    return { origin: null, own: false }
  }
  if (origin !== undefined && origin !== own && !given.allowed.has(origin)) {
    throw new DeskError('ORIGIN_REFUSED', 'the origin is not on the allow-list')
  }
  if (!fetch) return { origin: origin ?? null, own: origin === own }
  const { site, mode, dest } = fetch
  if (mode === 'websocket' && origin !== undefined) {
    // Browsers differ in what they call the site of a WebSocket; Origin stands always and has been checked.
    return { origin, own: origin === own }
  }
  if (given.isPage && mode === 'navigate' && (dest === undefined || dest === 'document')) {
    // Somebody opens the page: typed, bookmarked or by a link.
    return { origin: null, own: false }
  }
  if (site === 'none') refuse('the browser’s own request asks for what only code may ask for')
  if (site === 'same-origin') {
    if (origin !== undefined && origin !== own) refuse('Sec-Fetch-Site and Origin contradict one another')
  } else if (origin === undefined || origin === own) {
    refuse('Sec-Fetch-Site and Origin contradict one another')
  }
  // A frame, an object, or an address that is no page.
  if (mode === 'navigate') refuse('this is no page to open here')
  if (mode === 'no-cors' && !(given.isPage && site === 'same-origin')) refuse('only fetch and WebSocket reach the desk')
  return { origin: own === origin || site === 'same-origin' ? own : (origin ?? null), own: site === 'same-origin' }
}

const SITES = new Set(['cross-site', 'same-origin', 'same-site', 'none'])
const MODES = new Set(['cors', 'navigate', 'no-cors', 'same-origin', 'websocket'])

interface FetchMetadata {
  readonly site: string
  readonly mode: string | undefined
  readonly dest: string | undefined
}

/** The Sec-Fetch-* headers, or undefined where no browser sent them. */
function fetchMetadata(raw: IncomingMessage): FetchMetadata | undefined {
  const site = one(raw, 'sec-fetch-site')
  const mode = one(raw, 'sec-fetch-mode')
  const dest = one(raw, 'sec-fetch-dest')
  // Node's own fetch sends Sec-Fetch-Mode: cors and nothing else; a browser always names the site.
  if (site === undefined && dest === undefined && (mode === undefined || mode === 'cors')) return undefined
  if (site === undefined || !SITES.has(site)) refuse('Sec-Fetch-Site is missing or unknown')
  if (mode !== undefined && !MODES.has(mode)) refuse('Sec-Fetch-Mode is unknown')
  return { site, mode, dest }
}

/** The value of a header that stands at most once. */
function one(raw: IncomingMessage, name: keyof IncomingHttpHeaders & string): string | undefined {
  let found: string | undefined
  for (let i = 0; i < raw.rawHeaders.length; i += 2) {
    if (raw.rawHeaders[i]?.toLowerCase() !== name) continue
    if (found !== undefined) throw new DeskError('ORIGIN_REFUSED', `the header ${name} stands twice`)
    found = raw.rawHeaders[i + 1]
  }
  return found
}

function refuse(message: string): never {
  throw new DeskError('FETCH_METADATA_REFUSED', message)
}
