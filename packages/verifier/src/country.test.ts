import { expect, test } from 'vitest'
import { sameState } from './country.ts'

test.each([
  ['VNM', 'VN', true],
  ['VNM', 'vn', true],
  ['VNM', 'VNM', true],
  ['D', 'DE', true],
  ['D<<', 'DE', true],
  ['UTO', 'UT', true],
  ['VNM', 'DE', false],
  ['D', 'D', undefined],
  ['VNM', undefined, undefined],
  ['XXX', 'XX', undefined],
  ['VNM', '99', undefined],
])('issuing state %s and country %s: %s', (state, country, same) => {
  expect(sameState(state, country)).toBe(same)
})
