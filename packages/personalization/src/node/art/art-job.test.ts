import { openPictureDecoder } from '@cccd/card-reader/image'
import { readMrzPicture } from '@cccd/card-reader/mrz-image'
import { FormatError } from '@cccd/mrz'
import { Resvg } from '@resvg/resvg-js'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Box, type CardVariant, type Frame, type PrintedJob, parseXml, type XmlElement } from '../../art/index.ts'
import type { Holder } from '../../intake/holder.ts'
import { buildLds } from '../../prepare/build-lds.ts'
import { mrzLines } from '../../prepare/mrz-lines.ts'
import { cardQrText } from '../../prepare/qr-text.ts'
import { type ArtMeans, type ArtWishes, type FinishedArt, renderArt } from './art-job.ts'
import { type LoadedFont, loadFonts } from './fonts.ts'
import { parseLayout, readLayout } from './layouts.ts'
import { drawnPortrait, inventedPeople } from './testing/people.ts'

const decoder = openPictureDecoder({ threads: 1 })
let fonts: readonly LoadedFont[]
let means: ArtMeans
let people: Readonly<Record<string, Holder>>
beforeAll(async () => {
  fonts = await loadFonts()
  means = {
    layouts: { '2021': parseLayout(await readLayout('2021')), '2024': parseLayout(await readLayout('2024')) },
    fonts: fonts.map(({ face }) => face),
    fontFiles: fonts.map(({ file }) => file),
    grounds: new Map(),
  }
  people = await inventedPeople()
})
afterAll(() => decoder.close())

type RecordJob = ArtWishes & { readonly holder: Holder; readonly card: CardVariant }

const render = (job: Partial<RecordJob> & Pick<RecordJob, 'holder'>): Promise<FinishedArt> =>
  renderArt({ card: '2024', dpi: 300, outputs: ['png'], ...job }, means)

function file(art: FinishedArt, name: string): Uint8Array {
  const found = art.files.find(one => one.name === name)
  if (!found) throw new Error(`no file ${name}`)
  return found.bytes
}

async function texts(picture: Uint8Array): Promise<string[]> {
  return (await decoder.decode(picture)).texts.map(({ text }) => text)
}

async function mrz(picture: Uint8Array): Promise<readonly string[] | string> {
  const reading = await readMrzPicture(picture)
  return reading.kind === 'read' ? reading.mrz.lines : reading.kind
}

