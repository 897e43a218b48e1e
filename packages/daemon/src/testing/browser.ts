// A real Chromium for tests of the page, and what they all watch: nothing leaves the page's own origin, nothing offends
// the Content-Security-Policy, nothing is thrown.
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Chromium's path: CCCD_CHROMIUM, else where distributions put it; undefined where there is none. */
export const CHROMIUM: string | undefined = [process.env.CCCD_CHROMIUM ?? '', ...CANDIDATES].find(path =>
  existsSync(path),
)

/** Why browser tests cannot run here; null when they can. */
export const NO_BROWSER: string | null = CHROMIUM === undefined ? 'no Chromium: npm run setup' : null

/** Builds the page as it stands into a folder of its own: tests neither depend on dist nor change it. */
export async function buildPage(): Promise<{ readonly folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cccd-page-'))
  await build({
    configFile: fileURLToPath(new URL('../../vite.config.ts', import.meta.url)),
    mode: 'production',
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true },
  })
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

export async function launchBrowser(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('no Chromium')
  // Chromium's own sandbox does not start as root, as which tests in containers run.
  const asRoot = process.getuid?.() === 0
  return await chromium.launch({
    executablePath: CHROMIUM,
    chromiumSandbox: !asRoot,
    args: ['--disable-dev-shm-usage', '--font-render-hinting=none', '--disable-background-networking'],
  })
}

export interface Watched {
  readonly context: BrowserContext
  readonly page: Page
  /** Requests to anywhere but the page's own origin. */
  readonly strayed: readonly string[]
  /** Reports of the Content-Security-Policy and whatever was thrown or logged as an error. */
  readonly faults: string[]
  /** Waits until it is shown. (page.waitForSelector would keep the element, and what hangs on it, from being collected.) */
  shown(selector: string): Promise<void>
  /** Waits until it is not there. */
  gone(selector: string): Promise<void>
}

export interface WatchOptions {
  readonly width?: number
  readonly height?: number
  readonly dark?: boolean
  readonly touch?: boolean
}

/** Opens an address in a context of its own and watches what it does. Errors about replies that a test provokes are in `faults` too. */
export async function openWatched(browser: Browser, url: string, options: WatchOptions = {}): Promise<Watched> {
  const { origin } = new URL(url)
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.dark ? 'dark' : 'light',
    hasTouch: options.touch ?? false,
    reducedMotion: 'reduce',
    locale: 'vi-VN',
  })
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin })
  const strayed: string[] = []
  const faults: string[] = []
  const page = await context.newPage()
  page.on('request', request => {
    const to = request.url()
    if (!to.startsWith(`${origin}/`) && !to.startsWith('data:') && !to.startsWith(`blob:${origin}/`)) strayed.push(to)
  })
  page.on('websocket', socket => {
    if (new URL(socket.url()).host !== new URL(origin).host) strayed.push(socket.url())
  })
  page.on('pageerror', error => faults.push(String(error)))
  page.on('console', message => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) faults.push(message.text())
  })
  await page.goto(url)
  const wait = (selector: string, state: 'visible' | 'detached'): Promise<void> =>
    page.locator(selector).first().waitFor({ state, timeout: 10_000 })
  return {
    ...{ context, page, strayed, faults },
    shown: selector => wait(selector, 'visible'),
    gone: selector => wait(selector, 'detached'),
  }
}
