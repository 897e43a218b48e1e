// The clerk's guide says what the page does: its pictures are there, its keys and words are the page's own.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TransportError } from '@cccd/mrz'
import { expect, test } from 'vitest'
import { WORDS } from './page/words/desk-words.ts'
import { SHORTCUTS } from './page/words/shortcut-words.ts'
import { HEADLINES, VERDICT_WORDS } from './page/words/verdict-words.ts'
import { readingError } from './readings/reading-error.ts'

const GUIDE = fileURLToPath(new URL('../../../docs/desk-clerk.vi.md', import.meta.url))
const text = readFileSync(GUIDE, 'utf8')

test('every picture of the guide is there', () => {
  const pictures = [...text.matchAll(/\]\((screenshots\/[^)]+)\)/g)].map(match => match[1] as string)
  expect(pictures.length).toBeGreaterThan(5)
  expect(pictures.filter(name => !existsSync(new URL(name, `file://${GUIDE}`)))).toEqual([])
})

test('the guide names every shortcut of the page, and no other function key', () => {
  const keys = SHORTCUTS.flatMap(([names]) => names)
  expect(keys.filter(key => !text.includes(key))).toEqual([])
  const told = new Set([...text.matchAll(/\bF\d\b/g)].map(match => match[0]))
  // F5 is the browser's.
  told.delete('F5')
  expect([...told].filter(key => !keys.includes(key))).toEqual([])
})

test('the guide uses the words that stand on the page', () => {
  for (const { word } of Object.values(VERDICT_WORDS)) expect(text).toContain(word.vi)
  for (const said of [WORDS.cleared, WORDS.endShift, WORDS.nextPatient])
    expect(text.toLowerCase()).toContain(said.vi.toLowerCase())
  for (const reason of [
    'CARD_EXPIRED',
    'HASH_DIFFERS',
    'ISSUER_NAME_IMITATED',
    'AA_SIGNATURE_WRONG',
    'FIELDS_DIFFER',
  ] as const) {
    expect(text).toContain(HEADLINES[reason]?.vi)
  }
  for (const code of ['CARD_REMOVED', 'ACCESS_KEY_WRONG', 'ACCESS_BLOCKED', 'READER_BUSY'] as const) {
    expect(text).toContain(readingError(new TransportError(code, 'for its words')).vi.replace(/\.$/, ''))
  }
})
