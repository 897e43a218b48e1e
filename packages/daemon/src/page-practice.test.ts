// A clerk in training: `cccd serve --simulate` in a process of its own, as people run it, and the page in a real Chromium.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launchBrowser, NO_BROWSER, openWatched, type Watched } from './testing/browser.ts'
import { accessibilityFaults } from './testing/page-checks.ts'

const CCCD = fileURLToPath(new URL('../../../bin/cccd.mjs', import.meta.url))
const BUILT = ['../../../bin/dist/cccd.js', '../dist/page/index.html'].every(path =>
  existsSync(fileURLToPath(new URL(path, import.meta.url))),
)
const reason = NO_BROWSER ?? (BUILT ? null : 'cccd is not built: npm run build')

describe.skipIf(reason !== null)(
  `practising with cccd serve --simulate${reason === null ? '' : ` (${reason})`}`,
  () => {
    const home = mkdtempSync(join(tmpdir(), 'cccd-practice-'))
    let child: ChildProcess
    let browser: Browser
    let address: string
    let at: Watched
    let log = ''

    beforeAll(async () => {
      browser = await launchBrowser()
      const own = { HOME: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home, XDG_RUNTIME_DIR: '', CCCD_DESK_CONFIG: '' }
      child = spawn(process.execPath, [CCCD, 'serve', '--simulate', '--port', '0', '--json'], {
        env: { ...process.env, ...own },
      })
      child.stderr?.on('data', chunk => (log += String(chunk)))
      const told = await new Promise<string>((resolve, reject) => {
        let out = ''
        child.stdout?.on('data', chunk => {
          out += String(chunk)
          if (out.endsWith('}\n')) resolve(out)
        })
        child.once('close', status => reject(new Error(`ended with ${status}: ${log}`)))
      })
      address = (JSON.parse(told) as { pairing: { page: string } }).pairing.page
      at = await openWatched(browser, address)
      await at.shown('.drawer')
    })
    beforeEach(() => at.shown('.idle'))
    afterEach(async () => {
      await at.page.keyboard.press('F2')
      await at.shown('.idle')
      expect([at.strayed, at.faults]).toEqual([[], []])
    })
    afterAll(async () => {
      await browser?.close()
      child?.kill('SIGTERM')
      rmSync(home, { recursive: true, force: true })
    })

    const textOf = (selector: string): Promise<string> => at.page.locator(selector).innerText()

    test('the address that cccd tells opens the page, and the code is gone from it', async () => {
      expect(at.page.url()).toBe(new URL('/', address).href)
      expect(await textOf('.reader')).toContain('Đầu đọc sẵn sàng')
      expect(await accessibilityFaults(at.page)).toEqual([])
    })

    const SHOWN: readonly (readonly [string, string, string])[] = [
      ['genuine', 'ĐẠT', 'còn nguyên vẹn'],
      ['expired', 'KHÔNG ĐẠT', 'Thẻ đã hết hạn'],
      ['forged-hash', 'KHÔNG ĐẠT', 'Dữ liệu trong chip đã bị sửa'],
      ['foreign-signer', 'KHÔNG ĐẠT', 'Cơ quan cấp bị mạo danh'],
      ['copied-chip', 'KHÔNG ĐẠT', 'Chip có dấu hiệu là bản sao'],
    ]
    test.each(SHOWN)('the practice card %s shows %s: %s', async (id, large, why) => {
      await at.page.locator(`[data-card=${id}]`).click()
      await at.shown('.verdict')
      expect((await textOf('#verdict-word')).split('\n')[0]).toMatch(new RegExp(`^${large}`))
      expect(await textOf('#verdict-why')).toContain(why)
      await at.shown('canvas.portrait')
      await at.shown('.checks')
      expect(await accessibilityFaults(at.page)).toEqual([])
    })

    test('a card that is taken away is waited for', async () => {
      await at.page.locator('[data-card=genuine]').click()
      await at.shown('.verdict')
      await at.page.getByRole('button', { name: 'Nhấc thẻ ra' }).click()
      await expect.poll(() => textOf('.reader')).toContain('Đầu đọc sẵn sàng')
      await at.page.keyboard.press('F7')
      await expect.poll(() => textOf('#stage')).toContain('Đặt thẻ lên đầu đọc')
    })

    test('a finished person goes out as FHIR and as XML1 files, and only when asked', async () => {
      await at.page.locator('[data-card=genuine]').click()
      await at.shown('.verdict')
      for (const [title, name, inside] of [
        ['Tệp HL7 FHIR', 'nguoi-benh.fhir.json', '"resourceType": "Patient"'],
        ['Tệp HIS', 'nguoi-benh.xml', '<HO_TEN>'],
      ] as const) {
        await at.page.keyboard.press('F8')
        const [download] = await Promise.all([
          at.page.waitForEvent('download'),
          at.page.getByRole('button', { name: title }).click(),
        ])
        expect(download.suggestedFilename()).toBe(name)
        const path = join(home, name)
        await download.saveAs(path)
        expect(readFileSync(path, 'utf8').includes(inside)).toBe(true)
      }
    })

    test('the log of the desk holds nothing of the people on the cards', () => {
      expect(log).toContain('listening')
      expect(log).not.toMatch(/999190|TRẦN|Thử Nghiệm/)
    })
  },
)