describe.each(['2021', '2024'] as const)('the card of %s', card => {
  test('keeps the ink of every field inside its frame', async () => {
    for (const [kind, holder] of Object.entries(people)) {
      const art = await render({ holder, card, outputs: ['svg'] })
      for (const side of ['front', 'back'] as const) {
        const svg = parseXml(new TextDecoder().decode(file(art, `${side}.svg`)))
        for (const { frame } of means.layouts[card]?.[side].frames ?? []) {
          // The renderer's box of a picture is that of all of it, what is clipped too: see the next test.
          if (frame.kind === 'portrait') continue
          const ink = inkOf(svg, frame)
          expect([kind, frame.field, ink && outside(ink, frame)]).toEqual([kind, frame.field, 0])
        }
      }
    }
  })

  test('keeps the portrait inside its frame, and fills it', async () => {
    const bytes = await drawnPortrait(420, 560)
    const [a, b] = await Promise.all(
      [bytes, await negative(bytes)].map(async portrait => {
        const art = await render({ holder: { ...(people.plain as Holder), portrait }, card })
        return sharp(file(art, 'front.png')).greyscale().raw().toBuffer()
      }),
    )
    const box = means.layouts[card]?.front.frames.find(({ frame }) => frame.kind === 'portrait')?.frame.box as Box
    const dots = (millimetres: number) => Math.round((millimetres * 300) / 25.4)
    const [right, bottom] = [dots(box.x + box.width), dots(box.y + box.height)]
    let [inside, outside] = [0, 0]
    for (let y = 0; y < 638; y++) {
      for (let x = 0; x < 1011; x++) {
        const at = y * 1011 + x
        if (Math.abs((a?.[at] as number) - (b?.[at] as number)) <= 10) continue
        if (x >= dots(box.x) && x < right && y >= dots(box.y) && y < bottom) inside++
        else outside++
      }
    }
    expect(outside).toBe(0)
    // A middle grey is its own negative.
    expect(inside).toBeGreaterThan(dots(box.width) * dots(box.height) * 0.8)
  })

  test('says nothing else than the record, letter by letter', async () => {
    for (const holder of Object.values(people)) {
      const art = await render({ holder, card, outputs: ['svg'] })
      const shown = new Map<string, string>()
      for (const side of ['front', 'back'] as const) {
        const svg = parseXml(new TextDecoder().decode(file(art, `${side}.svg`)))
        for (const { frame } of means.layouts[card]?.[side].frames ?? []) {
          const group = groupOf(svg, frame)
          const lines = (group?.children ?? []).filter(child => typeof child !== 'string')
          if (frame.kind === 'text') shown.set(frame.field, lines.map(line => line.children.join('')).join(' '))
          if (frame.kind === 'mrz') expect(lines.map(line => line.children.join(''))).toEqual(mrzLines(holder))
        }
      }
      expect(shown.get('fullName')).toBe(holder.fullName.toLocaleUpperCase('vi'))
      expect(shown.get('placeOfResidence')).toBe(holder.placeOfResidence)
      expect(shown.get('dateOfBirth')).toBe(holder.dateOfBirth)
      expect(shown.get('dateOfExpiry')).toBe(holder.dateOfExpiry ?? 'Không thời hạn')
      expect(shown.get('sex')).toBe(holder.sex === 'male' ? 'Nam' : 'Nữ')
    }
  })
})

async function negative(jpeg: Uint8Array): Promise<Uint8Array> {
  return Uint8Array.from(await sharp(jpeg).negate().jpeg({ quality: 85 }).toBuffer())
}

/** The group that the drawing put a field's content in. */
function groupOf(element: XmlElement, frame: Frame): XmlElement | undefined {
  if (element.attributes.id === `field-${frame.field}`) return element
  for (const child of element.children) {
    const found = typeof child === 'string' ? undefined : groupOf(child, frame)
    if (found) return found
  }
  return undefined
}

