import { concat, DER, derOid, derSequence, derSetOf, parseDer, readName, tlv, utf8 } from '@cccd/card-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sameNameByHabit } from './signer-name.ts'
import { flipped } from './testing/judge.ts'

type Part = readonly [oid: string, text: string, tag?: number]

function name(...parts: readonly Part[]) {
  const rdns = parts.map(([oid, text, tag = DER.printableString]) =>
    derSetOf(derSequence(derOid(oid), tlv(tag, utf8(text)))),
  )
  return readName(parseDer(derSequence(concat(...rdns))))
}

const [C, O, CN] = ['2.5.4.6', '2.5.4.10', '2.5.4.3']
const usual = name([C, 'VN'], [O, 'Bo Cong An'], [CN, 'CSCA Viet Nam'])

test.each([
  ['in another order', name([CN, 'CSCA Viet Nam'], [O, 'Bo Cong An'], [C, 'VN'])],
  ['in UTF8Strings', name([C, 'VN', DER.utf8String], [O, 'Bo Cong An', DER.utf8String], [CN, 'CSCA Viet Nam'])],
  ['in capitals', name([C, 'VN'], [O, 'BO CONG AN'], [CN, 'CSCA VIET NAM'])],
  ['with other blanks', name([C, 'VN'], [O, ' Bo  Cong An '], [CN, 'CSCA Viet Nam'])],
])('a name written %s is the same name', (_, other) => {
  expect(sameNameByHabit(usual, other)).toBe(true)
})

test.each([
  ['another word', name([C, 'VN'], [O, 'Bo Cong An'], [CN, 'CSCA Viet Num'])],
  ['one letter in another case', name([C, 'VN'], [O, 'bo Cong An'], [CN, 'CSCA Viet Nam'])],
  ['an odd string type', name([C, 'VN', DER.numericString], [O, 'Bo Cong An'], [CN, 'CSCA Viet Nam'])],
  ['an attribute less', name([C, 'VN'], [CN, 'CSCA Viet Nam'])],
  ['an attribute twice', name([C, 'VN'], [C, 'VN'], [CN, 'CSCA Viet Nam'])],
])('a name with %s is another', (_, other) => {
  expect(sameNameByHabit(usual, other)).toBe(false)
})

test('no flipped bit leaves the name the same', () => {
  fc.assert(
    fc.property(fc.nat({ max: usual.raw.length * 8 - 1 }), bit => {
      let other: ReturnType<typeof name>
      try {
        other = readName(parseDer(flipped(usual.raw, bit)))
      } catch {
        return
      }
      expect(sameNameByHabit(other, usual)).toBe(false)
    }),
    { numRuns: usual.raw.length * 16 },
  )
})

test('names of thousands of attributes are another name at once, however they are ordered', () => {
  const parts = Array.from({ length: 4000 }, (_, i): Part => [CN, `CSCA ${i}`])
  const long = name(...parts)
  const start = performance.now()
  expect(sameNameByHabit(long, name(...parts.reverse()))).toBe(false)
  expect(performance.now() - start).toBeLessThan(1000)
})
