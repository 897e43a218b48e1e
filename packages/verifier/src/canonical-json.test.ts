import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson, isShallow } from './canonical-json.ts'

test('the example of RFC 8785 §3.2.2 comes out as §3.2.3 prints it', () => {
  const value = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`)
  expect(canonicalJson(value)).toBe(
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

test('members are sorted by UTF-16 code units, as RFC 8785 §3.2.3 shows', () => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }
  const values = [...canonicalJson(value).matchAll(/:(\d)/g)].map(([, n]) => Number(n))
  expect(values).toEqual([2, 4, 6, 7, 1, 5, 3])
})

test('what is written parses to the same value and is written the same again', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
      const text = canonicalJson(value)
      expect(canonicalJson(JSON.parse(text))).toBe(text)
      expect(isShallow(text)).toBe(true)
    }),
  )
})

test('half a surrogate pair, NaN, a bigint and too deep a value are refused', () => {
  let deep: unknown = 1
  for (let i = 0; i < 40; i++) deep = [deep]
  for (const value of ['\ud800', { '\udc00': 1 }, Number.NaN, Number.POSITIVE_INFINITY, 1n, deep]) {
    expect(() => canonicalJson(value)).toThrow(RangeError)
  }
})

test('brackets in texts do not count as depth, real ones do', () => {
  expect(isShallow(JSON.stringify({ a: '['.repeat(100), b: '\\"[[[' }))).toBe(true)
  expect(isShallow('['.repeat(33))).toBe(false)
  expect(isShallow('['.repeat(32))).toBe(true)
})
