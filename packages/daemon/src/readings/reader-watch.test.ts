import { TransportError } from '@cccd/card-core'
import type { ReaderService } from '@cccd/card-reader/pcsc'
import { expect, test } from 'vitest'
import { ReaderWatch } from './reader-watch.ts'
import { SimulatedReader, simulatedReaders } from './simulated-reader.ts'
import { wait } from './testing/reading-rig.ts'

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await wait(10)
  expect(condition()).toBe(true)
}

const noCard = {
  atr: new Uint8Array(),
  transmit: () => Promise.reject(new Error('nobody asks')),
  reset: () => undefined,
}

test('a service that is missing at the start is looked for until it is there', async () => {
  let isThere = false
  const reader = new SimulatedReader('A')
  const watch = new ReaderWatch({
    openReaders: async () => {
      if (!isThere) throw new TransportError('PCSC_NOT_INSTALLED', 'not there')
      return simulatedReaders([reader])
    },
  })
  expect(() => watch.service()).toThrow(TransportError)
  watch.start()
  await watch.settled()
  expect(watch.now()).toEqual({ service: 'missing', problem: 'PCSC_NOT_INSTALLED', readers: [] })
  expect(() => watch.service()).toThrow(expect.objectContaining({ code: 'PCSC_NOT_INSTALLED' }))
  isThere = true
  await until(() => watch.now().service === 'ready')
  expect(watch.now()).toEqual({ service: 'ready', readers: [{ name: 'A', state: 'empty' }] })
  await watch.close()
})

test('a service that is lost says so, its readers are gone, and it comes back', async () => {
  let isLost = false
  const whole = simulatedReaders([new SimulatedReader('A')])
  const breaking: ReaderService = {
    ...whole,
    readers: () => (isLost ? Promise.reject(new TransportError('NO_SMARTCARD_SERVICE', 'gone')) : whole.readers()),
  }
  const watch = new ReaderWatch({ openReaders: async () => breaking })
  watch.start()
  const gone = new AbortController()
  const seen: string[] = []
  const following = (async () => {
    for await (const news of watch.events(gone.signal)) {
      seen.push(news.type === 'service' ? news.service : news.reader.state)
    }
  })()
  await until(() => seen.includes('empty'))
  isLost = true
  watch.look()
  await until(() => seen.includes('gone'))
  isLost = false
  await until(() => seen.at(-1) === 'empty')
  gone.abort()
  await following
  const changes = seen.filter((one, i) => one !== 'missing' && one !== seen[i - 1])
  expect(changes).toEqual(['ready', 'empty', 'lost', 'gone', 'ready', 'empty'])
  await watch.close()
})

test('every listener hears, also one that is slow; one that stops costs nothing', async () => {
  const reader = new SimulatedReader('A')
  const watch = new ReaderWatch({ openReaders: async () => simulatedReaders([reader]), simulated: true })
  watch.start()
  await watch.settled()
  const quick: string[] = []
  const gone = new AbortController()
  const following = (async () => {
    for await (const news of watch.events(gone.signal)) if (news.type === 'reader') quick.push(news.reader.state)
  })()
  const slow = watch.events(gone.signal)
  await slow.next()
  for (let i = 0; i < 20; i++) {
    reader.lay(noCard)
    await until(() => watch.reader('A')?.state === 'card')
    reader.lift()
    await until(() => watch.reader('A')?.state === 'empty')
  }
  reader.lay(noCard)
  await until(() => quick.at(-1) === 'card')
  expect(quick.length).toBeGreaterThan(20)
  const { value } = await slow.next()
  expect(value).toEqual({ type: 'reader', reader: { name: 'A', state: 'card', simulated: true } })
  gone.abort()
  await following
  expect((await slow.next()).done).toBe(true)
  await watch.close()
})

test('closing ends every listener', async () => {
  const watch = new ReaderWatch({ openReaders: async () => simulatedReaders([new SimulatedReader('A')]) })
  watch.start()
  await watch.settled()
  const following = (async () => {
    let last = ''
    for await (const news of watch.events()) last = news.type
    return last
  })()
  await wait(20)
  await watch.close()
  expect(await following).toBe('reader')
})
