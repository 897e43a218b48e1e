import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { FormatError } from '@cccd/mrz'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { abbreviatePlace } from './abbreviate.ts'
import { drawableText } from './drawable-text.ts'
import { fitText, measureLine } from './fit-text.ts'
import { parseFont } from './font.ts'
import type { TextFrame } from './frame.ts'

const face = parseFont(
  Uint8Array.from(
    readFileSync(
      createRequire(import.meta.url).resolve(
        '@expo-google-fonts/be-vietnam-pro/400Regular/BeVietnamPro_400Regular.ttf',
      ),
    ),
  ),
)
const FRAME: TextFrame = {
  kind: 'text',
  field: 'placeOfResidence',
  box: { x: 10, y: 20, width: 30, height: 6 },
  family: 'Be Vietnam Pro',
  weight: 400,
  size: 3,
  floor: 2,
  lines: 2,
  lineHeight: 1.2,
  first: 'shrink',
  align: 'start',
  upper: false,
  abbreviate: 'none',
  ink: '#000000',
  panel: 'k',
}
const inFrame = (text: string, change: Partial<TextFrame> = {}) => fitText(text, { ...FRAME, ...change }, face)

describe('the steps, in their order', () => {
  test('what fits as it is stays as it is', () => {
    expect(inFrame('Ngắn gọn')).toMatchObject({ lines: ['Ngắn gọn'], size: 3, shrunk: false, abbreviated: false })
  })

  test('then it becomes smaller, by no more than is needed, its base line where it was', () => {
    const text = 'Một dòng vừa dài hơn khung'
    const { lines, size, places } = inFrame(text)
    expect(lines).toEqual([text])
    expect(size).toBeGreaterThan(2)
    expect(size).toBeLessThan(3)
    const { advance } = measureLine(text, face, 'x')
    expect(advance * size).toBeLessThanOrEqual(30)
    expect(advance * (size + 0.05)).toBeGreaterThan(29.9)
    expect(places[0]?.y).toBeCloseTo(inFrame('Ngắn').places[0]?.y as number, 9)
  })

  test('then it is broken at blanks, as large as the lines fit', () => {
    const { lines, size } = inFrame('Một câu dài hơn nhiều, không thể nằm trên một dòng', {
      box: { ...FRAME.box, height: 9 },
    })
    expect(lines).toHaveLength(2)
    expect(lines.join(' ')).toBe('Một câu dài hơn nhiều, không thể nằm trên một dòng')
    expect(size).toBeGreaterThan(2)
  })

  test('lines are about as long as one another: no last word is left alone', () => {
    const { lines } = inFrame('CÔNG TẰNG TÔN NỮ HUYỀN TRẦN NGỌC QUỲNH PHƯƠNG UYỂN NHI', {
      box: { ...FRAME.box, width: 52, height: 9 },
    })
    expect(lines).toEqual(['CÔNG TẰNG TÔN NỮ HUYỀN TRẦN', 'NGỌC QUỲNH PHƯƠNG UYỂN NHI'])
  })

  test('a frame that breaks first keeps the size', () => {
    const change = { first: 'break', box: { ...FRAME.box, height: 9 } } as const
    expect(inFrame('Một dòng vừa dài hơn khung', change)).toMatchObject({
      lines: [expect.any(String), expect.any(String)],
      size: 3,
    })
  })

  test('then places are abbreviated where the frame says so', () => {
    const text = 'Phường Thử Nghiệm, Thành phố Giả Định, Tỉnh Mẫu Mực Vô Cùng'
    expect(() => inFrame(text)).toThrow(FormatError)
    expect(inFrame(text, { abbreviate: 'place' })).toMatchObject({ abbreviated: true })
  })

  test('then it is refused with its field and without its text', () => {
    const secret = 'Bí mật '.repeat(30).trim()
    const error = (() => {
      try {
        return inFrame(secret)
      } catch (cause) {
        return cause as FormatError
      }
    })() as FormatError
    expect([error.code, error.facts]).toEqual(['ART_OVERFLOW', { field: 'placeOfResidence' }])
    expect(error.message).not.toContain('Bí')
    expect(() => inFrame('Mộtchữdàikhôngcókhoảngtrắngnàocảnênkhôngxuốngdòngđược')).toThrow(FormatError)
  })

  test('a frame lower than its letters takes nothing', () => {
    expect(() => inFrame('Ẳ', { box: { ...FRAME.box, height: 3 } })).toThrow(FormatError)
  })
})

