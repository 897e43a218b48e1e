import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { fromHex } from '@cccd/card-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, rigMissing, startRig } from '../../../../tools/rig/pcscd.ts'
import { type Chip, createChip } from '../index.ts'
import { type InsertedCard, insertCard, VPCD_PORT } from './vpcd.ts'

const run = promisify(execFile)

function chip(given: { readonly can?: string } = {}): Chip {
  const files = {
    'EF.CardAccess': fromHex('31143012060A04007F0007020204020202010202010D'),
    'EF.COM': fromHex('60145F0104303130365F36063034303030305C026175'),
  }
  return createChip(
    { files, secrets: { can: given.can ?? '000000' } },
    { access: ['PACE', 'BAC'], random: length => new Uint8Array(length) },
  )
}

test('a virtual reader that nobody serves is told as a missing service with its remedy', async () => {
  const attempt = insertCard({ chip: chip(), port: 1 })
  await expect(attempt).rejects.toMatchObject({
    code: 'NO_SMARTCARD_SERVICE',
    facts: { remedy: expect.stringContaining('pcscd') },
  })
  expect(VPCD_PORT).toBe(35963)
})

const missing = rigMissing()
const opensc = await run('opensc-tool', ['--version']).then(
  () => undefined,
  () => 'opensc-tool is not installed',
)
const reason = missing ?? opensc

describe.skipIf(reason !== undefined)(`through pcscd${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let rig: Rig
  beforeAll(async () => {
    rig = await startRig()
  })
  afterAll(async () => {
    await rig?.stop()
  })
  const insert = async (given: Parameters<typeof insertCard>[0]): Promise<InsertedCard> => {
    const card = await insertCard(given)
    await card.powered
    return card
  }
  const tool = async (reader: number, ...args: string[]): Promise<string> => {
    const { stdout, stderr } = await run('opensc-tool', ['-r', rig.readers[reader] as string, ...args], {
      timeout: 10_000,
      env: { ...process.env, ...rig.env },
    })
    return stdout + stderr
  }

  test('a card lies on each of the two readers, and each answers with its own ATR', async () => {
    const cards = await Promise.all(rig.ports.map(port => insert({ chip: chip(), port })))
    try {
      expect(await tool(0, '-a')).toContain('3b:80:80:01:01')
      expect(await tool(1, '-a')).toContain('3b:80:80:01:01')
    } finally {
      await Promise.all(cards.map(card => card.remove()))
    }
  })

  test('the application is selected and a file before access is refused, byte for byte', async () => {
    const card = await insert({ chip: chip(), port: rig.ports[0] })
    try {
      const output = await tool(0, '-s', '00B09C0000', '-s', '00A4040C07A0000002471001', '-s', '00B09E0001')
      expect(output.replace(/\s+/g, ' ')).toContain('31 14 30 12 06 0A 04 00 7F 00 07 02 02 04 02 02')
      expect([...output.matchAll(/Received \(SW1=0x(..), SW2=0x(..)\)/g)].map(([, a, b]) => `${a}${b}`)).toEqual([
        '9000',
        '9000',
        '6982',
      ])
      expect(card.counts.apdus).toBeGreaterThanOrEqual(3)
    } finally {
      await card.remove()
    }
  })

  test('a card that a fault lifts is gone from the reader, and removed settles', async () => {
    const card = await insert({ chip: chip(), port: rig.ports[0], faults: [{ kind: 'removed', at: 0 }] })
    await tool(0, '-s', '00A4040C07A0000002471001').catch(() => undefined)
    await card.removed
    expect(card.counts.apdus).toBe(1)
  })

  test('an exchange costs under five milliseconds, so nothing waits for a delayed acknowledgement', async () => {
    const card = await insert({ chip: chip(), port: rig.ports[1] })
    try {
      const once = await timed(() => tool(1, '-s', '00B09C0000'))
      const many = await timed(() => tool(1, ...Array.from({ length: 101 }, () => ['-s', '00B09C0000']).flat()))
      expect((many - once) / 100).toBeLessThan(5)
    } finally {
      await card.remove()
    }
  })

  test('the rig listens on the loopback alone', async () => {
    const { stdout } = await run('cat', ['/proc/net/tcp'])
    const port = rig.ports[0].toString(16).toUpperCase().padStart(4, '0')
    expect(stdout).toContain(`0100007F:${port} 00000000:0000 0A`)
    expect(stdout).not.toContain(`00000000:${port} 00000000:0000 0A`)
  })
})

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
