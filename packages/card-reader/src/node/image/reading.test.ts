import { describe, expect, test } from 'vitest'
import { judge } from './believe.ts'
import type { StepResult } from './cascade.ts'
import { STEPS } from './cascade.ts'
import { Findings } from './reading.ts'
import type { DecodedSymbol, DecoderName } from './symbol.ts'

const CARD = '999190012345|999000001|Nguyễn Thị Thử Nghiệm|15051990|Nữ|Số 12 Đường Ví Dụ, TP. Thử Nghiệm|10082021'
const SQUARE = [0, 100].flatMap(y => [y, 100 - y].map(x => ({ x, y })))

const symbol = (text: string, more: Partial<DecodedSymbol> = {}): DecodedSymbol => ({
  ...{ text, bytes: new TextEncoder().encode(text), utf8: true, corners: SQUARE, spare: null, part: false },
  ...more,
})
const result = (decoder: DecoderName, ...symbols: DecodedSymbol[]): StepResult => {
  const step = STEPS.find(one => one.decoder === decoder)
  if (!step) throw new Error('no such step')
  return { step, symbols, ms: 1 }
}
const verdict = (...results: StepResult[]) => {
  const findings = new Findings()
  for (const one of results) findings.add(one, { ms: 1, page: 1, scale: 1 })
  return findings.verdict()
}

describe('a text by itself', () => {
  test('of a card without contradiction is believed whoever read it', () => {
    for (const spare of [null, 0, 1]) expect(judge(symbol(CARD, { spare }))).toEqual({ kind: 'card-qr', doubt: null })
    expect(judge(symbol(`${CARD}||||`)).doubt).toBeNull()
  })

  test.each([
    ['a letter turned into a sign', CARD.replace('Thử', 'Th\u0001')],
    ['a letter of another script', CARD.replace('Thử', 'Thמ')],
    ['a date that is none', CARD.replace('15051990', '45051990')],
    ['a sex that the number contradicts', CARD.replace('Nữ', 'Nam')],
    ['a year of birth that the number contradicts', CARD.replace('15051990', '15051991')],
    ['a digit in the name', CARD.replace('Nguyễn', 'Nguy8n')],
    ['a field too few', CARD.replace('|Nữ', '')],
    ['letters lost', CARD.replace('Thị', 'Th?')],
  ])('with %s is doubtful unless error correction was left', (_, text) => {
    expect(judge(symbol(text)).doubt).toBe('CARD_INCONSISTENT')
    expect(judge(symbol(text, { spare: 0.1 })).doubt).toBe('CARD_INCONSISTENT')
    expect(judge(symbol(text, { spare: 0.6 })).doubt).toBeNull()
  })

  test('that begins like a card and goes on like none is doubtful', () => {
    expect(judge(symbol('999190012345|\u0013\u0002', { spare: 0 })).doubt).toBe('CARD_INCONSISTENT')
    expect(judge(symbol('99919001234|x|y')).doubt).toBe('CARD_INCONSISTENT')
  })

  test('in a character set that the decoder does not know is doubtful', () => {
    expect(judge(symbol('ÃÞ»Þ', { utf8: false })).doubt).toBe('CHARACTER_SET')
    expect(judge(symbol('ﾃﾞｻﾞ', { utf8: false, spare: 1 })).doubt).toBeNull()
  })
})

describe('several readings of one place', () => {
  const odd = CARD.replace('Nữ', 'Nam')

  test('that agree are one text with both decoders', () => {
    expect(verdict(result('zxing', symbol(CARD)), result('zbar', symbol(CARD)))).toMatchObject({
      texts: [{ decoder: 'zxing', agreeing: ['zxing', 'zbar'] }],
      doubtful: [],
    })
  })

  test('that differ are both reported and none is chosen', () => {
    const other = CARD.replace('Số 12', 'Số 13')
    const { texts, doubtful } = verdict(result('zxing', symbol(CARD)), result('zbar', symbol(other)))
    expect(texts).toEqual([])
    expect(doubtful.map(({ text, doubt }) => ({ text, doubt }))).toEqual([
      { text: CARD, doubt: 'CONFLICT' },
      { text: other, doubt: 'CONFLICT' },
    ])
  })

  test('make an odd card believed when two decoders agree, not when one reads it twice', () => {
    expect(verdict(result('zbar', symbol(odd)), result('jsqr', symbol(odd))).texts).toHaveLength(1)
    expect(verdict(result('zbar', symbol(odd)), result('zbar', symbol(odd)))).toMatchObject({
      texts: [],
      doubtful: [{ doubt: 'CARD_INCONSISTENT' }],
    })
  })

  test('do not let bytes that are no text spoil a card', () => {
    const garbage = symbol('Ã\u0081', { utf8: false })
    expect(verdict(result('zbar', garbage), result('zxing', symbol(CARD))).texts).toMatchObject([{ text: CARD }])
  })

  test('elsewhere in the picture are texts of their own', () => {
    const corners = SQUARE.map(({ x, y }) => ({ x: x + 300, y }))
    const { texts } = verdict(result('zxing', symbol(CARD), symbol(odd, { corners, spare: 1 })))
    expect(texts).toHaveLength(2)
  })
})