test('whatever fits stands inside its frame whole; whatever does not is refused', () => {
  const syllable = fc.constantFrom(
    'Nguyễn',
    'Ẵm',
    'Ộp',
    'Ựng,',
    'P.',
    '12/3',
    'a',
    'Thượng',
    '-',
    'Ỷ',
    'Bà Rịa - Vũng Tàu,',
  )
  const text = fc.array(syllable, { minLength: 1, maxLength: 25 }).map(words => words.join(' '))
  let [fitted, refused] = [0, 0]
  fc.assert(
    fc.property(
      text,
      fc.record({
        size: fc.integer({ min: 150, max: 400 }).map(value => value / 100),
        floor: fc.integer({ min: 80, max: 150 }).map(value => value / 100),
        lines: fc.integer({ min: 1, max: 4 }),
        first: fc.constantFrom('shrink' as const, 'break' as const),
        align: fc.constantFrom('start' as const, 'middle' as const, 'end' as const),
        box: fc.record({
          x: fc.constant(5),
          y: fc.constant(5),
          width: fc.integer({ min: 10, max: 70 }),
          height: fc.integer({ min: 2, max: 12 }),
        }),
      }),
      (given, change) => {
        const frame = { ...FRAME, ...change }
        try {
          const { lines, size, places } = fitText(given, frame, face)
          fitted++
          expect(lines.join(' ').replace(/ /g, '')).toBe(given.replace(/ /g, ''))
          expect(lines.length).toBeLessThanOrEqual(frame.lines)
          expect(size).toBeGreaterThanOrEqual(Math.min(frame.floor, frame.size) - 1e-9)
          let under = frame.box.y
          for (const [i, line] of lines.entries()) {
            const { advance, before, after, above, below } = measureLine(line, face, 'x')
            const { x, y } = places[i] as { x: number; y: number }
            expect(x - before * size).toBeGreaterThanOrEqual(frame.box.x - 1e-6)
            expect(x + (advance + after) * size).toBeLessThanOrEqual(frame.box.x + frame.box.width + 1e-6)
            // Nor do letters touch those of the line before.
            expect(y - above * size).toBeGreaterThanOrEqual(under - 1e-6)
            under = y + below * size
          }
          expect(under).toBeLessThanOrEqual(frame.box.y + frame.box.height + 1e-6)
        } catch (error) {
          if (!(error instanceof FormatError)) throw error
          refused++
          expect(error.code).toBe('ART_OVERFLOW')
        }
      },
    ),
    { numRuns: 400, seed: 5 },
  )
  // Both happened, so that both were looked at.
  expect(Math.min(fitted, refused)).toBeGreaterThan(40)
})

test('administrative units are abbreviated where a part begins with them, names never', () => {
  expect(abbreviatePlace('Số 5 Đường Mẫu, Phường Đường Lâm, Thị xã Tỉnh Gia, Thành phố Thử, tỉnh Mẫu')).toBe(
    'Số 5 Đường Mẫu, P. Đường Lâm, TX. Tỉnh Gia, TP. Thử, T. Mẫu',
  )
  for (const same of ['Tỉnh', 'Quậnh Lớn', 'Phườnglạ', 'Xã Mẫu, Thôn Ví Dụ', ''])
    expect(abbreviatePlace(same)).toBe(same)
})

test('what cannot be seen, or would move what can, is refused with its code point and field', () => {
  for (const [text, point] of [
    ['A\u0000', 'U+0000'],
    ['A\u001b[2J', 'U+001B'],
    ['A\nB', 'U+000A'],
    ['\u202eABC', 'U+202E'],
    ['A\u200bB', 'U+200B'],
    ['\ufeffA', 'U+FEFF'],
    ['\ud800', 'U+D800'],
    ['x\u0323', 'U+0323'],
    ['\ue000', 'U+E000'],
    ['A\u2028', 'U+2028'],
  ] as const) {
    expect(() => drawableText(text, 'fullName')).toThrow(
      expect.objectContaining({ code: 'ART_CHARACTER', message: expect.stringContaining(point) }),
    )
  }
  expect(drawableText('  Nguyễn   Văn A ', 'fullName')).toBe('Nguyễn Văn A')
  expect(() => drawableText('a '.repeat(600), 'fullName')).toThrow(expect.objectContaining({ code: 'ART_OVERFLOW' }))
  // Å as the sign of a unit is another character in NFC.
  expect(() => drawableText('\u212b', 'fullName')).toThrow(expect.objectContaining({ code: 'ART_CHARACTER' }))
})
