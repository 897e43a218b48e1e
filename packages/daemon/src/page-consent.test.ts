// A policy that demands the holder's consent: the page in a real Chromium over the real daemon with a simulated reader.

import { createChip } from '@cccd/card-simulator'
import { testDocument } from '@cccd/fixtures'
import { trustAnchors } from '@cccd/verifier'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultDeskConfig } from './config/desk-config.ts'
import { SimulatedReader, simulatedReaders } from './readings/simulated-reader.ts'
import { laid, random } from './readings/testing/reading-rig.ts'
import { type RunningDesk, startDesk } from './server.ts'
import { buildPage, launchBrowser, NO_BROWSER, openWatched } from './testing/browser.ts'
import { accessibilityFaults, lowestContrast } from './testing/page-checks.ts'

const TEXT = {
  ...{ purpose: 'kham-benh', version: '2026-01', demandedBy: ['hospital'] },
  vi: 'Tôi đồng ý cho đọc chip của thẻ để đăng ký khám bệnh.',
  en: 'I agree that the chip of my card is read to register me for treatment.',
}

describe.skipIf(NO_BROWSER !== null)(`consent on the desk page${NO_BROWSER === null ? '' : ` (${NO_BROWSER})`}`, () => {
  const reader = new SimulatedReader('Đầu đọc thử')
  let browser: Browser
  let built: Awaited<ReturnType<typeof buildPage>>
  let desk: RunningDesk

  beforeAll(async () => {
    ;[built, browser] = await Promise.all([buildPage(), launchBrowser()])
    const made = await testDocument()
    const base = defaultDeskConfig()
    const { anchors } = trustAnchors({ certificates: [made.csca], crls: [made.crl] })
    desk = await startDesk({
      config: { ...base, listen: { ...base.listen, port: 0 }, consent: { texts: [TEXT] } },
      version: '0.0.0',
      now: () => made.at,
      random,
      log: () => undefined,
      loadAnchors: async () => anchors,
      openReaders: async () => simulatedReaders([reader]),
      pageFolder: built.folder,
    })
    reader.lay(laid(createChip(made.document, { access: made.access, random, extendedLength: 32_768 })))
  })
  afterAll(async () => {
    await desk?.close()
    await browser?.close()
    await built?.remove()
  })

  test('the text is shown in both languages and nothing is read before the holder agrees; then the reading runs', async () => {
    const { qr } = await testDocument()
    const at = await openWatched(browser, `${desk.url}#code=${desk.pairingCode()}`)
    await at.shown('.idle')
    await at.page.keyboard.insertText(qr)
    await at.page.keyboard.press('Enter')
    await at.shown('.consent')
    const shown = await at.page.locator('.consent').innerText()
    for (const words of [TEXT.vi, TEXT.en, TEXT.purpose, TEXT.version]) expect(shown).toContain(words)
    expect(await at.page.locator('.consent input').count()).toBe(0)
    expect(await accessibilityFaults(at.page)).toEqual([])
    expect((await lowestContrast(at.page)).ratio).toBeGreaterThanOrEqual(4.5)
    expect(await at.page.locator('.from-chip').count()).toBe(0)
    await at.page.keyboard.press('Tab')
    await at.page.keyboard.press('Enter')
    await at.shown('.verdict.green')
    // The next person is asked anew.
    await at.page.keyboard.press('F2')
    await at.shown('.idle')
    await at.page.keyboard.insertText(qr)
    await at.page.keyboard.press('Enter')
    await at.shown('.consent')
    expect([at.strayed, at.faults]).toEqual([[], []])
    await at.context.close()
  })
})
