import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { FormatError } from '@cccd/mrz'
import { Resvg } from '@resvg/resvg-js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { measureLine } from './fit-text.ts'
import { faceOf, parseFont, VIETNAMESE_LETTERS } from './font.ts'

const file = createRequire(import.meta.url).resolve(
  '@expo-google-fonts/be-vietnam-pro/600SemiBold/BeVietnamPro_600SemiBold.ttf',
)
const bytes = Uint8Array.from(readFileSync(file))
const face = parseFont(bytes)

test('family, weight and the reach of Vietnamese letters are read', () => {
  expect(face).toMatchObject({ family: 'Be Vietnam Pro', weight: 600, italic: false })
  // Ẳ stands higher than the font's ascender says.
  expect(face.above).toBeGreaterThan(1.1)
  expect(face.below).toBeGreaterThan(0.2)
})

test('the font has every letter of Vietnamese; what it has not is null, never a box', () => {
  expect([...VIETNAMESE_LETTERS].filter(letter => face.glyph(letter.codePointAt(0) as number) === null)).toEqual([])
  expect(new Set(VIETNAMESE_LETTERS).size).toBe(2 * (12 * 6 + 17 + 4))
  for (const code of [0x4e2d, 0x1f600, 0x0627, 0x10ffff]) expect(face.glyph(code)).toBeNull()
})

test('a line is as wide and as high as the renderer draws it', () => {
  for (const text of ['TRẦN THỊ THỬ NGHIỆM', 'Đường Võ Văn Tần, AVAWA', 'Ẵng Ậy Ộp Ựng', '0123456789/']) {
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="4000" height="400"><text x="100" y="200" font-size="100" font-weight="600" font-family="Be Vietnam Pro" style="font-kerning:none">${text}</text></svg>`
    const box = new Resvg(svg, { font: { loadSystemFonts: false, fontFiles: [file] } }).getBBox()
    const measured = measureLine(text, face, 'fullName')
    // The renderer tells the ink, so the first and last side bearings are not in it.
    expect((box?.x ?? 0) - 100).toBeGreaterThanOrEqual(-100 * measured.before - 0.1)
    expect(Math.abs((box?.x ?? 0) + (box?.width ?? 0) - 100 - 100 * (measured.advance + measured.after))).toBeLessThan(
      9,
    )
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(100 + 100 * (measured.advance + measured.after) + 0.1)
    expect(200 - (box?.y ?? 0)).toBeCloseTo(100 * measured.above, 0)
    expect((box?.y ?? 0) + (box?.height ?? 0) - 200).toBeCloseTo(100 * measured.below, 0)
  }
})

test('another face never stands in for one that was not given', () => {
  expect(faceOf([face], 'Be Vietnam Pro', 600)).toBe(face)
  for (const [family, weight] of [
    ['Be Vietnam Pro', 700],
    ['Be Vietnam', 600],
  ] as const) {
    expect(() => faceOf([face], family, weight)).toThrow(FormatError)
  }
})

test('damaged files are refused with FormatError, or read; nothing else is thrown, later either', () => {
  const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
  // Most of what is read stands in the tables' directory and heads.
  const early = fc.array(fc.tuple(fc.nat(700), fc.nat(255)), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(fc.oneof(damage, early), fc.option(fc.nat(bytes.length)), (changes, cut) => {
      const copy = Uint8Array.from(cut === null ? bytes : bytes.subarray(0, cut))
      for (const [at, value] of changes) if (at < copy.length) copy[at] = value
      try {
        const read = parseFont(copy)
        for (const code of [0x41, 0x1ea4, 0xffff, 0x10ffff]) read.glyph(code)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        expect((error as FormatError).code).toBe('FONT_UNUSABLE')
      }
    }),
    { numRuns: 500 },
  )
})
