// The page in a real Chromium, over the real daemon and the real pcscd with a card on its virtual reader: nothing here
// is played.
import { createRequire } from 'node:module'
import { openReaderService } from '@cccd/card-reader/pcsc'
import { createChip, type Fault } from '@cccd/card-simulator'
import { type InsertedCard, insertCard } from '@cccd/card-simulator/vpcd'
import { damage, type TestDocument, testDocument } from '@cccd/fixtures'
import { trustAnchors } from '@cccd/verifier'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Rig, rigMissing, startRig } from '../../../tools/rig/pcscd.ts'
import { defaultDeskConfig } from './config/desk-config.ts'
import { random, wait } from './readings/testing/reading-rig.ts'
import { type RunningDesk, startDesk } from './server.ts'
import { buildPage, launchBrowser, NO_BROWSER, openWatched, type Watched } from './testing/browser.ts'
import { reachableStrings } from './testing/heap-strings.ts'

function moduleMissing(): string | null {
  try {
    createRequire(import.meta.url)('@pokusew/pcsclite')
    return null
  } catch {
    return 'the PC/SC module was not built (libpcsclite-dev)'
  }
}

const reason = NO_BROWSER ?? rigMissing() ?? moduleMissing()
const good = await testDocument()

/** Everything that is personal on the card, as it could turn up somewhere. */
function valuesOf({ holder, mrzLines, qr }: TestDocument): readonly string[] {
  const {
    fullName,
    personalNumber,
    placeOfResidence,
    placeOfOrigin,
    identifyingFeatures,
    spouse,
    parents = [],
  } = holder
  const all = [
    fullName,
    personalNumber,
    placeOfResidence,
    placeOfOrigin,
    identifyingFeatures,
    spouse,
    ...parents,
    ...mrzLines,
    qr,
  ]
  return all.filter((value): value is string => value !== undefined)
}

