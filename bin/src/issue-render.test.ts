// `cccd issue render` and `cccd issue layout` as people run them: dist, in a process of their own.
import { spawn, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openPictureDecoder } from '@cccd/card-reader/image'
import { holders } from '@cccd/fixtures'
import { cardQrText, type Holder } from '@cccd/personalization'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXIT } from './exit-code.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'cccd-render-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (...names: string[]): string => join(folder, ...names)

const env = { ...process.env, LANG: 'vi_VN.UTF-8', LC_ALL: '' }

function cccd(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, 'issue', ...args], { encoding: 'utf8', env })
  return { status, stdout, stderr, json: () => JSON.parse(stdout) }
}

/** As intake hands records on: the portrait is a file beside them. */
function record({ portrait: _, ...holder }: Holder, portrait?: string): string {
  return JSON.stringify({ ...holder, ...(portrait ? { portrait } : {}) })
}

const { longName, woman, man, senior, toddler } = holders
beforeAll(() => {
  mkdirSync(at('pictures'))
  for (const name of ['a', 'b']) {
    const from = new URL(`../../fixtures/data/portrait-${name}.jpg`, import.meta.url)
    copyFileSync(from, at('pictures', `${name}.jpg`))
  }
  const lines = [
    record(woman, 'a.jpg'),
    record(man, 'b.jpg'),
    // Its address has every letter there is, twice: no QR of 18 mm holds it.
    record(longName, 'a.jpg'),
    '{ no json',
    record(senior, 'b.jpg'),
    record(toddler),
    record(man, 'missing.jpg'),
  ]
  writeFileSync(at('batch.ndjson'), `${lines.join('\n')}\n`)
  const base64 = Buffer.from(woman.portrait ?? new Uint8Array()).toString('base64')
  writeFileSync(at('one.json'), record(woman, base64))
})

async function qrOf(file: string): Promise<string[]> {
  const decoder = openPictureDecoder({ threads: 1 })
  try {
    return (await decoder.decode(readFileSync(file))).texts.map(({ text }) => text)
  } finally {
    await decoder.close()
  }
}

