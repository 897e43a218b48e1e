import fc from 'fast-check'
import { expect, test } from 'vitest'
import { composed, mapped, mappingOf } from './mapping.ts'

const near = (value: number, spread: number) => fc.double({ min: value - spread, max: value + spread, noNaN: true })
const mappings = fc.tuple(
  near(20, 5),
  near(0, 5),
  near(300, 100),
  near(0, 5),
  near(50, 10),
  near(200, 100),
  near(0, 1e-3),
  near(0, 1e-3),
)
const grid = Array.from({ length: 90 }, (_, i) => [i % 30, Math.floor(i / 30)] as const)

test('a mapping is found again from the points that it maps', () => {
  fc.assert(
    fc.property(mappings, mapping => {
      const found = mappingOf(grid.map(from => ({ from, to: mapped(mapping, ...from), weight: 1 })))
      for (const [x, y] of grid) {
        const [[a, b], [c, d]] = [mapped(found, x, y), mapped(mapping, x, y)]
        expect(Math.hypot(a - c, b - d)).toBeLessThan(0.05)
      }
    }),
    { numRuns: 50 },
  )
})

test('mappings one after the other are as their composition', () => {
  fc.assert(
    fc.property(mappings, mapping => {
      const outer = [2, 0, 5, 0, 2, -3, 0, 0]
      const [x, y] = mapped(mapping, 7, 2)
      const [a, b] = mapped(composed(outer, mapping), 7, 2)
      expect(Math.hypot(a - (2 * x + 5), b - (2 * y - 3))).toBeLessThan(1e-6)
    }),
  )
})
