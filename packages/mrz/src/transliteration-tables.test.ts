import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type CyrillicLanguage, transliterate } from './transliteration.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../../fixtures/vectors/transliteration.json', import.meta.url), 'utf8'),
) as {
  cyrillic: Record<string, string>
  cyrillicByLanguage: Record<CyrillicLanguage, Record<string, string>>
  ukrainianFirst: Record<string, string>
  arabic: Record<string, string>
  arabicNotEncoded: string[]
  arabicWords: { word: string; mrz: string; rule: string }[]
}

test.each(Object.entries(vectors.cyrillic))('%s becomes %s, small as capital', (letter, letters) => {
  expect(transliterate(letter)).toBe(letters)
  expect(transliterate(letter.toLowerCase())).toBe(letters)
})

describe.each(Object.entries(vectors.cyrillicByLanguage))('%s has its own values', (language, own) => {
  const cyrillic = language as CyrillicLanguage
  test.each(Object.entries(own))('%s becomes %s', (letter, letters) => {
    // Behind another letter: the first of a word has a rule of its own in Ukrainian.
    expect(transliterate(`А${letter}`, { cyrillic })).toBe(`A${letters}`)
  })

  test('and the general ones for the rest', () => {
    for (const [letter, letters] of Object.entries(vectors.cyrillic)) {
      if (!(letter in own)) expect(transliterate(`А${letter}`, { cyrillic })).toBe(`A${letters}`)
    }
  })
})

test.each(Object.entries(vectors.ukrainianFirst))(
  'Ukrainian %s at the beginning of a word is %s',
  (letter, letters) => {
    expect(transliterate(`${letter} А${letter}-${letter}`, { cyrillic: 'ukrainian' })).toMatch(
      new RegExp(`^${letters} A[A-Z]+ ${letters}$`),
    )
  },
)

test('the soft sign is left out', () => {
  expect(transliterate('Гоголь')).toBe('GOGOL')
})

test.each(Object.entries(vectors.arabic))('%s becomes %s', (letter, letters) => {
  expect(transliterate(letter)).toBe(letters)
})

test.each(vectors.arabicWords)('$word is $mrz: $rule', ({ word, mrz }) => {
  expect(transliterate(word)).toBe(mrz)
})

test('teh marbuta is XTA inside a word and XAH at its end', () => {
  expect(transliterate('\u0629\u0628 \u0628\u0629')).toBe('XTAB BXAH')
})

test('signs that are not encoded leave nothing behind', () => {
  for (const sign of vectors.arabicNotEncoded) expect(transliterate(`\u0628${sign}\u0628`)).toBe('BB')
})

test('a name may mix scripts', () => {
  expect(transliterate('Nguyễn Анна')).toBe('NGUYEN ANNA')
})
