// The page in a real Chromium against the stand-in for the desk program: what each state
// shows. page-pcscd.test.ts runs the same page over the real daemon.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { NO_BROWSER } from './testing/browser.ts'
import { type OpenPage, type PageRig, startPageRig } from './testing/page-rig.ts'
import { STAND_IN_CODE } from './testing/stand-in-desk.ts'

describe.skipIf(NO_BROWSER !== null)(`the desk page${NO_BROWSER === null ? '' : ` (${NO_BROWSER})`}`, () => {
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

  test('the code leaves the address bar and the history before anything else happens, and the token is no secret of the DOM', async () => {
    expect(at.page.url()).toBe(at.desk.url)
    expect(await at.page.evaluate('history.length')).toBeLessThanOrEqual(2)
    expect(await at.page.content()).not.toContain(STAND_IN_CODE)
    expect(await at.page.evaluate('Object.keys(localStorage).sort().join()')).toBe('cccd.language,cccd.theme')
    expect(await at.page.evaluate('Object.keys(sessionStorage).join()')).toBe('cccd.token')
  })

  test('from the scan to the name before anything is judged, then the green verdict with the portrait', async () => {
    const { holder } = at.desk.cards.get('genuine')?.made ?? {}
    at.desk.holdAfter = 'EF.DG13'
    await at.scan(at.qrOf('genuine'))
    await at.shown('.from-chip')
    expect(await at.textOf('[data-field=fullName]')).toBe(holder?.fullName)
    expect((await at.textOf('[data-field=personalNumber]')).replace(/\s/g, '')).toBe(holder?.personalNumber)
    expect(await at.textOf('#stage')).toContain('Đang đọc')
    expect(await at.textOf('.bytes')).toMatch(/^[\d.]+ \/ [\d.]+ byte$/)
    expect(await at.page.locator('.verdict').count()).toBe(0)
    at.desk.holdAfter = null
    await at.shown('.verdict.green')
    expect(await at.textOf('.verdict')).toContain('ĐẠT')
    await at.shown('canvas.portrait')
    expect(
      await at.page.evaluate(`(() => {
        const canvas = document.querySelector('canvas.portrait')
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        return canvas.width + 'x' + canvas.height + ' ' + (new Set(data).size > 100)
      })()`),
    ).toBe('360x480 true')
  })

  // The bench holds it against its aim; here other tests share the machine.
  test('the time from the fields to the painted name stands in the performance timeline', async () => {
    await at.read('genuine')
    const ms = await at.page.evaluate(
      `performance.getEntriesByName('cccd:fields-to-name').map(entry => entry.duration)`,
    )
    expect(ms).toHaveLength(1)
    expect((ms as number[])[0]).toBeGreaterThan(0)
    expect((ms as number[])[0]).toBeLessThan(1000)
  })

  test('each card has its own verdict, in words, with its own sign', async () => {
    const expected = {
      genuine: ['ĐẠT', 'Dữ liệu trong chip do cơ quan cấp ký và còn nguyên vẹn'],
      expired: ['KHÔNG ĐẠT', 'Thẻ đã hết hạn'],
      'forged-hash': ['KHÔNG ĐẠT', 'Mặt thẻ và chip không khớp'],
      'foreign-signer': ['KHÔNG ĐẠT', 'Cơ quan cấp bị mạo danh'],
      'copied-chip': ['KHÔNG ĐẠT', 'Chip có dấu hiệu là bản sao'],
      'no-anchors': ['CHƯA XÁC ĐỊNH', 'Máy này chưa có chứng thư gốc'],
    }
    const signs = new Map<string, string>()
    for (const [id, [large, why]] of Object.entries(expected)) {
      await at.read(id)
      expect((await at.textOf('#verdict-word')).split('\n')[0]).toContain(large)
      expect(await at.textOf('#verdict-why')).toContain(why)
      expect(await at.page.locator('#said-verdict').textContent()).toContain(large)
      signs.set(large as string, await at.page.locator('.verdict .banner-sign').innerHTML())
      await at.page.keyboard.press('F2')
      await at.shown('.idle')
    }
    expect(new Set(signs.values()).size).toBe(signs.size)
  })

  test('a scanner that types over a finished person starts the next one, and presses no button', async () => {
    await at.read('genuine')
    await at.page.locator('.actions .next').focus()
    await at.page.evaluate(`(text => {
      for (const key of [...text, 'Enter']) document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    })(${JSON.stringify(at.qrOf('expired'))})`)
    await at.shown('.verdict.red')
    expect(await at.textOf('[data-field=fullName]')).toBe(at.desk.cards.get('expired')?.made.holder.fullName)
    expect(at.desk.forgotten).toHaveLength(1)
  })

  test('lost Vietnamese letters are told while they are still in the box, and with the person', async () => {
    await at.page.locator('#scan').focus()
    await at.page.keyboard.insertText(at.qrOf('genuine').replace(/[^\0-\x7f]/g, '?'))
    expect(await at.textOf('#scan-state')).toContain('mất chữ tiếng Việt')
    await at.page.keyboard.press('Enter')
    await at.shown('.verdict')
    expect(await at.textOf('.warned-panel')).toContain('mất chữ tiếng Việt')
  })

  test('a picture that is pasted or dropped is read; one without a code is told', async () => {
    const paste = (bytes: number): Promise<unknown> =>
      at.page.evaluate(`(() => {
        const data = new DataTransfer()
        data.items.add(new File([new Uint8Array(${bytes})], 'the.png', { type: 'image/png' }))
        document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
      })()`)
    await paste(10)
    await at.shown('#scan-state .refused')
    expect(await at.textOf('#scan-state')).toContain('Không tìm thấy mã')
    await paste(1000)
    await at.shown('.verdict.green')
  })

  test('every value says where it came from', async () => {
    at.desk.holdAfter = 'EF.COM'
    await at.scan(at.qrOf('genuine'))
    await at.shown('.person')
    const marks = async (): Promise<string[]> =>
      [...new Set(await at.page.locator('.person .source').allInnerTexts())].map(text =>
        (text.split(/[\n,]/)[0] as string).trim(),
      )
    expect(await marks()).toEqual(['QR'])
    expect(await at.textOf('.printed-note')).toContain('chip chưa xác nhận')
    at.desk.holdAfter = null
    await at.shown('.verdict')
    expect(await marks()).toEqual(['Chip'])
    const fields = await at.page.locator('.person .field').count()
    expect(await at.page.locator('.person .field .source').count()).toBe(fields)
    expect(fields).toBeGreaterThan(10)
  })

  test('where print and chip differ, the field says so', async () => {
    await at.read('forged-hash')
    expect(await at.textOf('.field-fullName')).toContain('QR ghi khác')
  })

  test('every check is behind the disclosure, in the order of the report', async () => {
    await at.read('expired')
    expect(await at.page.locator('.checks').getAttribute('open')).toBeNull()
    await at.page.keyboard.press('F9')
    const groups = await at.page.locator('.check-tree > .check').count()
    const { report } = at.desk.cards.get('expired') ?? {}
    expect(groups).toBe(report?.checks.length)
    const count = (checks: readonly { readonly children: readonly unknown[] }[]): number =>
      checks.reduce((sum, check) => sum + 1 + count(check.children as typeof checks), 0)
    expect(await at.page.locator('.check').count()).toBe(count(report?.checks ?? []))
    // What failed stands open.
    expect(await at.page.locator('.check.status-failed .check-reason').first().isVisible()).toBe(true)
  })

  test('both languages, by the button and by the key, also for a person who is on the screen', async () => {
    await at.read('expired')
    await at.page.keyboard.press('Alt+l')
    expect((await at.textOf('#verdict-word')).split('\n')[0]).toMatch(/^FAILED/)
    expect(await at.page.evaluate('document.documentElement.lang')).toBe('en')
    await at.page.keyboard.press('Alt+l')
    expect(await at.textOf('#verdict-word')).toMatch(/^KHÔNG ĐẠT/)
  })
})
