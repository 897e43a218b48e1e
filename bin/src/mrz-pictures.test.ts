// The command as people run it, on pictures of cards. `npm test` builds before it runs this.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { EXIT } from './exit-code.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'cccd-mrz-pictures-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function cccd(args: readonly string[]) {
  const env = { ...process.env, LANG: 'vi_VN.UTF-8', LC_ALL: '' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, ...args], { encoding: 'utf8', env })
  return { status, stdout, stderr, json: () => JSON.parse(stdout) }
}

const font = spawnSync('fc-list', ['OCR B'], { encoding: 'utf8' }).stdout?.includes('OCRB.otf') === true
const skipped = font ? '' : ' (skipped: Debian’s fonts-ocr-b is not installed)'
const MRZ = ['IDVNM1600123458999160012345<<7', '6001157F9912315VNM<<<<<<<<<<<8', 'TRAN<<THI<B<<<<<<<<<<<<<<<<<<<']

async function scan(name: string, lines: readonly string[]): Promise<string> {
  // 250 dpi: 25 pixels from one character to the next.
  const texts = lines.flatMap((line, l) =>
    [...line].map((character, c) => {
      const shown = character === '<' ? '&lt;' : character
      return `<text x="${40 + c * 25}" y="${360 + l * 61}">${shown}</text>`
    }),
  )
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="842" height="531"><rect width="842" height="531" fill="#e4e7e2"/>
<g font-family="OCR B" font-size="34.6" fill="#222">${texts.join('')}</g></svg>`
  const path = join(folder, name)
  await sharp(Buffer.from(svg)).jpeg({ quality: 85 }).toFile(path)
  return path
}

describe('cccd mrz with pictures', () => {
  test.skipIf(!font)(`shows the fields of a card’s back${skipped}`, async () => {
    const { status, stdout } = cccd(['mrz', await scan('back.jpg', MRZ)])
    expect(stdout).toContain('999160012345')
    expect(stdout).toContain('Mọi chữ số kiểm tra đều đúng')
    expect(status).toBe(0)
  })

  test.skipIf(!font)(`tells of several pictures in the order given, as JSON too${skipped}`, async () => {
    const [good, plain] = [await scan('good.jpg', MRZ), await scan('plain.jpg', [])]
    const answer = cccd(['mrz', plain, good, '--json'])
    expect(answer.status).toBe(EXIT.input)
    const { pictures } = answer.json()
    expect(pictures[0]).toEqual({ file: plain, kind: 'unread', reason: 'NO_MRZ' })
    expect(pictures[1]).toMatchObject({ file: good, kind: 'read', mrz: { lines: MRZ, personalNumber: '999160012345' } })
    expect(cccd(['mrz', plain, '--lang', 'en']).stdout).toContain('no MRZ is to be seen')
  })

  test('a file that is no picture, and one that is not there, end with the code for files', () => {
    const path = join(folder, 'text.jpg')
    writeFileSync(path, 'no picture')
    expect(cccd(['mrz', path]).status).toBe(EXIT.file)
    expect(cccd(['mrz', join(folder, 'nowhere.png')]).status).toBe(EXIT.file)
  })

  test('pictures and lines together are a usage fault that repeats no line', () => {
    const { status, stderr } = cccd(['mrz', 'back.jpg', MRZ[0] as string])
    expect(status).toBe(EXIT.usage)
    expect(stderr).not.toContain('160012345')
  })
})
