import { expect, test } from 'vitest'
import { languageOf } from './language.ts'

test('Vietnamese is spoken unless English is asked for', () => {
  expect(languageOf(undefined, {})).toBe('vi')
  expect(languageOf(undefined, { LANG: 'C.UTF-8' })).toBe('vi')
  expect(languageOf(undefined, { LANG: 'vi_VN.UTF-8' })).toBe('vi')
  expect(languageOf(undefined, { LANG: 'en_US.UTF-8' })).toBe('en')
  expect(languageOf(undefined, { LANG: 'en_US.UTF-8', LC_ALL: 'vi_VN.UTF-8' })).toBe('vi')
  expect(languageOf(undefined, { LANG: 'en_US.UTF-8', LC_ALL: '' })).toBe('en')
  expect(languageOf('en', { LANG: 'vi_VN.UTF-8' })).toBe('en')
  expect(languageOf('vi', { LANG: 'en_US.UTF-8' })).toBe('vi')
})
