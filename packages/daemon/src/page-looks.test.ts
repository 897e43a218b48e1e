// How the page looks and is read out in each of its states, by day and night, on a desk and on a phone; and the pictures of
// docs/screenshots, which are drawn anew only when one is missing or CCCD_SCREENSHOTS is set.
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { NO_BROWSER } from './testing/browser.ts'
import { accessibilityFaults, lowestContrast } from './testing/page-checks.ts'
import { type OpenPage, type PageRig, startPageRig } from './testing/page-rig.ts'

const FOLDER = fileURLToPath(new URL('../../../docs/screenshots/', import.meta.url))
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const

type Size = keyof typeof SIZES

/** Draws the picture where it is wanted; few colours, so that it stays small. */
async function draw({ page }: OpenPage, name: string): Promise<void> {
  const path = `${FOLDER}${name}.png`
  if (existsSync(path) && !process.env.CCCD_SCREENSHOTS) return
  await mkdir(FOLDER, { recursive: true })
  const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' })
  await sharp(picture).png({ palette: true, colours: 128, dither: 0.4, effort: 10, compressionLevel: 9 }).toFile(path)
}

describe.skipIf(NO_BROWSER !== null)(`how the desk page looks${NO_BROWSER === null ? '' : ` (${NO_BROWSER})`}`, () => {
  let rig: PageRig
  beforeAll(async () => {
    rig = await startPageRig()
  })
  afterEach(() => rig.closePage())
  afterAll(() => rig?.close())

  /** Looks at the page as it stands: nothing to object to, every text legible. */
  async function look(at: OpenPage, name: string): Promise<void> {
    expect(await accessibilityFaults(at.page)).toEqual([])
    const { ratio, text } = await lowestContrast(at.page)
    expect(ratio, `contrast of “${text}”`).toBeGreaterThanOrEqual(4.5)
    await draw(at, name)
  }

  describe.each(['desktop', 'phone'] as readonly Size[])('on a %s', size => {
    test.each(['light', 'dark'])('in %s: every state is legible, named and complete', async theme => {
      const at = await rig.open({ ...SIZES[size], dark: theme === 'dark' })
      const { desk, page } = at
      desk.pace = 1
      /** Nobody at the desk, and nothing said below. */
      const anew = async (): Promise<void> => {
        await page.reload()
        await at.shown('.idle')
      }
      desk.show({ name: 'Virtual PCD 00 00', state: 'empty' })
      await expect.poll(() => at.textOf('.idle')).toContain('Đặt thẻ lên đầu đọc')
      await look(at, `idle-${size}-${theme}`)

      desk.show({ name: 'Virtual PCD 00 00', state: 'card' })
      desk.holdAfter = 'EF.DG13'
      await at.scan(at.qrOf('genuine'))
      await at.shown('.from-chip')
      await look(at, `reading-${size}-${theme}`)
      desk.holdAfter = null

      await at.shown('canvas.portrait')
      await at.shown('.checks')
      await look(at, `green-${size}-${theme}`)
      await anew()

      for (const [name, card] of [
        ['yellow', 'no-anchors'],
        ['red', 'copied-chip'],
      ] as const) {
        await at.read(card)
        await at.shown('canvas.portrait')
        await at.shown('.checks')
        await look(at, `${name}-${size}-${theme}`)
        await anew()
      }

      desk.breakWith = {
        code: 'CARD_REMOVED',
        vi: 'Thẻ bị nhấc ra khi đang đọc.',
        en: 'The card was lifted while it was being read.',
        hintVi: 'Đặt lại thẻ và giữ yên đến khi xong.',
        hintEn: 'Put the card back and leave it until done.',
      }
      await at.scan(at.qrOf('genuine'))
      await at.shown('.trouble-panel')
      await look(at, `error-${size}-${theme}`)
    })
  })

  test('the built page is a few files of its own: no module of Node, no code made of text, no style or script within', async () => {
    const names = await readdir(rig.folder, { recursive: true })
    const texts = new Map<string, string>()
    for (const name of names.filter(name => /\.(?:html|js|css)$/.test(name))) {
      texts.set(name, await readFile(`${rig.folder}/${name}`, 'utf8'))
    }
    expect([...texts.keys()].map(name => name.split('.').at(-1)).sort()).toEqual(['css', 'html', 'js'])
    for (const [name, text] of texts) {
      expect([name, /node:|\beval\(|new Function\(|@import|url\(/.exec(text)?.[0]]).toEqual([name, undefined])
    }
    expect(texts.get('index.html')).not.toMatch(/<style|<script(?![^>]*src=)|\son\w+=|style=/)
  })

  test('the colours of the four verdicts are at least 4.5 to 1, by day and night', async () => {
    for (const dark of [false, true]) {
      const at = await rig.open({ dark })
      await at.read('genuine')
      for (const colour of ['green', 'red', 'yellow', 'grey']) {
        await at.page.evaluate(`document.querySelector('.verdict').className = 'banner verdict ${colour}'`)
        const { ratio, text } = await lowestContrast(at.page, '.verdict')
        expect(ratio, `${colour}: ${text}`).toBeGreaterThanOrEqual(4.5)
      }
      await rig.closePage()
    }
  })

  test('what stands open is legible too: checks, keys, export list, insurance, practice cards, pairing', async () => {
    for (const dark of [false, true]) {
      const at = await rig.open({ dark, simulate: true })
      at.desk.insurance = {
        ...{ state: 'answered', at: '2026-06-15T09:00:00.000Z', askedWith: 'personal-number', code: '004' },
        ...{
          kind: 'valid-changed',
          vi: 'Thẻ cũ còn hạn, đã cấp thẻ mới.',
          en: 'The old card is valid; a new one was issued.',
        },
        ...{ note: 'Ghi chú của cổng', card: { cardNumber: 'GD4999999999999', validTo: '31/12/2026' } },
        ...{ treatments: 0, checks: 0 },
      }
      await at.page.reload()
      await at.shown('.idle')
      await at.read('forged-hash')
      await at.shown('.insurance')
      await at.page.keyboard.press('F6')
      await at.shown('.insurance-word')
      await at.page.keyboard.press('F9')
      await at.page.evaluate(`document.querySelectorAll('.check details').forEach(it => { it.open = true })`)
      await at.page.keyboard.press('F8')
      expect(await accessibilityFaults(at.page)).toEqual([])
      expect(await lowestContrast(at.page)).toMatchObject({ ratio: expect.toSatisfy((it: number) => it >= 4.5) })
      await at.page.keyboard.press('Escape')
      await at.page.keyboard.press('F1')
      await at.shown('dialog[open]')
      expect(await accessibilityFaults(at.page)).toEqual([])
      expect(await lowestContrast(at.page, 'dialog')).toMatchObject({
        ratio: expect.toSatisfy((it: number) => it >= 4.5),
      })
      await at.page.keyboard.press('Escape')
      await at.page.getByRole('button', { name: 'Kết thúc ca' }).click()
      await at.shown('.pairing')
      expect(await accessibilityFaults(at.page)).toEqual([])
      expect(await lowestContrast(at.page)).toMatchObject({ ratio: expect.toSatisfy((it: number) => it >= 4.5) })
      await rig.closePage()
    }
  })

  test('the checks of these tests find what they look for', async () => {
    const at = await rig.open()
    await at.page.evaluate(`(() => {
      const button = document.createElement('button')
      const image = document.createElement('canvas')
      image.setAttribute('role', 'img')
      const label = document.createElement('p')
      label.setAttribute('aria-labelledby', 'nobody')
      label.textContent = 'pale'
      label.style.color = '#aaa'
      document.querySelector('main').append(button, image, label)
    })()`)
    const faults = await accessibilityFaults(at.page)
    expect(faults).toEqual(
      expect.arrayContaining([
        expect.stringContaining('button. has no name'),
        expect.stringContaining('canvas. has no name'),
        expect.stringContaining('refers to nobody'),
        expect.stringContaining('a style of its own'),
      ]),
    )
    expect(await lowestContrast(at.page)).toMatchObject({ text: 'pale' })
  })

  test('nothing runs off the side of screens from a small phone to a large desk, with large letters too', async () => {
    const at = await rig.open()
    await at.read('genuine')
    for (const [width, height] of [
      [320, 640],
      [768, 1024],
      [1024, 768],
      [1920, 1080],
    ] as const) {
      await at.page.setViewportSize({ width, height })
      // On a real phone larger letters also make the layout narrower (its limits are in rem); here only the letters grow.
      for (const size of width < 400 ? ['100%'] : ['100%', '150%']) {
        await at.page.evaluate(`document.documentElement.style.fontSize = '${size}'`)
        const over = await at.page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        )
        expect([width, size, over]).toEqual([width, size, 0])
      }
    }
    await at.page.evaluate(`document.documentElement.removeAttribute('style')`)
  })
})
