import { expect, test } from 'vitest'
import { layoutOf, MRZ_LAYOUTS, windowOf } from './layout.ts'

test.each(Object.values(MRZ_LAYOUTS))(
  '$format: every column stands in exactly one window, in reading order',
  layout => {
    const columns = layout.windows.flatMap(({ line, from, to }) =>
      Array.from({ length: to - from + 1 }, (_, i) => `${line}:${from + i}`),
    )
    const all = Array.from({ length: layout.lineCount }, (_, line) =>
      Array.from({ length: layout.lineLength }, (_, i) => `${line + 1}:${i + 1}`),
    ).flat()
    expect(columns).toEqual(all)
  },
)

test('the composite check digit stands last in its line and does not cover itself', () => {
  for (const layout of Object.values(MRZ_LAYOUTS)) {
    const at = windowOf(layout, 'compositeCheckDigit')
    expect(at === undefined).toBe(layout.composite.length === 0)
    if (at === undefined) continue
    expect([at.from, at.to]).toEqual([layout.lineLength, layout.lineLength])
    expect(layout.composite.some(part => part.line === at.line && part.to >= at.from)).toBe(false)
  }
})

test('two-line documents whose code starts with V are visas', () => {
  const lines = (first: string, length: number) => [first.padEnd(length, '<'), '<'.repeat(length)]
  expect(layoutOf(lines('P<', 44))?.format).toBe('TD3')
  expect(layoutOf(lines('V<', 44))?.format).toBe('MRV-A')
  expect(layoutOf(lines('I<', 36))?.format).toBe('TD2')
  expect(layoutOf(lines('VB', 36))?.format).toBe('MRV-B')
  expect(layoutOf(lines('I<', 30))).toBeUndefined()
  expect(layoutOf([])).toBeUndefined()
})
