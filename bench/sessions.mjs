// APDUs and bytes of whole sessions against the simulated chip: exact counts, the same on every machine.
import { randomBytes } from 'node:crypto'
import { counted, run, withStatusHandling } from '@cccd/card-core'
import { readDocument } from '@cccd/card-reader'
import { chipChannel, createChip, linkTime } from '@cccd/card-simulator'
import { testDocument } from '@cccd/fixtures'
import { accessKeysFromQr } from '@cccd/mrz'
import { sessionDocument } from './session-document.mjs'
import { printTable } from './table.mjs'

const random = length => Uint8Array.from(randomBytes(length))
const FILES = ['EF.COM', 'EF.DG1', 'EF.DG2', 'EF.SOD']

async function session({ made, access, accessKeys, files, extendedLength }) {
  const chip = createChip(made.document, { access, random, extendedLength: 0x10000 })
  const link = counted(chipChannel(chip))
  const request = { accessKeys, random, files, extendedLength }
  const result = await run(readDocument(request), withStatusHandling(link))
  return { ...link.counts, files: result.files }
}

function row(name, { apdus, bytesOut, bytesIn }, aim = '') {
  const speed = { kbitPerSecond: 848 }
  return [name, apdus, bytesOut, bytesIn, aim, linkTime({ apdus, bytesOut, bytesIn }, speed).toFixed(0)]
}

const HEADER = ['session', 'APDUs', 'bytes out', 'bytes in', 'aim', 'model ms at 848 kbit/s']

/** `jmrtd`: name and counts of its sessions with the same document. */
export async function benchSessions(jmrtd) {
  const made = await sessionDocument()
  const { can, bacKey } = made.document.secrets
  const pace = { made, access: ['PACE', 'BAC'], accessKeys: { can, bac: [] }, files: FILES }
  const bac = { made, access: ['BAC'], accessKeys: { bac: [bacKey] }, files: FILES, extendedLength: false }
  const short = await session({ ...pace, extendedLength: false })
  const rows = [
    row('PACE, short length', short, '≤ 106'),
    row('PACE, extended length of 64 KB, known', await session({ ...pace, extendedLength: 0x10000 }), '≤ 12'),
    row('PACE, extended length, learned from EF.ATR/INFO', await session({ ...pace, extendedLength: true }), '≤ 12'),
    row('BAC with the MRZ and the look at EF.CardAccess', await session(bac), '≤ 99'),
    row(
      'BAC with the QR, so a closer look at EF.CardAccess',
      await session({ ...bac, accessKeys: accessKeysFromQr(made.qr) }),
    ),
    ...jmrtd.map(([name, counts]) => row(`JMRTD: ${name}`, counts)),
  ]
  const sizes = FILES.map(file => `${file} ${short.files[file].length}`).join(', ')
  printTable(`Sessions (${sizes} bytes)`, HEADER, rows)
  await benchWholeCards()
}

/** Everything a card has, with CA and AA: DG2 of 20 KB, EF.SOD as Vietnam's authority signs. */
async function benchWholeCards() {
  const made = await testDocument({ dg2Size: 20_480 })
  const qr = { made, accessKeys: accessKeysFromQr(made.qr), access: ['PACE', 'BAC'] }
  const bacMade = await testDocument({ dg2Size: 20_480, access: ['BAC'] })
  const rows = [
    row('PACE, short length', await session({ ...qr, extendedLength: false })),
    row('PACE, extended length', await session({ ...qr, extendedLength: true })),
    row('BAC, short length', await session({ ...qr, made: bacMade, access: ['BAC'], extendedLength: false })),
  ]
  printTable('Whole cards: every file, chip and active authentication', HEADER, rows)
}
