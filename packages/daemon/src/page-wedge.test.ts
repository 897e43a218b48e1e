import { expect, test } from 'vitest'
import { wedgeKeys } from './page/wedge.ts'

/** Presses keys at a pace and gives what was taken for a scan, and which keys were kept from the page. */
function typed(keys: readonly string[], msBetween: number): { texts: string[]; kept: boolean[] } {
  const texts: string[] = []
  const timers = new Map<() => void, number>()
  let now = 1000
  const wedge = wedgeKeys(
    text => texts.push(text),
    (call, ms) => {
      timers.set(call, now + ms)
      return () => timers.delete(call)
    },
  )
  const runDue = (): void => {
    for (const [call, at] of [...timers]) {
      if (at > now) continue
      timers.delete(call)
      call()
    }
  }
  const kept = keys.map(key => {
    now += msBetween
    runDue()
    return wedge.key({ key, timeStamp: now, ctrlKey: false, altKey: false, metaKey: false })
  })
  now += 10_000
  runDue()
  return { texts, kept }
}

const QR = '999190012345||Nguyễn Thị Thử|15051990|Nữ|Số 1|10082021'

test('keys at the pace of a scanner come as one text, and press nothing', () => {
  const { texts, kept } = typed([...QR, 'Enter'], 5)
  expect(texts).toEqual([QR])
  expect(kept.slice(2).every(Boolean)).toBe(true)
})

test('the three lines of an MRZ come as one text', () => {
  const lines = ['IDVNM1600123458999160012345<<7', '6001157F9912315VNM<<<<<<<<<<<8', 'TRAN<<THI<B<<<<<<<<<<<<<<<<<<<']
  const { texts } = typed(
    lines.flatMap(line => [...line, 'Enter']),
    5,
  )
  expect(texts).toEqual([lines.join('\n')])
})

test('keys at the pace of a hand are left to the page, Enter too', () => {
  const { texts, kept } = typed([...QR.slice(0, 20), 'Enter'], 120)
  expect(texts).toEqual([])
  expect(kept.some(Boolean)).toBe(false)
})

test('a few fast keys and Enter are no scan', () => {
  expect(typed([...'abc', 'Enter'], 5).texts).toEqual([])
})

test('two scans one after the other are two texts', () => {
  const wedge: string[] = []
  let now = 0
  let due: (() => void) | undefined
  const keys = wedgeKeys(
    text => wedge.push(text),
    call => {
      due = call
      return () => {
        due = undefined
      }
    },
  )
  const scan = (text: string): void => {
    for (const key of [...text, 'Enter']) {
      now += 4
      keys.key({ key, timeStamp: now, ctrlKey: false, altKey: false, metaKey: false })
    }
    due?.()
    now += 1000
  }
  scan('999190012345')
  scan('999085067890')
  expect(wedge).toEqual(['999190012345', '999085067890'])
})
