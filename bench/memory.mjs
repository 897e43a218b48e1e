// Whether a desk that reads all day grows: heap after forced collection, per session, against the simulated chip.
import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { run, withStatusHandling } from '@cccd/card-core'
import { readDocument } from '@cccd/card-reader'
import { chipChannel, createChip } from '@cccd/card-simulator'
import { testDocument } from '@cccd/fixtures'
import { accessKeysFromQr } from '@cccd/mrz'
import { POLICIES, trustAnchors, verifyDocument } from '@cccd/verifier'
import { printTable } from './table.mjs'

const random = length => Uint8Array.from(randomBytes(length))

export async function benchMemory() {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc')
  const document = await testDocument({ dg2Size: 20_480 })
  const { anchors } = trustAnchors({ certificates: [document.csca] })
  const accessKeys = accessKeysFromQr(document.qr)
  const once = async () => {
    const chip = createChip(document.document, { access: ['PACE', 'BAC'], random })
    const read = await run(
      readDocument({ accessKeys, random, extendedLength: true }),
      withStatusHandling(chipChannel(chip)),
    )
    verifyDocument({ ...read, anchors, policy: POLICIES.kyc, at: document.at })
  }
  const rows = []
  let before = 0
  for (const [sessions, name] of [
    [20, 'warm-up'],
    [100, 'first hundred'],
    [100, 'second hundred'],
    [100, 'third hundred'],
  ]) {
    for (let i = 0; i < sessions; i++) await once()
    collect()
    const { heapUsed, rss, external } = process.memoryUsage()
    rows.push([
      name,
      (heapUsed / 1e6).toFixed(1),
      (external / 1e6).toFixed(1),
      (rss / 1e6).toFixed(0),
      before ? ((heapUsed - before) / sessions).toFixed(0) : '',
    ])
    before = heapUsed
  }
  printTable(
    'Memory of read and judge, after forced collection',
    ['after', 'heap MB', 'external MB', 'rss MB', 'heap bytes a session'],
    rows,
  )
}
