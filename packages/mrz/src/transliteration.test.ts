import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FormatError } from './error.ts'
import { transliterate } from './transliteration.ts'

const { latinLetters } = JSON.parse(
  readFileSync(new URL('../../../fixtures/vectors/mrz.json', import.meta.url), 'utf8'),
) as { latinLetters: Record<string, string> }

test.each(Object.entries(latinLetters))('%s becomes %s', (letter, letters) => {
  expect(transliterate(letter)).toBe(letters)
  // ẞ is the one capital whose small letter has two capitals; both ways give SS.
  expect(transliterate(letter.toLowerCase())).toBe(letters)
})

test('every Vietnamese letter, in both normal forms and cases, loses its marks and stays one letter', () => {
  const tones = ['', '\u0300', '\u0301', '\u0303', '\u0309', '\u0323']
  for (const base of 'AĂÂEÊIOÔƠUƯY') {
    const plain = base.normalize('NFD').charAt(0)
    for (const tone of tones) {
      const letter = (base + tone).normalize('NFC')
      expect([...letter]).toHaveLength(1)
      for (const form of [letter, letter.normalize('NFD'), letter.toLowerCase()])
        expect(transliterate(form)).toBe(plain)
    }
  }
  expect(transliterate('Đđ')).toBe('DD')
})

test('hyphens and blanks of every kind part words, apostrophes and points go', () => {
  expect(transliterate(' Nguyễn  Thị Ngọc\u00A0Ánh\t')).toBe('NGUYEN THI NGOC ANH')
  expect(transliterate("H'Hen Niê - K'Brơi")).toBe('HHEN NIE KBROI')
  expect(transliterate('Trần, T. Bình')).toBe('TRAN T BINH')
})

test('a letter of another script is refused with its place, and not shown', () => {
  expect(() => transliterate('An 한')).toThrow(
    expect.objectContaining({ code: 'MRZ_MALFORMED', facts: { field: 'name', column: 4 } }),
  )
  expect(() => transliterate('A1')).toThrow(FormatError)
})

test('any text gives letters and single blanks, or a FormatError', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), name => {
      try {
        expect(transliterate(name)).toMatch(/^(?:[A-Z]+(?: [A-Z]+)*)?$/)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
  )
})
