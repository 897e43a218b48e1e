import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isTruncation, joinNames, splitNames, truncateNames } from './name-field.ts'

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

describe('truncated names of 9303-4, -5, -6, -7 §4.2.3', () => {
  interface Example {
    readonly clause: string
    readonly length: number
    readonly primaryIdentifier: string
    readonly secondaryIdentifier: string
    readonly method: 'initials' | 'truncated' | 'fixed length' | 'none'
    readonly field: string
  }
  const { examples } = JSON.parse(
    readFileSync(new URL('../../../fixtures/vectors/name-truncation.json', import.meta.url), 'utf8'),
  ) as { examples: Example[] }

  test.each(examples)('$clause: $field is recognised as these names', ({ field, ...names }) => {
    expect(isTruncation(splitNames(field), names)).toBe(true)
  })

  test.each(examples.filter(({ method }) => method === 'initials'))(
    '$clause: $field is what initials give',
    ({ field, length, ...names }) => {
      expect(joinNames(truncateNames(names, length, 'initials'))).toBe(field)
    },
  )

  // The other two ways leave the lengths to the issuer; a cut at the end is among the examples where it is one.
  const cut = ['NILAVADHANANANDA<<ARNPOL<PETCH<CHARONGU', 'VILARCHAO<FERNANDEZ<<JOSE<RAMO']
  test.each(examples.filter(({ field }) => cut.includes(field)))(
    '$clause: $field is a cut',
    ({ field, length, ...names }) => {
      expect(joinNames(truncateNames(names, length))).toBe(field)
    },
  )

  test('a name that just fits is not touched by either way', () => {
    const [whole] = examples.filter(({ method }) => method === 'none') as [Example]
    for (const method of ['cut', 'initials'] as const) expect(truncateNames(whole, 30, method)).toBe(whole)
  })

  test('other names are not recognised', () => {
    const names = { primaryIdentifier: 'NGUYEN', secondaryIdentifier: 'VAN AN' }
    for (const field of ['NGUYEN<<VAN<B', 'NGUYEM<<VAN<AN', 'NGUYEN<<VAN<AN<C', 'NGUYEN<VAN<<AN', 'NGUYEN']) {
      expect(isTruncation(splitNames(field), names)).toBe(false)
    }
  })
})

test('whatever the names, initials fill the field at most and are a truncation of them', () => {
  const word = fc.string({ unit: fc.constantFrom('A', 'B', 'C'), minLength: 1, maxLength: 9 })
  const words = fc.array(word, { minLength: 1, maxLength: 20 }).map(all => all.join(' '))
  fc.assert(
    fc.property(words, words, (primaryIdentifier, secondaryIdentifier) => {
      const whole = { primaryIdentifier, secondaryIdentifier }
      const names = truncateNames(whole, 30, 'initials')
      const field = joinNames(names)
      expect(field.length).toBeLessThanOrEqual(30)
      expect(isTruncation(splitNames(field), whole)).toBe(true)
      if (joinNames(whole).length > 30) expect(field.length).toBeGreaterThan(26)
    }),
  )
})
