// The page in a real Chromium against the stand-in for the desk program: a whole visit without a pointer.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { NO_BROWSER } from './testing/browser.ts'
import { type OpenPage, type PageRig, startPageRig } from './testing/page-rig.ts'

describe.skipIf(NO_BROWSER !== null)(
  `the desk page by the keyboard alone${NO_BROWSER === null ? '' : ` (${NO_BROWSER})`}`,
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

    test('a whole visit without a pointer: scan, verdict, copy, checks, export, next; the focus is always seen', async () => {
      const focused = (): Promise<string> =>
        at.page.evaluate(`(() => {
      const { activeElement } = document
      const style = getComputedStyle(activeElement.id === 'scan' ? activeElement.parentElement : activeElement)
      return [activeElement.id || activeElement.className || activeElement.tagName, style.outlineStyle, parseFloat(style.outlineWidth) >= 2].join(' ')
    })()`) as Promise<string>
      expect(await focused()).toBe('scan solid true')
      await at.page.keyboard.insertText(at.qrOf('genuine'))
      await at.page.keyboard.press('Enter')
      await at.shown('.verdict')
      await expect.poll(focused).toBe('banner verdict green solid true')
      await at.page.keyboard.press('Tab')
      expect(await focused()).toBe('copy solid true')
      await at.page.keyboard.press('Enter')
      expect(await at.page.evaluate('navigator.clipboard.readText()')).toBe(
        at.desk.cards.get('genuine')?.made.holder.fullName,
      )
      await at.page.keyboard.press('F4')
      await expect
        .poll(() => at.page.evaluate('navigator.clipboard.readText()'))
        .toContain('Số định danh: 999190012345')
      await at.page.keyboard.press('F8')
      expect(await at.page.evaluate(`document.activeElement === document.querySelector('.menu li button')`)).toBe(true)
      await at.page.keyboard.press('Escape')
      expect(await at.page.locator('.menu').getAttribute('open')).toBeNull()
      expect(await at.page.locator('.verdict').count()).toBe(1)
      await at.page.keyboard.press('F9')
      expect(await at.page.locator('.checks').getAttribute('open')).not.toBeNull()
      await at.page.keyboard.press('Escape')
      await at.shown('.idle')
      await expect.poll(focused).toBe('scan solid true')
    })

    test('Tab reaches every control of every state, and each shows its focus', async () => {
      for (const state of ['idle', 'done'] as const) {
        if (state === 'done') await at.read('genuine')
        const wanted = (await at.page.evaluate(`(() => {
        const all = [...document.querySelectorAll('a[href], button, input, textarea, select, summary')]
        return all.filter(it => it.checkVisibility() && !it.closest('dialog:not([open])')).length
      })()`)) as number
        await at.page.evaluate('document.activeElement.blur()')
        const seen = (
          await (async () => {
            const names: string[] = []
            // One more: from the last control the focus leaves the document once before it comes round.
            for (let i = 0; i <= wanted; i++) {
              await at.page.keyboard.press('Tab')
              names.push(
                (await at.page.evaluate(`(() => {
              const it = document.activeElement
              if (it === document.body) return ''
              it.dataset.seen = '1'
              const ring = it.closest('.input-box, .file') ?? it
              return getComputedStyle(ring).outlineStyle === 'none' ? it.outerHTML.slice(0, 80) : ''
            })()`)) as string,
              )
            }
            return names
          })()
        ).filter(Boolean)
        expect(seen).toEqual([])
        expect(await at.page.locator('[data-seen]').count()).toBe(wanted)
        await at.page.evaluate(`document.querySelectorAll('[data-seen]').forEach(it => delete it.dataset.seen)`)
      }
    })

    test('the list of keys opens, keeps the focus inside, and closes without ending the visit', async () => {
      await at.read('genuine')
      await at.page.keyboard.press('F1')
      await at.shown('dialog[open]')
      await at.page.keyboard.press('Tab')
      expect(
        await at.page.evaluate(
          `document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)`,
        ),
      ).toBe(true)
      await at.page.keyboard.press('Escape')
      await expect.poll(() => at.page.locator('dialog[open]').count()).toBe(0)
      expect(await at.page.locator('.verdict').count()).toBe(1)
    })

    test('what is typed with the focus elsewhere goes into the box', async () => {
      await at.page.evaluate('document.activeElement.blur()')
      await at.page.keyboard.type('99919', { delay: 90 })
      expect(await at.page.locator('#scan').inputValue()).toBe('99919')
      expect(await at.textOf('#scan-state')).toContain('Còn thiếu 7 số')
      await at.page.keyboard.press('Escape')
      expect(await at.page.locator('#scan').inputValue()).toBe('')
    })
  },
)
