// The page in a real Chromium against the stand-in for the desk program: errors, lost connections, practice.
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { NO_BROWSER, openWatched } from './testing/browser.ts'
import { type OpenPage, type PageRig, startPageRig } from './testing/page-rig.ts'
import { STAND_IN_CODE } from './testing/stand-in-desk.ts'

describe.skipIf(NO_BROWSER !== null)(
  `the desk page when something goes wrong${NO_BROWSER === null ? '' : ` (${NO_BROWSER})`}`,
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

    test('another page that reads is told with code and both languages, and reading again works afterwards', async () => {
      at.desk.refuse = {
        status: 409,
        code: 'READER_BUSY',
        vi: 'Đầu đọc đang đọc cho trang khác.',
        en: 'The reader is reading for another page.',
      }
      await at.scan(at.qrOf('genuine'))
      await at.shown('.trouble-panel')
      expect(await at.textOf('.trouble-panel')).toContain('Đầu đọc đang đọc cho trang khác.')
      expect(await at.textOf('.trouble-panel')).toContain('for another page')
      expect(await at.textOf('.trouble-panel')).toContain('READER_BUSY')
      await at.page.keyboard.press('F7')
      await at.shown('.verdict.green')
    })

    test('a wrong key is not tried again with the same text: it would cost the card a try', async () => {
      at.desk.breakWith = {
        code: 'ACCESS_KEY_WRONG',
        vi: 'Không khớp.',
        en: 'Does not fit.',
        hintVi: 'Quét lại.',
        hintEn: 'Scan again.',
        triesLeft: 3,
      }
      await at.scan('999190012345')
      await at.shown('.trouble-panel')
      expect(await at.textOf('.trouble-panel')).toContain('Thẻ còn cho thử 3 lần')
      const before = at.desk.asked.filter(line => line === 'POST /v1/readings').length
      await at.page.keyboard.press('F7')
      await at.page.waitForTimeout(100)
      expect(at.desk.asked.filter(line => line === 'POST /v1/readings')).toHaveLength(before)
      await at.page.getByRole('button', { name: 'Quét hoặc gõ lại' }).click()
      await at.shown('.idle')
    })

    test('a session that ends erases the person and asks for a new pairing', async () => {
      await at.read('genuine')
      at.desk.revoke()
      await at.shown('.pairing')
      expect(await at.page.content()).not.toContain(at.desk.cards.get('genuine')?.made.holder.fullName)
      expect(await at.page.evaluate('sessionStorage.length')).toBe(0)
      expect(await at.textOf('.pairing')).toContain('TOKEN_REFUSED')
    })

    test('a desk program that goes away is told, and found again by itself; what could not be erased there is erased then', async () => {
      await at.read('genuine')
      await at.desk.goAway()
      await at.shown('.link-lost')
      expect(await at.textOf('.link-lost')).toContain('Mất kết nối')
      await at.page.keyboard.press('F2')
      await at.shown('.notice.bad')
      expect(await at.page.locator('.person').count()).toBe(0)
      await at.desk.comeBack()
      await at.gone('.link-lost')
      await expect.poll(() => at.desk.forgotten.length).toBe(1)
    })

    test('a reader that is unplugged, one whose card is silent and a lost service each say what to do', async () => {
      at.desk.show({ name: 'Virtual PCD 00 00', state: 'mute' })
      await expect.poll(() => at.textOf('.reader')).toContain('Thẻ không trả lời')
      at.desk.show({ name: 'Virtual PCD 00 00', state: 'gone' })
      await at.shown('.trouble')
      expect(await at.textOf('.trouble')).toContain('Cắm đầu đọc vào cổng USB')
      at.desk.show({ name: 'Virtual PCD 00 00', state: 'empty' })
      await at.gone('.trouble')
      expect(await at.textOf('.idle')).toContain('Đặt thẻ lên đầu đọc')
      at.desk.service('lost')
      await expect.poll(() => at.textOf('.reader')).toContain('Mất dịch vụ đầu đọc')
      expect(await at.textOf('.trouble')).toContain('gọi người quản trị')
    })

    test('a wrong pairing code is told, and the right one typed by hand opens the desk', async () => {
      await at.page.getByRole('button', { name: 'Kết thúc ca' }).click()
      await at.shown('.pairing')
      await at.page.keyboard.type('WRONG-CODE')
      await at.page.keyboard.press('Enter')
      await at.shown('.trouble')
      expect(await at.textOf('.pairing')).toContain('PAIRING_CODE_WRONG')
      await at.page.locator('#pairing-code').fill(STAND_IN_CODE)
      await at.page.keyboard.press('Enter')
      await at.shown('.idle')
    })

    test('the drawer of simulated cards lies at hand, says what each shows, and reads at one press', async () => {
      at = await rig.open({ simulate: true })
      await at.shown('.drawer')
      expect(await at.page.locator('.drawer li').count()).toBe(at.desk.cards.size)
      await at.page.locator('[data-card=copied-chip]').click()
      await at.shown('.verdict.red')
      expect(await at.textOf('#verdict-why')).toContain('bản sao')
      await at.page.locator('[data-card=genuine]').click()
      await at.shown('.verdict.green')
    })

    test('the watch of these tests sees what strays and what offends the policy', async () => {
      const { context, strayed, faults } = await openWatched(rig.browser, at.desk.url)
      const other = context.pages()[0] as Page
      await other.evaluate(`fetch('http://127.0.0.1:9/stray').catch(() => undefined)`)
      await other
        .evaluate(
          `document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.x = 1' }))`,
        )
        .catch(() => undefined)
      await expect.poll(() => faults.length).toBeGreaterThan(0)
      expect(await other.evaluate('window.x')).toBeUndefined()
      expect(strayed.length + faults.filter(fault => fault.includes('stray')).length).toBeGreaterThan(0)
      await context.close()
    })
  },
)