interface Ink {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** What the renderer itself says that it paints of a field, in millimetres. */
function inkOf(svg: XmlElement, frame: Frame): Ink | null {
  const group = groupOf(svg, frame)
  if (!group) return null
  const alone = { ...svg, children: [group] }
  const resvg = new Resvg(text(alone), { font: { loadSystemFonts: false, fontFiles: fonts.map(one => one.file) } })
  // In the units of the drawing.
  const box = resvg.getBBox()
  return box ? { left: box.x, top: box.y, right: box.x + box.width, bottom: box.y + box.height } : null
}

function text({ name, attributes, children }: XmlElement): string {
  const escaped = (value: string) => value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
  const said = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`)
  const inside = children.map(child => (typeof child === 'string' ? escaped(child) : text(child)))
  return `<${name}${said.join('')}>${inside.join('')}</${name}>`
}

/** Millimetres by which ink leaves a frame; half a dot is none. */
function outside(ink: Ink, { box }: Frame): number {
  const most = Math.max(
    box.x - ink.left,
    box.y - ink.top,
    ink.right - box.x - box.width,
    ink.bottom - box.y - box.height,
  )
  return most < 25.4 / 300 / 2 ? 0 : most
}

describe('what does not fit', () => {
  const refused = async (change: Partial<Holder>, job: Partial<RecordJob> = {}): Promise<unknown> => {
    const holder = { ...(people.plain as Holder), ...change }
    return render({ holder, outputs: [], ...job }).then(
      () => null,
      error => (error instanceof FormatError ? [error.code, error.facts.field] : error),
    )
  }
  test('is refused with its field, never cut', async () => {
    const word = 'Dài '.repeat(60).trim()
    expect(await refused({ fullName: word })).toEqual(['ART_OVERFLOW', 'fullName'])
    expect(await refused({ fullName: 'A'.repeat(80) })).toEqual(['ART_OVERFLOW', 'fullName'])
    expect(await refused({ placeOfOrigin: word }, { card: '2021' })).toEqual(['ART_OVERFLOW', 'placeOfOrigin'])
    expect(await refused({ placeOfResidence: 'Dài '.repeat(90).trim() })).toEqual(['ART_OVERFLOW', 'placeOfResidence'])
  })

  test('is told of when a rule made it fit', async () => {
    const { findings } = await render({ holder: people['a name of eleven words'] as Holder, card: '2021', outputs: [] })
    expect(findings).toContainEqual({ side: 'front', field: 'fullName', did: 'broken', lines: 2 })
    expect(findings).toContainEqual(expect.objectContaining({ field: 'fullName', did: 'shrunk' }))
    expect(findings).toContainEqual(expect.objectContaining({ field: 'placeOfResidence', did: 'broken' }))
    expect(findings).toContainEqual(expect.objectContaining({ field: 'portrait', did: 'cropped' }))
  })

  test('is abbreviated only where nothing else helps, and that is told', async () => {
    const part = 'Phường Thử Nghiệm, Thành phố Giả Định, '
    const long = `Tổ 5, ${part.repeat(4)}Tỉnh Mẫu`
    const { findings } = await render({ holder: { ...(people.plain as Holder), placeOfOrigin: long }, outputs: [] })
    expect(findings).toContainEqual({ side: 'back', field: 'placeOfBirth', did: 'abbreviated' })
  })

  test('is a portrait that would lose too much, or is none', async () => {
    expect(await refused({ portrait: await drawnPortrait(480, 480) })).toEqual(['ART_OVERFLOW', 'portrait'])
    expect(await refused({ portrait: await drawnPortrait(320, 480) })).toBeNull()
    expect(await refused({ portrait: Uint8Array.of(0xff, 0xd8, 0xff, 0xe0) })).toEqual(['IMAGE_MALFORMED', 'portrait'])
    const { portrait: _, ...none } = people.plain as Holder
    const error = await render({ holder: none, outputs: [] }).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'DOCUMENT_MALFORMED', facts: { field: 'portrait' } })
  })

  test('is a picture cut off in the middle: no half portrait is printed', async () => {
    const whole = await drawnPortrait()
    expect(await refused({ portrait: whole.subarray(0, whole.length / 2) })).toEqual(['IMAGE_MALFORMED', 'portrait'])
  })
})

test('hostile texts are printed as they are or refused by name, and never become part of the drawing', async () => {
  const evil = fc.oneof(
    fc.constantFrom(
      '</text><image href="file:///etc/hostname"/>',
      '&lt;!DOCTYPE x&gt;',
      ']]>',
      "' onload='x",
      '&#0;',
      '%s{{}}',
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom('\u202eABC', 'A\u0000B', '\ud800', 'e\u0302', '\ufeffX', 'A\u2028B', '𝐀𝐁', '中文', 'العربية'),
  )
  await fc.assert(
    fc.asyncProperty(evil, evil, async (features, nationality) => {
      const holder = {
        ...(people.plain as Holder),
        identifyingFeatures: `x${features}`.normalize('NFC'),
        nationality: `x${nationality}`.normalize('NFC'),
      }
      const art = await render({ holder, card: '2021', outputs: ['svg'] }).catch((error: unknown) => error)
      if (art instanceof FormatError) {
        expect(['ART_OVERFLOW', 'ART_CHARACTER']).toContain(art.code)
        expect(['identifyingFeatures', 'nationality']).toContain(art.facts.field)
        return
      }
      const svg = parseXml(new TextDecoder().decode(file(art as FinishedArt, 'back.svg')))
      const frame = means.layouts['2021']?.back.frames.find(one => one.frame.field === 'identifyingFeatures')?.frame
      const group = groupOf(svg, frame as Frame)
      const lines = (group?.children ?? []).map(child => (typeof child === 'string' ? '?' : child))
      expect(lines.every(line => typeof line !== 'string' && line.name === 'text')).toBe(true)
      const shown = lines.map(line => (line as XmlElement).children.join('')).join(' ')
      expect(shown).toBe(holder.identifyingFeatures.replace(/ +/g, ' ').trim())
    }),
    { numRuns: 60 },
  )
})

test('a child under six whose record brings a portrait is printed without it, and that is told', async () => {
  const holder = { ...(people['four years old'] as Holder), portrait: await drawnPortrait() }
  const { files, findings } = await render({ holder, outputs: ['svg'] })
  expect(findings).toContainEqual({ side: 'front', field: 'portrait', did: 'omitted' })
  expect(new TextDecoder().decode(files[0]?.bytes)).not.toContain('data:image')
})

describe('a prepared job', () => {
  const prepared = (holder: Holder, card: '2021' | '2024'): PrintedJob => ({
    files: buildLds(holder),
    printed: { qr: cardQrText(holder, card), mrzLines: mrzLines(holder), card },
  })
  const wishes = { dpi: 300, outputs: ['svg', 'png'] } as const

  test('is printed as its record is, by what its chip holds', async () => {
    for (const holder of Object.values(people)) {
      const job = await renderArt({ prepared: prepared(holder, '2024'), ...wishes }, means)
      const record = await render({ holder, card: '2024', ...wishes })
      expect(job.findings).toEqual(record.findings)
      for (const { name, bytes } of record.files) expect(Buffer.compare(bytes, file(job, name))).toBe(0)
    }
  })

  test('is refused when print and chip would differ, or when its chip lacks what is printed', async () => {
    const [one, other] = [people.plain as Holder, people['over sixty'] as Holder]
    const [a, b] = [prepared(one, '2024'), prepared(other, '2024')]
    const { 'EF.DG13': _, ...noFields } = a.files
    const { 'EF.DG2': __, ...noFace } = a.files
    for (const [job, field] of [
      [{ ...a, printed: { ...a.printed, mrzLines: b.printed.mrzLines } }, 'mrz'],
      [{ ...a, printed: { ...a.printed, qr: b.printed.qr } }, 'qr'],
      [{ ...a, printed: { ...a.printed, card: '2021' } }, 'qr'],
      [{ ...a, files: { ...a.files, 'EF.DG1': b.files['EF.DG1'] as Uint8Array } }, 'mrz'],
      [{ ...a, files: noFields }, 'files'],
      [{ ...a, files: noFace }, 'portrait'],
    ] as const) {
      const error = await renderArt({ prepared: job, ...wishes }, means).catch((cause: unknown) => cause)
      expect([field, error]).toEqual([field, expect.objectContaining({ code: 'DOCUMENT_MALFORMED', facts: { field } })])
    }
  })
})

test('the same record gives the same bytes, in every kind of file', async () => {
  const job = { holder: people.plain as Holder, card: '2021', outputs: ['png', 'pdf', 'panels', 'svg'] } as const
  const [first, second] = [await render(job), await render(job)]
  expect(first.files.map(({ name }) => name)).toEqual([
    'front.svg',
    'front.png',
    'front-ymc.png',
    'front-k.png',
    'back.svg',
    'back.png',
    'back-ymc.png',
    'back-k.png',
    'card.pdf',
  ])
  for (const [i, { bytes }] of first.files.entries())
    expect(Buffer.compare(bytes, second.files[i]?.bytes ?? new Uint8Array())).toBe(0)
  const fresh = await renderArt({ dpi: 300, ...job }, { ...means, grounds: new Map() })
  for (const [i, { bytes }] of first.files.entries())
    expect(Buffer.compare(bytes, fresh.files[i]?.bytes ?? new Uint8Array())).toBe(0)
})

test('a card drawn in two layers is the drawing itself, to two steps of 255', async () => {
  const art = await render({ holder: people.plain as Holder, card: '2021', outputs: ['png', 'svg'] })
  for (const side of ['front', 'back']) {
    const options = { font: { loadSystemFonts: false, fontFiles: fonts.map(one => one.file) }, background: '#fff' }
    const whole = new Resvg(new TextDecoder().decode(file(art, `${side}.svg`)), options).render().pixels
    const { data } = await sharp(file(art, `${side}.png`))
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    let most = 0
    for (let i = 0; i < whole.length; i++) most = Math.max(most, Math.abs((whole[i] as number) - (data[i] as number)))
    expect(most).toBeLessThanOrEqual(2)
  }
})

describe('panels for a ribbon printer', () => {
  let art: FinishedArt
  beforeAll(async () => {
    art = await render({ holder: people.plain as Holder, card: '2024', outputs: ['panels', 'png'] })
  })
  const grey = async (name: string): Promise<Buffer> => sharp(file(art, name)).greyscale().raw().toBuffer()

  test('the black one has one bit a dot and holds QR and MRZ', async () => {
    const back = file(art, 'back-k.png')
    // Bit depth and colour type of the header.
    expect([back[24], back[25]]).toEqual([1, 0])
    expect(new Set(await grey('back-k.png'))).toEqual(new Set([0, 255]))
    expect(await texts(back)).toEqual([cardQrText(people.plain as Holder, '2024')])
    expect(await mrz(back)).toEqual(mrzLines(people.plain as Holder))
  })

  test('the colours hold no text of the holder: neither QR nor MRZ can be read from them', async () => {
    expect(await texts(file(art, 'back-ymc.png'))).toEqual([])
    expect(await mrz(file(art, 'back-ymc.png'))).toBe('unread')
    // Where black prints, the colours have no ink of it.
    const [black, colours] = [await grey('front-k.png'), await grey('front-ymc.png')]
    const header = 120 * 1011
    const darkUnderBlack = [...black.entries()].filter(([i, k]) => i > header && k === 0 && (colours[i] as number) < 60)
    expect(darkUnderBlack.length).toBe(0)
  })

  test('black over colours is the card, but for the chip that no printer prints', async () => {
    const [black, colours, whole] = [await grey('front-k.png'), await grey('front-ymc.png'), await grey('front.png')]
    let apart = 0
    for (const [i, k] of black.entries()) {
      const both = k === 0 ? 0 : (colours[i] as number)
      // Greyed edges of letters are one or the other in the panel.
      if (Math.abs(both - (whole[i] as number)) > 140) apart++
    }
    expect(apart).toBe(0)
    const chip = (picture: Buffer) =>
      picture[Math.round((24 * 300) / 25.4) * 1011 + Math.round((11 * 300) / 25.4)] as number
    expect(chip(await grey('back.png'))).toBeLessThan(chip(await grey('back-ymc.png')) - 20)
  })
})

test('without being told otherwise a card carries the mark of a specimen; without it the mark is gone', async () => {
  const [marked, bare] = await Promise.all(
    [{}, { specimen: false }].map(more => render({ holder: people.plain as Holder, outputs: ['svg'], ...more })),
  )
  for (const side of ['front', 'back']) {
    expect(new TextDecoder().decode(file(marked as FinishedArt, `${side}.svg`))).toContain('MẪU / SPECIMEN')
    expect(new TextDecoder().decode(file(bare as FinishedArt, `${side}.svg`))).not.toContain('SPECIMEN')
  }
})

test('a PDF has the pages of the card in its size, and the QR can be read from it, separated or not', async () => {
  for (const outputs of [['pdf'], ['pdf', 'panels']] as const) {
    const art = await render({ holder: people.plain as Holder, card: '2021', outputs })
    const pdf = file(art, 'card.pdf')
    expect(await texts(pdf)).toEqual([cardQrText(people.plain as Holder, '2021')])
    const plain = Buffer.from(pdf).toString('latin1')
    expect(plain.match(/\/MediaBox \[ 0 0 242\.64 153\.12 \]/g)).toHaveLength(2)
    expect(plain.includes('/ImageMask true')).toBe(outputs.length === 2)
  }
})
