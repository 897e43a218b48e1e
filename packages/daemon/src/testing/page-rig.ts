// What the browser tests of the page share: one Chromium and one built page a file, one stand-in and one context a test.
import type { Browser, Page } from 'playwright-core'
import { expect } from 'vitest'
import { buildPage, launchBrowser, openWatched, type Watched, type WatchOptions } from './browser.ts'
import { STAND_IN_CODE, type StandInDesk, startStandInDesk } from './stand-in-desk.ts'

export interface PageRig {
  /** Where the built page is. */
  readonly folder: string
  readonly browser: Browser
  /** Opens the page paired with a new stand-in, and waits until it asks for a card. */
  open(options?: WatchOptions & { readonly simulate?: boolean }): Promise<OpenPage>
  /** Closes what `open` opened, and demands that nothing strayed from the origin and nothing offended the policy. */
  closePage(): Promise<void>
  close(): Promise<void>
}

export interface OpenPage extends Watched {
  readonly desk: StandInDesk
  qrOf(id: string): string
  scan(text: string): Promise<void>
  /** Lays this card down, scans its QR and waits for the verdict. */
  read(id: string): Promise<void>
  textOf(selector: string): Promise<string>
}

export async function startPageRig(): Promise<PageRig> {
  const built = await buildPage()
  const browser = await launchBrowser()
  const opened: OpenPage[] = []
  return {
    folder: built.folder,
    browser,
    async open(options = {}) {
      const desk = await startStandInDesk({ page: built.folder, simulate: options.simulate ?? false })
      const watched = await openWatched(browser, `${desk.url}#code=${STAND_IN_CODE}`, options)
      const page = withMoves(watched, desk)
      opened.push(page)
      await page.shown('.idle')
      return page
    },
    async closePage() {
      for (const { context, desk, strayed, faults } of opened.splice(0)) {
        await context.close()
        await desk.close()
        expect(strayed).toEqual([])
        expect(faults).toEqual([])
      }
    },
    async close() {
      await browser.close()
      await built.remove()
    },
  }
}

function withMoves(watched: Watched, desk: StandInDesk): OpenPage {
  const { page }: { page: Page } = watched
  const qrOf = (id: string): string => desk.cards.get(id)?.made.qr ?? ''
  const scan = async (text: string): Promise<void> => {
    await page.locator('#scan').focus()
    await page.keyboard.insertText(text)
    await page.keyboard.press('Enter')
  }
  return {
    ...watched,
    desk,
    qrOf,
    scan,
    async read(id) {
      desk.lay(id)
      await scan(qrOf(id))
      await watched.shown('.verdict')
    },
    textOf: selector => page.locator(selector).innerText(),
  }
}
