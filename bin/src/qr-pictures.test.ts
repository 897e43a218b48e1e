// The command on pictures, as people run it: dist, in a process of its own.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { plainSymbol } from '../../packages/card-reader/src/node/image/testing/card-picture.ts'
import { EXIT } from './exit-code.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'cccd-pictures-'))
const card = join(folder, 'card.png')
const soft = join(folder, 'soft.jpg')
const blank = join(folder, 'blank.webp')
const broken = join(folder, 'broken.png')

const QR_OF_B = '999160012345||TRẦN THỊ B|15011960|Nữ|Số 2, Phố Thử|01012022'
// Its symbol with four modules of white around it, one pixel a module, as PNG.
const MODULES =
  'iVBORw0KGgoAAAANSUhEUgAAAC0AAAAtAQMAAAAA1HDZAAAABlBMVEX///8AAABVwtN+AAAACXBIWXMAAAPoAAAD6AG1e1JrAAAA' +
  '/ElEQVR42mNgwAP4H+zasb+BgUNtN6tCAwP36olr1wGp9c+Pg6i1lrFAikNr0USgHP+rVauAKhl4Z/gCSe4HSu37gNS5P5ZfGRi4' +
  'dih1ApWwXuvwZ29g4DJK690FNNpFNfgYAwPnu55IQ6DKy23+S4G8rR4iWUAlHUH/2IFmGdx1XdTAwOgtfDYeKFg5/+0OBgZ23oUu' +
  'RxsYOD9p9TI2MPC5Gxxf0sDAs+dTy2mgmXN/VLIyMHDoNPW9ADpw0isPVaCZX1sW/Qe6iWNtSidQyeMlXeuBrtbP8+oFWrvqhftv' +
  'EDVtng1Qw5rIPFegnMrkA0tAPhKc+7gBX+gAAIhwWlB2MOrvAAAAAElFTkSuQmCC'

beforeAll(async () => {
  const printed = await sharp(Buffer.from(MODULES, 'base64')).resize(270, 270, { kernel: 'nearest' }).png().toBuffer()
  writeFileSync(card, printed)
  await sharp(printed).rotate(20, { background: '#fff' }).blur(3).jpeg({ quality: 40 }).toFile(soft)
  await sharp({ create: { width: 300, height: 200, channels: 3, background: '#9ab' } })
    .webp()
    .toFile(blank)
  writeFileSync(broken, printed.subarray(0, 50))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function cccd(args: readonly string[]) {
  const env = { ...process.env, LANG: 'vi_VN.UTF-8', LC_ALL: '', XDG_CONFIG_HOME: folder }
  const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, ...args], { encoding: 'utf8', env })
  return { status, stdout, stderr, json: () => JSON.parse(stdout) }
}

test('cccd qr reads a card from a picture', () => {
  const { status, stdout } = cccd(['qr', card])
  expect(status).toBe(EXIT.ok)
  expect(stdout).toContain('999160012345 TRẦN THỊ B')
  expect(stdout).toContain('1/1')
  expect(stdout).toContain('mở chip nhiều nhất 3 lần thử')
  expect(stdout).toContain('không chứng minh thẻ là thật')
})

test('cccd qr reads many pictures and tells of each, in the order given', () => {
  const answer = cccd(['qr', blank, card, broken, soft, '--json'])
  expect(answer.status).toBe(EXIT.file)
  const { pictures } = answer.json()
  expect(pictures.map(({ file }: { file: string }) => file)).toEqual([blank, card, broken, soft])
  expect(pictures[0]).toMatchObject({ format: 'webp', texts: [], doubtful: [] })
  expect(pictures[2].error).toContain('cannot be decoded')
  for (const at of [1, 3]) {
    expect(pictures[at].texts).toMatchObject([{ text: QR_OF_B, kind: 'card-qr', scan: { kind: 'card-qr' } }])
    expect(pictures[at].texts[0].accessKeys.map(({ kind }: { kind: string }) => kind)).toEqual(['CAN', 'BAC', 'BAC'])
  }
})

test('a picture without a QR ends with the input code, a missing file with that of files', () => {
  expect(cccd(['qr', blank])).toMatchObject({ status: EXIT.input })
  const missing = cccd(['qr', join(folder, 'none.png'), '--lang', 'en'])
  expect(missing.status).toBe(EXIT.file)
  expect(missing.stdout).toContain('no such file')
})

test('the picture of an insurance card is no failure, and opens nothing', async () => {
  const hex = (text: string): string => Buffer.from(text).toString('hex')
  const { pixels, width, height } = plainSymbol(
    `DN4990000000001|${hex('Trần Thị B')}|15/01/1960|2|${hex('Xã Mẫu')}|99 - 001|01/01/2024|-|20/12/2023|99001|4|x|y|z|$`,
  )
  const path = join(folder, 'insurance.png')
  await sharp(pixels, { raw: { width, height, channels: 1 } }).toFile(path)
  const { status, stdout } = cccd(['qr', path])
  expect(status).toBe(EXIT.ok)
  expect(stdout).toContain('thẻ bảo hiểm y tế DN4990000000001 Trần Thị B')
  expect(cccd(['qr', path, '--json']).json().pictures[0].texts).toMatchObject([
    { kind: 'insurance-qr', accessKeys: [] },
  ])
})

test('texts and pictures together are typed wrong, and so are two texts', () => {
  expect(cccd(['qr', card, '999160012345||x']).status).toBe(EXIT.usage)
  expect(cccd(['qr', 'one|a', 'two|b']).status).toBe(EXIT.usage)
})