describe.skipIf(reason !== null)(`the desk page over pcscd${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  let browser: Browser
  let built: Awaited<ReturnType<typeof buildPage>>
  let rig: Rig
  let desk: RunningDesk
  let at: Watched
  const before = process.env.PCSCLITE_CSOCK_NAME
  const cards: InsertedCard[] = []

  beforeAll(async () => {
    ;[rig, built, browser] = await Promise.all([startRig(), buildPage(), launchBrowser()])
    process.env.PCSCLITE_CSOCK_NAME = rig.env.PCSCLITE_CSOCK_NAME
    const base = defaultDeskConfig()
    const { anchors } = trustAnchors({ certificates: [good.csca], crls: [good.crl] })
    desk = await startDesk({
      config: { ...base, listen: { ...base.listen, port: 0 } },
      version: '0.0.0',
      now: () => good.at,
      random,
      log: () => undefined,
      loadAnchors: async () => anchors,
      openReaders: () => openReaderService(),
      pageFolder: built.folder,
    })
  })
  beforeEach(async () => {
    at = await openWatched(browser, `${desk.url}#code=${desk.pairingCode()}`)
    await at.shown('.idle')
  })
  afterEach(async () => {
    await at.context.close()
    await Promise.all(cards.splice(0).map(card => card.remove()))
    // pcscd takes a while to see that a card is gone.
    await wait(600)
    expect([at.strayed, at.faults]).toEqual([[], []])
  })
  afterAll(async () => {
    await desk?.close()
    await browser?.close()
    await built?.remove()
    await rig?.stop()
    if (before === undefined) delete process.env.PCSCLITE_CSOCK_NAME
    else process.env.PCSCLITE_CSOCK_NAME = before
  })

  async function lay({ document, access }: TestDocument, faults: readonly Fault[] = []): Promise<void> {
    const chip = createChip(document, { access, random, extendedLength: 32_768 })
    cards.push(await insertCard({ chip, port: rig.ports[0], faults }))
  }
  async function scan(text: string): Promise<void> {
    await at.page.locator('#scan').focus()
    await at.page.keyboard.insertText(text)
    await at.page.keyboard.press('Enter')
  }
  const textOf = (selector: string): Promise<string> => at.page.locator(selector).innerText()

  test('from card down to the name, then the green verdict with the portrait; after "next person" nothing is left', async () => {
    await scan(good.qr)
    await expect.poll(() => textOf('#stage')).toContain('Đặt thẻ lên đầu đọc')
    await lay(good)
    await at.shown('.field-fullName .from-chip')
    expect(await textOf('[data-field=fullName]')).toBe(good.holder.fullName)
    await at.shown('.verdict.green')
    expect(await textOf('.verdict')).toContain('ĐẠT')
    await at.shown('canvas.portrait')
    await at.shown('.checks')
    const [ms] = (await at.page.evaluate(
      `performance.getEntriesByName('cccd:fields-to-name').map(entry => entry.duration)`,
    )) as number[]
    expect(ms).toBeGreaterThan(0)

    const values = valuesOf(good)
    const found = (texts: readonly string[]): string[] =>
      values.filter(value => texts.some(text => text.includes(value)))
    expect(found(await reachableStrings(at.page)).length).toBeGreaterThan(3)
    const id = (await at.page.evaluate(
      `fetch('/v1/readings', { headers: { authorization: 'Bearer ' + sessionStorage.getItem('cccd.token') } }).then(it => it.json()).then(it => it.readings[0].id)`,
    )) as string
    await at.page.keyboard.press('F2')
    await at.shown('.idle')
    await at.shown('.notice.good')
    expect(found([await at.page.content()])).toEqual([])
    const later = (await at.page.evaluate(
      `(async () => {
        const headers = { authorization: 'Bearer ' + sessionStorage.getItem('cccd.token') }
        const paths = ['/v1/readings', '/v1/readings/${id}', '/v1/readings/${id}/portrait', '/v1/readings/${id}/fhir', '/v1/readers', '/v1/session']
        const texts = await Promise.all(paths.map(async path => { const it = await fetch(path, { headers }); return it.status + await it.text() }))
        return [...texts, JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state, await indexedDB.databases(), await caches.keys()])]
      })()`,
    )) as string[]
    expect(found(later)).toEqual([])
    expect(later.slice(1, 4).map(text => text.slice(0, 3))).toEqual(['404', '404', '404'])
    expect(found(await reachableStrings(at.page))).toEqual([])
  })

  const BAD: readonly (readonly [string, string, string])[] = [
    ['expired-card', 'KHÔNG ĐẠT', 'Thẻ đã hết hạn'],
    ['flipped-dg2', 'KHÔNG ĐẠT', 'Dữ liệu trong chip đã bị sửa'],
    ['foreign-csca-same-name', 'KHÔNG ĐẠT', 'Cơ quan cấp bị mạo danh'],
    ['aa-copy', 'KHÔNG ĐẠT', 'Chip có dấu hiệu là bản sao'],
    ['unknown-csca', 'CHƯA XÁC ĐỊNH', 'Không biết cơ quan nào đã ký'],
  ]
  test.each(BAD)('a card that lies (%s) is shown as %s: %s', async (name, large, why) => {
    const made = await damage(name).make()
    await lay(made)
    await scan(made.qr)
    await at.shown('.verdict')
    expect(await textOf('#verdict-word')).toContain(large)
    expect(await textOf('#verdict-why')).toContain(why)
    await at.page.keyboard.press('Escape')
    await at.shown('.idle')
  })

  test('a card that is lifted is told with what to do, and reads on again', async () => {
    await scan(good.qr)
    await lay(good, [{ kind: 'removed', at: 15 }])
    await at.shown('.trouble-panel')
    expect(await textOf('.trouble-panel')).toContain('CARD_REMOVED')
    expect(await textOf('.trouble-panel')).toContain('Đặt lại')
    await Promise.all(cards.splice(0).map(card => card.remove()))
    await wait(600)
    await at.page.keyboard.press('F7')
    await lay(good)
    await at.shown('.verdict.green')
  })

  test('the QR of another card does not open this one, and is not tried twice', async () => {
    const other = await damage('expired-card').make()
    await lay(good)
    await scan(other.qr)
    await at.shown('.trouble-panel')
    expect(await textOf('.trouble-panel')).toContain('ACCESS_KEY_WRONG')
    expect(await textOf('.trouble-panel')).toContain('Quét hoặc gõ lại')
  })

  test('a second page is told that the reader is taken', async () => {
    const choose = async ({ page }: Watched): Promise<void> => {
      await page.locator('.reader-choice').selectOption(rig.readers[0])
      await page.locator('#scan').focus()
      await page.keyboard.insertText(good.qr)
      await page.keyboard.press('Enter')
    }
    await choose(at)
    await expect.poll(() => textOf('#stage')).toContain('Đặt thẻ lên đầu đọc')
    const second = await openWatched(browser, `${desk.url}#code=${desk.pairingCode()}`)
    await second.shown('.idle')
    await choose(second)
    await second.shown('.trouble-panel')
    expect(await second.page.locator('.trouble-panel').innerText()).toContain('READER_BUSY')
    await second.context.close()
  })
})
