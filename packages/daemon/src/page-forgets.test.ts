// The page in a real Chromium against the stand-in for the desk program: what is left of a person
// after "next person".
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { NO_BROWSER } from './testing/browser.ts'
import { reachableStrings } from './testing/heap-strings.ts'
import { type OpenPage, type PageRig, startPageRig } from './testing/page-rig.ts'

describe.skipIf(NO_BROWSER !== null)(
  `what the desk page forgets${NO_BROWSER === null ? '' : ` (${NO_BROWSER})`}`,
  () => {
    let rig: PageRig
    let at: OpenPage
    beforeAll(async () => {
      rig = await startPageRig()
    })
    beforeEach(async () => {
      at = await rig.open()
    })
    afterEach(() => rig.closePage())
    afterAll(() => rig?.close())

    test('after "next person" no value is left in the document, in storage, in the clipboard or in the memory of the page', async () => {
      const values = (): string[] => {
        const { holder, mrzLines } = at.desk.cards.get('genuine')?.made ?? {}
        const { fullName, personalNumber, placeOfResidence, placeOfOrigin, spouse, identifyingFeatures } = holder ?? {}
        const all = [
          fullName,
          personalNumber,
          placeOfResidence,
          placeOfOrigin,
          spouse,
          identifyingFeatures,
          ...(holder?.parents ?? []),
          ...(mrzLines ?? []),
        ]
        return all.filter((value): value is string => value !== undefined)
      }
      const found = (texts: readonly string[]): string[] =>
        values().filter(value => texts.some(text => text.includes(value)))
      await at.read('genuine')
      await at.page.keyboard.press('F4')
      await at.shown('.notice')
      // The search itself finds what is there to find.
      expect(found(await reachableStrings(at.page))).toContain(values()[0])
      expect(await at.page.evaluate('navigator.clipboard.readText()')).toContain(values()[0])
      expect(found([await at.page.content()]).length).toBeGreaterThan(3)

      await at.page.keyboard.press('F2')
      await at.shown('.idle')
      await at.shown('.notice.good')
      expect(at.desk.forgotten).toHaveLength(1)
      expect(found([await at.page.content()])).toEqual([])
      expect(await at.page.evaluate(`document.querySelector('canvas.portrait')`)).toBeNull()
      const stored = await at.page.evaluate(`(async () => JSON.stringify([
      {...localStorage}, {...sessionStorage}, document.cookie, history.state, location.href,
      await indexedDB.databases(), await caches.keys(), window.name, document.title,
    ]))()`)
      expect(found([stored as string])).toEqual([])
      expect(await at.page.evaluate('navigator.clipboard.readText()')).toBe('')
      expect(found(await reachableStrings(at.page))).toEqual([])
    })

    test('twenty people leave no more elements and hardly more memory behind than five', async () => {
      at.desk.pace = 1
      const session = await at.page.context().newCDPSession(at.page)
      await session.send('Performance.enable')
      const used = async (): Promise<{ readonly nodes: number; readonly heap: number }> => {
        for (let i = 0; i < 3; i++) await session.send('HeapProfiler.collectGarbage')
        const { metrics } = await session.send('Performance.getMetrics')
        const of = (name: string): number => metrics.find(metric => metric.name === name)?.value ?? 0
        return { nodes: of('Nodes'), heap: of('JSHeapUsedSize') }
      }
      const people = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i++) {
          await at.read('genuine')
          await at.shown('.checks')
          await at.page.keyboard.press('F2')
          await at.shown('.idle')
        }
      }
      await people(5)
      const before = await used()
      expect(before.heap).toBeGreaterThan(0)
      await people(15)
      const after = await used()
      expect(after.nodes).toBeLessThan(before.nodes * 1.1)
      expect(after.heap).toBeLessThan(before.heap * 1.1)
    })

    test('a reading that is stopped is forgotten by the desk, and its late answers show nothing', async () => {
      at.desk.holdAfter = 'EF.DG13'
      await at.scan(at.qrOf('genuine'))
      await at.shown('.from-chip')
      await at.page.keyboard.press('Escape')
      await at.shown('.idle')
      at.desk.holdAfter = null
      await at.page.waitForTimeout(200)
      expect(at.desk.forgotten).toHaveLength(1)
      expect(await at.page.locator('.person').count()).toBe(0)
    })

    test('leaving the page tells the desk to forget', async () => {
      await at.read('genuine')
      await at.page.goto('about:blank')
      await expect.poll(() => at.desk.forgotten.length).toBe(1)
    })

    test('reloading keeps the pairing, and shows nobody', async () => {
      await at.read('genuine')
      await at.page.reload()
      await at.shown('.idle')
      expect(await at.page.locator('.person').count()).toBe(0)
      await expect.poll(() => at.desk.forgotten.length).toBe(1)
    })
  },
)
