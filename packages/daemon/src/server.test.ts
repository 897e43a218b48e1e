import { randomBytes } from 'node:crypto'
import { TransportError } from '@cccd/mrz'
import { NO_ANCHORS } from '@cccd/verifier'
import { expect, test } from 'vitest'
import { defaultDeskConfig } from './config/desk-config.ts'
import { startDesk } from './server.ts'

test('a desk answers with name and version', async () => {
  const base = defaultDeskConfig()
  const desk = await startDesk({
    config: { ...base, listen: { ...base.listen, port: 0 } },
    version: '1.2.3',
    now: () => new Date(),
    random: length => Uint8Array.from(randomBytes(length)),
    log: () => undefined,
    loadAnchors: async () => NO_ANCHORS,
    openReaders: async () => {
      throw new TransportError('PCSC_NOT_INSTALLED', 'no readers in this test')
    },
  })
  try {
    const reply = await fetch(new URL('/health', desk.url))
    expect(await reply.json()).toEqual({ name: 'cccd', version: '1.2.3' })
  } finally {
    await desk.close()
  }
})
