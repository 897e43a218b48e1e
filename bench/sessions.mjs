// APDUs and bytes of whole sessions against the simulated chip: exact counts, the same on every machine.

import { randomBytes } from 'node:crypto'
import { counted, run, withStatusHandling } from '@cccd/card-core'
import { readDocument } from '@cccd/card-reader'
import { chipChannel, createChip, linkTime } from '@cccd/card-simulator'
import { testDocument } from '@cccd/fixtures'
import { accessKeysFromQr } from '@cccd/mrz'
import { printTable } from './table.mjs'

const random = length => Uint8Array.from(randomBytes(length))
const FILES = ['EF.COM', 'EF.DG1', 'EF.DG2', 'EF.SOD']

async function session({ access, files, extendedLength, document }) {
  const chip = createChip(document.document, { access, random, extendedLength: true })
  const link = counted(chipChannel(chip))
  const keys = accessKeysFromQr(document.qr)
  const result = await run(readDocument({ accessKeys: keys, random, files, extendedLength }), withStatusHandling(link))
  return { ...link.counts, files: result.files }
}

export async function benchSessions(jmrtd) {
  const document = await testDocument({
    dg2Size: 20_480,
    ds: { kind: 'ecdsa', curve: 'secp256r1', hash: 'sha256', form: 'named' },
  })
  const rows = []
  const add = (name, { apdus, bytesOut, bytesIn }, aim) =>
    rows.push([
      name,
      apdus,
      bytesOut,
      bytesIn,
      aim,
      linkTime({ apdus, bytesOut, bytesIn }, { kbitPerSecond: 848 }).toFixed(0),
    ])
  const pace = { access: ['PACE', 'BAC'], document }
  const short = await session({ ...pace, files: FILES, extendedLength: false })
  add('PACE, short length', short, '≤ 106')
  add('PACE, 64 KB extended length', await session({ ...pace, files: FILES, extendedLength: 65_536 }), '≤ 12')
  add(
    'PACE, extended length learned from EF.ATR/INFO',
    await session({ ...pace, files: FILES, extendedLength: true }),
    '',
  )
  add(
    'BAC, short length, with the look at EF.CardAccess',
    await session({ access: ['BAC'], document, files: FILES, extendedLength: false }),
    '≤ 99',
  )
  add('PACE, short, every file, with CA and AA', await session({ ...pace, extendedLength: false }), '')
  for (const [name, counts] of jmrtd) add(name, counts, '')
  const sizes = FILES.map(file => `${file} ${short.files[file].length}`).join(', ')
  printTable(
    `Sessions (${sizes} bytes)`,
    ['session', 'APDUs', 'bytes out', 'bytes in', 'aim', 'model ms at 848 kbit/s'],
    rows,
  )
}
