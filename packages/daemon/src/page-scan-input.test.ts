import { holders } from '@cccd/fixtures'
import { cardQrText, mrzLines } from '@cccd/personalization'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { recognise } from './page/scan-input.ts'

const { woman } = holders
const QR = cardQrText(woman, '2021')

test("a card's QR opens the chip and tells name, number, birth and residence as unsigned", () => {
  const found = recognise(`${QR}\r`)
  expect(found).toMatchObject({ kind: 'ready', what: 'card-qr', given: { scan: `${QR}\r` }, damage: [] })
  if (found.kind !== 'ready') return
  expect(found.fields).toContainEqual({ name: 'fullName', value: woman.fullName, source: 'qr' })
  expect(found.fields).toContainEqual({ name: 'personalNumber', value: woman.personalNumber, source: 'qr' })
  expect(found.fields.every(({ source, value }) => source === 'qr' && value !== '')).toBe(true)
})

test('twelve digits open the chip, with blanks between them too; fewer wait for the rest, more are refused', () => {
  expect(recognise('999190012345')).toMatchObject({ kind: 'ready', what: 'number', given: { number: '999190012345' } })
  expect(recognise(' 999 190 012 345 ')).toMatchObject({ kind: 'ready', given: { number: '999190012345' } })
  expect(recognise('99919001234')).toEqual({ kind: 'digits', count: 11 })
  expect(recognise('9991900123456')).toEqual({ kind: 'refused', why: 'NOT_TWELVE_DIGITS' })
})

test('six digits are a CAN and tell nothing of a person', () => {
  expect(recognise('012345')).toEqual({ kind: 'ready', what: 'can', given: { can: '012345' }, fields: [], damage: [] })
})

test('an MRZ that a scanner gives line by line is waited for, then taken whole', () => {
  const lines = mrzLines(woman)
  expect(recognise(lines[0] as string)).toEqual({ kind: 'lines', count: 1 })
  expect(recognise(lines.slice(0, 2).join('\n'))).toEqual({ kind: 'lines', count: 2 })
  expect(recognise(lines.join('\n'))).toMatchObject({ kind: 'ready', what: 'mrz', given: { scan: lines.join('\n') } })
})

test('a wedge that drops Vietnamese letters is noticed, and the card can be read all the same', () => {
  const found = recognise(QR.replace(/[^\0-\x7f]/g, '?'))
  expect(found).toMatchObject({ kind: 'ready', what: 'card-qr' })
  expect(found.kind === 'ready' && found.damage).toContain('LETTERS_LOST')
})

test('the code of an insurance card, of VNeID and of two cards at once open nothing and say why', () => {
  const insurance = 'GD4999999999999|4e67757965|01/01/1990|1|-|01 - 001|01/01/2024|-|01/01/2024|1|-|4|-|x|$'
  expect(recognise(insurance)).toEqual({ kind: 'refused', why: 'INSURANCE_QR' })
  expect(recognise('https://vneid.example/abc')).toEqual({ kind: 'refused', why: 'NO_CARD_TEXT' })
  expect(recognise(`${QR}\n${QR}`)).toEqual({ kind: 'refused', why: 'SEVERAL_TEXTS' })
})

test('whatever is typed or scanned, nothing is thrown', () => {
  const nearly = fc
    .tuple(fc.nat(QR.length), fc.string({ maxLength: 5 }))
    .map(([at, put]) => QR.slice(0, at) + put + QR.slice(at + 1))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), nearly), text => {
      const found = recognise(text)
      expect(['empty', 'digits', 'lines', 'ready', 'refused']).toContain(found.kind)
    }),
  )
})
