import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinNames, splitNames, truncateNames } from './name-field.ts'

test('the first doubled filler parts the two identifiers, single ones part words', () => {
  expect(splitNames('VAN<DER<STEEN<<MARIANNE<LOUISE')).toEqual({
    primaryIdentifier: 'VAN DER STEEN',
    secondaryIdentifier: 'MARIANNE LOUISE',
  })
  expect(splitNames('ARKFREITH<<<<<')).toEqual({ primaryIdentifier: 'ARKFREITH', secondaryIdentifier: '' })
})

test('joining what was split gives any field back, without the fillers at its end', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('A', 'B', '<'), maxLength: 30 }), field => {
      expect(joinNames(splitNames(field)).padEnd(30, '<')).toBe(field.padEnd(30, '<'))
    }),
  )
})

test('names that fit are not touched', () => {
  const names = { primaryIdentifier: 'NGUYEN', secondaryIdentifier: 'VAN A' }
  expect(truncateNames(names, 30)).toBe(names)
})

test('a secondary identifier is cut at the end of the field', () => {
  const names = { primaryIdentifier: 'NGUYEN', secondaryIdentifier: 'PHUONG THUY TRANG HOANG OANH' }
  expect(joinNames(truncateNames(names, 30))).toBe('NGUYEN<<PHUONG<THUY<TRANG<HOAN')
})

test('a cut between two words still ends in a letter', () => {
  const names = { primaryIdentifier: 'NGUYEN', secondaryIdentifier: 'PHUONG THUY NHUNG HOANG' }
  expect(joinNames(truncateNames(names, 26))).toBe('NGUYEN<<PHUONG<THUY<NHUN<H')
})

test('a primary identifier as long as the field leaves room for one letter', () => {
  const names = { primaryIdentifier: 'A'.repeat(40), secondaryIdentifier: 'B C' }
  expect(joinNames(truncateNames(names, 30))).toBe(`${'A'.repeat(27)}<<B`)
})

test('whatever the names, the field is full at most, and both identifiers keep a letter', () => {
  const word = fc.string({ unit: fc.constantFrom('A', 'B', 'C'), minLength: 1, maxLength: 9 })
  const words = fc.array(word, { minLength: 1, maxLength: 8 }).map(all => all.join(' '))
  fc.assert(
    fc.property(words, words, (primaryIdentifier, secondaryIdentifier) => {
      const names = truncateNames({ primaryIdentifier, secondaryIdentifier }, 30)
      const field = joinNames(names)
      expect(field.length).toBeLessThanOrEqual(30)
      expect(splitNames(field)).toEqual(names)
      expect(names.primaryIdentifier).toMatch(/^[A-C]/)
      expect(names.secondaryIdentifier).toMatch(/^[A-C]/)
      expect(field).not.toMatch(/<<.*<<|<$/)
    }),
  )
})
