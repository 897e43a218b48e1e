import { expect, test } from 'vitest'
import { DirtyKeys } from './dirty-keys.ts'

test('a key that changes often waits once, with all the parts that changed', async () => {
  const dirty = new DirtyKeys<string, 'a' | 'b'>()
  for (let i = 0; i < 10_000; i++) dirty.mark('x', 'a')
  dirty.mark('y')
  dirty.mark('x', 'b')
  expect(dirty.size).toBe(2)
  dirty.close()
  const taken: unknown[] = []
  for await (const [key, parts] of dirty) taken.push([key, [...parts]])
  expect(taken).toEqual([
    ['x', ['a', 'b']],
    ['y', []],
  ])
})

test('what changes while the listener is busy is told next, and closing ends it after what was noted', async () => {
  const dirty = new DirtyKeys<string>()
  const taken: string[] = []
  const listening = (async () => {
    for await (const [key] of dirty) {
      taken.push(key)
      if (taken.length === 1) {
        dirty.mark('second')
        dirty.mark('first')
      }
      if (taken.length === 3) dirty.close()
    }
  })()
  dirty.mark('first')
  await listening
  expect(taken).toEqual(['first', 'second', 'first'])
  dirty.mark('too late')
  expect(dirty.size).toBe(0)
})
