import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonFaultPlace } from './json-place.ts'

describe('the place of a JSON fault', () => {
  test.each([
    ['{\n  "origins": [,]\n}', 2, 15],
    ['{"a":1,}', 1, 8],
    ['{"a" 1}', 1, 6],
    ['[1 2]', 1, 4],
    ["{'a':1}", 1, 2],
    ['{"a":1}\n{', 2, 1],
    ['', 1, 1],
    ['{"a": tru}', 1, 7],
    ['[01]', 1, 2],
    ['{', 1, 2],
  ])('of %j is line %i, column %i', (text, line, column) => {
    expect(jsonFaultPlace(text)).toEqual({ line, column })
  })

  test('it is found exactly where the engine refuses a text', () => {
    const nearJson = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', ']', '0', '\\', 'e', ' '))
      .map(([json, at, put]) => json.slice(0, at % (json.length + 1)) + put + json.slice((at % (json.length + 1)) + 1))
    fc.assert(
      fc.property(fc.oneof(fc.json(), nearJson, fc.string()), text => {
        let isJson = true
        try {
          JSON.parse(text)
        } catch {
          isJson = false
        }
        expect(jsonFaultPlace(text) === null).toBe(isJson)
      }),
      { numRuns: 2000 },
    )
  })
})
