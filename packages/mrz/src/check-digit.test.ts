import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkDigit } from './check-digit.ts'
import { FormatError } from './error.ts'

const vectors = JSON.parse(readFileSync(new URL('../../../fixtures/vectors/mrz.json', import.meta.url), 'utf8')) as {
  checkDigits: { id: string; clause: string; over: string; checkDigit: string }[]
}

test.each(vectors.checkDigits)('$id: $clause', ({ over, checkDigit: expected }) => {
  expect(checkDigit(over)).toBe(expected)
})

test('fillers at the end change no check digit', () => {
  expect(checkDigit('AB2134')).toBe(checkDigit('AB2134<<<'))
})

test('a character outside the MRZ alphabet is reported with its column', () => {
  for (const [text, column] of [
    ['ab', 1],
    ['AB ', 3],
    ['12Đ', 3],
  ] as const) {
    expect(() => checkDigit(text)).toThrow(expect.objectContaining({ code: 'MRZ_MALFORMED', facts: { column } }))
  }
})

test('any text gives one digit or a FormatError', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      try {
        expect(checkDigit(text)).toMatch(/^[0-9]$/)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
  )
})
