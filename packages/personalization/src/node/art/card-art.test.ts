import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPictureDecoder } from '@cccd/card-reader/image'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Holder } from '../../intake/holder.ts'
import { openCardArt } from './card-art.ts'
import { contactSheet } from './contact-sheet.ts'
import { loadFonts } from './fonts.ts'
import { shippedLayoutFolder } from './layouts.ts'
import { qrSymbol } from './qr-symbol.ts'
import { inventedPeople } from './testing/people.ts'

let people: Readonly<Record<string, Holder>>
let folder: string
beforeAll(async () => {
  people = await inventedPeople()
  folder = await mkdtemp(join(tmpdir(), 'cccd-art-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const failure = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => null,
    error => [error.code, error.facts],
  )

describe('drawing in threads', () => {
  test('gives the bytes of drawing here, to each caller its own card, and goes on after one that is refused', async () => {
    const [here, threads] = await Promise.all([openCardArt({ threads: 0 }), openCardArt({ threads: 2 })])
    try {
      const holders = Object.values(people)
      const jobs = holders.map(holder => ({ holder, card: '2024', dpi: 300, outputs: ['png'] }) as const)
      const bad = threads.render({
        ...(jobs[0] as (typeof jobs)[0]),
        holder: { ...(people.plain as Holder), fullName: 'X '.repeat(200) },
      })
      const drawn = jobs.map(job => threads.render(job))
      expect(await failure(bad)).toEqual(['ART_OVERFLOW', { field: 'fullName' }])
      for (const [i, job] of jobs.entries()) {
        const [one, other] = [await drawn[i], await here.render(job)]
        expect(one?.findings).toEqual(other.findings)
        expect(one?.files.map(({ bytes }) => Buffer.from(bytes).toString('base64'))).toEqual(
          other.files.map(({ bytes }) => Buffer.from(bytes).toString('base64')),
        )
      }
    } finally {
      await threads.close()
    }
    expect(
      await failure(threads.render({ holder: people.plain as Holder, card: '2021', dpi: 300, outputs: [] })),
    ).toEqual(['JOB_FAILED', {}])
  })

  test('close rejects what still waits', async () => {
    const art = await openCardArt({ threads: 1 })
    const job = { holder: people.plain as Holder, card: '2021', dpi: 600, outputs: ['png'] } as const
    const waiting = [1, 2, 3].map(() => failure(art.render(job)))
    await art.close()
    expect(await Promise.all(waiting)).toEqual([1, 2, 3].map(() => ['JOB_FAILED', {}]))
  })
})

describe("an operator's own layout", () => {
  const own = async (change: (svg: string) => string): Promise<string> => {
    const copy = join(folder, `layout-${Math.random()}`)
    await cp(shippedLayoutFolder('2021'), copy, { recursive: true })
    await writeFile(join(copy, 'front.svg'), change(await readFile(join(copy, 'front.svg'), 'utf8')))
    return copy
  }
  test('is drawn where it changes the shipped one', async () => {
    const moved = await own(svg => svg.replace('Citizen identity card', 'My own card'))
    const art = await openCardArt({ threads: 0, layoutFolders: { '2021': moved } })
    const { files } = await art.render({ holder: people.plain as Holder, card: '2021', dpi: 300, outputs: ['svg'] })
    expect(new TextDecoder().decode(files[0]?.bytes)).toContain('My own card')
  })

  test('is refused before anything is drawn when it lacks a field, is no layout, or is not there', async () => {
    const open = async (layout: string): Promise<unknown> => failure(openCardArt({ layoutFolders: { '2021': layout } }))
    expect(await open(await own(svg => svg.replace(/^.*data-field="qr".*$/m, '')))).toEqual([
      'LAYOUT_MALFORMED',
      { file: 'front.svg', field: 'qr' },
    ])
    expect(await open(await own(svg => svg.replace('</svg>', '')))).toEqual([
      'LAYOUT_MALFORMED',
      expect.objectContaining({ file: 'front.svg', line: expect.any(Number) }),
    ])
    expect(await open(shippedLayoutFolder('2024'))).toEqual(['LAYOUT_MALFORMED', {}])
    expect(((await open(join(folder, 'none'))) as unknown[])[0]).toBe('ENOENT')
  })
})

describe('fonts', () => {
  test('are known by their bytes', async () => {
    const fonts = await loadFonts()
    expect(fonts.map(({ face, known }) => [face.family, face.weight, known])).toEqual([
      ['Be Vietnam Pro', 400, true],
      ['Be Vietnam Pro', 500, true],
      ['Be Vietnam Pro', 600, true],
      ['Be Vietnam Pro', 700, true],
      ['OCR B', 400, true],
    ])
    // One that differs in a place that no drawing shows is told apart all the same.
    const [, , , , ocr] = fonts
    const bytes = await readFile(ocr?.file ?? '')
    const other = join(folder, 'OCRB.otf')
    await writeFile(other, Buffer.concat([bytes, Buffer.of(0)]))
    expect((await loadFonts({ ocrB: other })).at(-1)).toMatchObject({ file: other, known: false })
  })

  test('that are missing, no fonts, another family or given twice are refused with their file', async () => {
    const none = join(folder, 'none.otf')
    expect(await failure(loadFonts({ ocrB: none }))).toEqual(['FONT_UNUSABLE', { file: none }])
    const text = join(folder, 'text.otf')
    await writeFile(text, 'not a font')
    expect(await failure(loadFonts({ ocrB: text }))).toEqual(['FONT_UNUSABLE', { file: text }])
    const [regular, , , , ocr] = await loadFonts()
    expect(await failure(loadFonts({ ocrB: regular?.file ?? '' }))).toEqual(['FONT_UNUSABLE', { file: regular?.file }])
    expect(await failure(loadFonts({ more: [ocr?.file ?? ''] }))).toEqual(['FONT_UNUSABLE', { file: ocr?.file }])
  })
})

describe('the QR symbol', () => {
  const text = (length: number): string => 'Ẵ'.repeat(length)
  test('has level M while its modules are wide enough, then L, and is handed over too large rather than cut', async () => {
    expect(await qrSymbol(text(40), 70)).toMatchObject({ level: 'M' })
    expect(await qrSymbol(text(120), 70)).toMatchObject({ level: 'L' })
    const large = await qrSymbol(text(200), 70)
    expect(large.size).toBeGreaterThan(70)
    await expect(qrSymbol(text(2000), 70)).rejects.toMatchObject({ code: 'ART_OVERFLOW', facts: { field: 'qr' } })
  })

  test('carries UTF-8 without an ECI, which desks’ scanners show as it is', async () => {
    const { size, dark } = await qrSymbol('999|Nguyễn Ẵm|Nữ', 70)
    const width = (size + 8) * 4
    const pixels = new Uint8Array(width * width).fill(255)
    for (let y = 0; y < size * 4; y++) {
      for (let x = 0; x < size * 4; x++) {
        if (dark[(y >> 2) * size + (x >> 2)]) pixels[(y + 16) * width + x + 16] = 0
      }
    }
    const png = await sharp(pixels, { raw: { width, height: width, channels: 1 } })
      .png()
      .toBuffer()
    const decoder = openPictureDecoder({ threads: 1 })
    const { texts } = await decoder.decode(png)
    await decoder.close()
    expect(texts.map(one => one.text)).toEqual(['999|Nguyễn Ẵm|Nữ'])
  })
})

describe('a contact sheet', () => {
  test('holds every card, front above back, in rows; the same cards give the same bytes', async () => {
    const plain = async (colour: string) =>
      Uint8Array.from(
        await sharp({ create: { width: 1011, height: 638, channels: 3, background: colour } })
          .png()
          .toBuffer(),
      )
    const cards = [
      { front: await plain('#ff0000'), back: await plain('#00ff00') },
      { front: await plain('#0000ff'), back: await plain('#ffff00') },
      { front: await plain('#00ffff'), back: await plain('#ff00ff') },
    ]
    const sheet = await contactSheet(cards, { columns: 2, cardWidth: 100 })
    const { data, info } = await sharp(sheet).removeAlpha().raw().toBuffer({ resolveWithObject: true })
    expect([info.width, info.height]).toEqual([5 + 2 * 105, 5 + 2 * (2 * 63 + 10)])
    const at = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)]
    const near = (colour: number[], wanted: number[]) =>
      colour.every((value, i) => Math.abs(value - (wanted[i] as number)) < 12)
    for (const [x, y, wanted] of [
      [55, 35, [255, 0, 0]],
      [55, 105, [0, 255, 0]],
      [160, 35, [0, 0, 255]],
      [160, 105, [255, 255, 0]],
      [55, 171, [0, 255, 255]],
      [55, 241, [255, 0, 255]],
      // Beside the cards, and a rounded corner.
      [2, 2, [233, 233, 236]],
      [5, 5, [233, 233, 236]],
    ] as const) {
      expect([x, y, near(at(x, y), [...wanted])]).toEqual([x, y, true])
    }
    expect(Buffer.compare(sheet, await contactSheet(cards, { columns: 2, cardWidth: 100 }))).toBe(0)
    await expect(contactSheet([])).rejects.toThrow(RangeError)
  })
})