describe('a batch', () => {
  const out = at('art')
  let run: ReturnType<typeof cccd>
  beforeAll(() => {
    run = cccd(
      'render',
      at('batch.ndjson'),
      '--portraits',
      at('pictures'),
      '--out',
      out,
      '--panels',
      '--pdf',
      '--sheet',
      at('sheet.png'),
      '--json',
    )
  })

  test('is drawn but for the cards that are refused, each with line, code and field', () => {
    expect([run.status, run.stderr]).toEqual([EXIT.undetermined, ''])
    const { drawn, refused, refusals } = run.json()
    expect([drawn, refused]).toEqual([4, 3])
    expect(
      refusals
        .map((one: { line: number; error: { code: string; field?: string } }) => [
          one.line,
          one.error.code,
          one.error.field,
        ])
        .sort(),
    ).toEqual([
      [3, 'ART_OVERFLOW', 'qr'],
      [4, 'DOCUMENT_MALFORMED', undefined],
      [7, 'DOCUMENT_MALFORMED', 'portrait'],
    ])
  })

  test('gives each card its files, to their owner alone, and says in cards.ndjson what was done', () => {
    const names = ['back-k.png', 'back-ymc.png', 'back.png', 'card.pdf', 'front-k.png', 'front-ymc.png', 'front.png']
    const expected = ['000001', '000002', '000005', '000006'].flatMap(id => names.map(name => `${id}-${name}`))
    expect(readdirSync(out).sort()).toEqual([...expected, 'batch.json', 'cards.ndjson'].sort())
    if (process.platform !== 'win32') {
      for (const name of readdirSync(out)) expect(statSync(join(out, name)).mode & 0o77).toBe(0)
      expect(statSync(out).mode & 0o77).toBe(0)
    }
    const lines = readFileSync(join(out, 'cards.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const first = lines.find(({ line }) => line === 1)
    expect(first.findings).toContainEqual({ side: 'front', field: 'placeOfResidence', did: 'broken', lines: 2 })
    const batch = JSON.parse(readFileSync(join(out, 'batch.json'), 'utf8'))
    expect(batch).toMatchObject({ dpi: 300, outputs: ['png', 'pdf', 'panels'], specimen: true })
    expect(batch.fonts).toHaveLength(5)
  })

  test('puts nothing of a person into what is told and logged', () => {
    const told = [
      run.stdout,
      run.stderr,
      readFileSync(join(out, 'cards.ndjson'), 'utf8'),
      readFileSync(join(out, 'batch.json'), 'utf8'),
    ]
    for (const { fullName, personalNumber, placeOfResidence } of [woman, man, senior, toddler, longName]) {
      for (const secret of [
        fullName,
        fullName.toUpperCase(),
        personalNumber,
        personalNumber.slice(3),
        placeOfResidence,
      ]) {
        expect(told.join('\n')).not.toContain(secret)
      }
    }
  })

  test('takes each card by its date of issue, and its QR says what the record says', async () => {
    expect(await qrOf(join(out, '000001-front.png'))).toEqual([cardQrText(woman, '2021')])
    expect(await qrOf(join(out, '000002-back-k.png'))).toEqual([cardQrText(man, '2024')])
    expect(await qrOf(join(out, '000002-front.png'))).toEqual([])
  })

  test('lies on the sheet: four cards', async () => {
    const { width, height } = await sharp(at('sheet.png')).metadata()
    expect([width, height]).toEqual([18 + 4 * 378, 18 + 2 * 227 + 36])
  })

  test('is not drawn into a folder that holds something; --resume does only what is missing, and only the same', () => {
    const args = [
      'render',
      at('batch.ndjson'),
      '--portraits',
      at('pictures'),
      '--out',
      out,
      '--panels',
      '--pdf',
      '--json',
    ]
    expect(cccd(...args)).toMatchObject({ status: EXIT.usage })
    const log = join(out, 'cards.ndjson')
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    // As a killed run leaves it: the last line is cut off.
    const last = JSON.parse(lines.at(-1) as string)
    writeFileSync(log, `${lines.slice(0, -1).join('\n')}\n${lines.at(-1)?.slice(0, 9)}`)
    const before = statSync(join(out, '000001-front.png')).mtimeMs
    const resumed = cccd(...args, '--resume').json()
    expect([resumed.kept, resumed.drawn + resumed.refused]).toEqual([6, 1])
    expect(statSync(join(out, '000001-front.png')).mtimeMs === before || last.line === 1).toBe(true)
    const now = readFileSync(log, 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line).line)
    expect(now.sort()).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(cccd(...args, '--resume', '--dpi', '600')).toMatchObject({ status: EXIT.internal })
  })
})

describe('one card', () => {
  test('comes from a record with its portrait inside, at 600 dpi, one side', async () => {
    const out = at('one')
    const { status } = cccd(
      'render',
      at('one.json'),
      '--out',
      out,
      '--dpi',
      '600',
      '--side',
      'back',
      '--card',
      '2024',
      '--svg',
    )
    expect(status).toBe(EXIT.ok)
    expect(readdirSync(out).sort()).toEqual(['000001-back.png', '000001-back.svg', 'batch.json', 'cards.ndjson'])
    expect(await sharp(join(out, '000001-back.png')).metadata()).toMatchObject({
      width: 2022,
      height: 1275,
      density: 600,
    })
    expect(await qrOf(join(out, '000001-back.png'))).toEqual([cardQrText(woman, '2024')])
  })

  test('that is refused ends as its error, with its field and without its text', () => {
    writeFileSync(at('long.json'), record({ ...senior, fullName: 'Dài '.repeat(60).trim() }, 'b.jpg'))
    const run = cccd('render', at('long.json'), '--portraits', at('pictures'), '--out', at('long'))
    expect(run.status).toBe(EXIT.input)
    expect(run.stderr).toMatch(/ART_OVERFLOW.*fullName/)
    expect(run.stderr).not.toContain('Dài')
  })

  test('carries the mark of a specimen unless an authority leaves it out, which the batch file says', () => {
    const svg = (out: string) => readFileSync(join(out, '000001-front.svg'), 'utf8')
    cccd('render', at('one.json'), '--out', at('marked'), '--svg')
    cccd('render', at('one.json'), '--out', at('bare'), '--svg', '--without-mark')
    expect([svg(at('marked')).includes('SPECIMEN'), svg(at('bare')).includes('SPECIMEN')]).toEqual([true, false])
    expect(JSON.parse(readFileSync(join(at('bare'), 'batch.json'), 'utf8')).specimen).toBe(false)
  })
})

test('what is typed wrong, missing or malformed ends with its code', () => {
  const status = (...args: string[]) =>
    cccd('render', ...args, '--out', at(`none-${args.join('-').replace(/\W/g, '')}`)).status
  expect(status(at('one.json'), '--card', '2022')).toBe(EXIT.usage)
  expect(status(at('one.json'), '--layout', at('pictures'))).toBe(EXIT.usage)
  expect(status(at('nothing.json'))).toBe(EXIT.file)
  expect(status(at('one.json'), '--ocr-b', at('nothing.otf'))).toBe(EXIT.file)
  expect(status(at('pictures', 'a.jpg'))).toBe(EXIT.file)
})

describe('a layout', () => {
  test('is saved, edited, looked at and used; what it lacks is named', () => {
    const mine = at('layout')
    expect(cccd('layout', 'save', mine, '--card', '2024').status).toBe(EXIT.ok)
    const back = join(mine, 'back.svg')
    const svg = readFileSync(back, 'utf8')
    writeFileSync(back, svg.replace('Issuer (stand-in)', 'Thử nghiệm của tôi'))
    const drawn = ['render', at('one.json'), '--card', '2024', '--layout', mine, '--svg', '--out']
    expect(cccd(...drawn, at('mine')).status).toBe(EXIT.ok)
    expect(readFileSync(join(at('mine'), '000001-back.svg'), 'utf8')).toContain('Thử nghiệm của tôi')

    writeFileSync(back, svg.replace(/^.*data-field="mrz".*$/m, ''))
    const check = cccd('layout', 'check', mine, '--card', '2024', '--json')
    expect(check.status).toBe(EXIT.file)
    expect(check.json().findings).toEqual([{ side: 'back', field: 'mrz', reason: 'missing' }])
    const refused = cccd(...drawn, at('mine2'))
    expect(refused.status).toBe(EXIT.file)
    expect(refused.stderr).toMatch(/LAYOUT_MALFORMED.*back mrz missing/)
    expect(existsSync(at('mine2'))).toBe(false)
    expect(cccd('layout', 'check', mine, '--card', '2021').status).toBe(EXIT.file)
  })
})

test('Ctrl-C stops between cards; what is drawn stays, and --resume goes on', async () => {
  const lines = Array.from({ length: 300 }, (_, i) =>
    record({ ...man, personalNumber: `999085${String(i).padStart(6, '0')}` }, 'b.jpg'),
  )
  writeFileSync(at('many.ndjson'), lines.join('\n'))
  const out = at('many')
  const args = [
    CCCD,
    'issue',
    'render',
    at('many.ndjson'),
    '--portraits',
    at('pictures'),
    '--out',
    out,
    '--side',
    'back',
    '--threads',
    '2',
  ]
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' })
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const log = join(out, 'cards.ndjson')
  while (!existsSync(log) || readFileSync(log, 'utf8').split('\n').length < 4)
    await new Promise(resolve => setTimeout(resolve, 30))
  child.kill('SIGINT')
  expect(await ended).toBe(EXIT.cancelled)
  const told = readFileSync(log, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(told.length).toBeLessThan(300)
  for (const { files } of told) for (const file of files) expect(existsSync(join(out, file))).toBe(true)
  expect(readdirSync(out).filter(name => name.endsWith('.part'))).toEqual([])
})
