import { expect, test } from 'vitest'
import { fromHex } from '../bytes.ts'
import { response } from './response.ts'
import { describeStatusWord, expectOk, formatStatusWord } from './status-word.ts'

test('9000 alone is success, and hands out the data', () => {
  expect(expectOk(response(0x9000, fromHex('0102')), 'READ BINARY')).toEqual(fromHex('0102'))
})

test('no other status word ending in 00 passes for success', () => {
  for (let sw1 = 0; sw1 < 0x100; sw1++) {
    if (sw1 === 0x90) continue
    expect(() => expectOk(response(sw1 << 8), 'step')).toThrow(expect.objectContaining({ name: 'StatusWordError' }))
  }
})

test.each([
  [0x6a82, 'FILE_NOT_FOUND', undefined],
  [0x6982, 'ACCESS_DENIED', undefined],
  [0x6983, 'ACCESS_BLOCKED', undefined],
  [0x63c2, 'ACCESS_KEY_WRONG', 2],
  [0x63c0, 'ACCESS_KEY_WRONG', 0],
  [0x6300, 'STATUS_WORD', undefined],
  [0x63b1, 'STATUS_WORD', undefined],
  [0x6282, 'STATUS_WORD', undefined],
  [0x6103, 'STATUS_WORD', undefined],
  [0x6f00, 'STATUS_WORD', undefined],
])('status word %i is thrown as %s', (sw, code, triesLeft) => {
  const facts = { sw, step: 'SELECT', ...(triesLeft === undefined ? {} : { triesLeft }) }
  expect(() => expectOk(response(sw), 'SELECT')).toThrow(
    expect.objectContaining({ code, facts: expect.objectContaining(facts) }),
  )
  if (triesLeft === undefined) {
    expect(() => expectOk(response(sw), 'SELECT')).toThrow(
      expect.objectContaining({ facts: expect.not.objectContaining({ triesLeft: expect.anything() }) }),
    )
  }
})

test('every status word has a meaning in both languages', () => {
  for (let sw = 0; sw <= 0xffff; sw++) {
    const { meaning, remedy } = describeStatusWord(sw)
    const texts = (remedy ? [meaning, remedy] : [meaning]).flatMap(({ en, vi }) => [en, vi])
    if (!texts.every(text => text.endsWith('.') && text === text.normalize('NFC'))) expect.fail(formatStatusWord(sw))
  }
})

test('counts in a status word are told', () => {
  expect(describeStatusWord(0x63c2).meaning.en).toContain('2 tries')
  expect(describeStatusWord(0x6100).meaning.en).toContain('256')
  expect(describeStatusWord(0x6c10).meaning.vi).toContain('16')
  expect(formatStatusWord(0x0f)).toBe('000F')
})
