// JMRTD in the same run: its sessions with our simulated chip over pcscd, and its passive authentications a second.
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createChip } from '@cccd/card-simulator'
import { writeDocumentFolder } from '@cccd/card-simulator/document-folder'
import { insertCard } from '@cccd/card-simulator/vpcd'
import { testDocument } from '@cccd/fixtures'
import { buildPeer, startPeer } from '../interop/jmrtd/peer.mjs'
import { sessionDocument } from './session-document.mjs'
import { median } from './table.mjs'
import { CURVES } from './verification.mjs'

const RIG = fileURLToPath(new URL('../tools/rig/rig.sh', import.meta.url))
const PORT = 35_990
const random = length => Uint8Array.from(randomBytes(length))

/** {missing?, sessions: [name, counts][], rates: Map of name to PA a second} */
export async function measureJmrtd() {
  const missing = buildPeer()
  if (missing) return { missing, sessions: [], rates: new Map() }
  const folder = mkdtempSync(join(tmpdir(), 'cccd-bench-'))
  const rig = spawnSync(RIG, ['check'], { encoding: 'utf8' })
  const rigDir = join(folder, 'rig')
  const withRig = rig.status === 0
  let env = {}
  try {
    if (withRig) {
      const told = execFileSync(RIG, ['start', rigDir, String(PORT)], { encoding: 'utf8' })
      const socket = /PCSCLITE_CSOCK_NAME=['"]?([^'"\s]+)/.exec(told)?.[1]
      env = { PCSCLITE_CSOCK_NAME: socket }
    }
    const peer = startPeer(env)
    try {
      return {
        ...(withRig ? {} : { missing: `sessions: ${rig.stdout?.trim() || 'the rig does not run here'}` }),
        sessions: withRig ? await sessions(peer) : [],
        rates: await rates(peer, folder),
      }
    } finally {
      await peer.stop()
    }
  } finally {
    if (withRig) spawnSync(RIG, ['stop', rigDir])
    rmSync(folder, { recursive: true, force: true })
  }
}

async function sessions(peer) {
  const document = await sessionDocument()
  const { documentNumber, dateOfBirth, dateOfExpiry } = document.document.secrets.bacKey
  const found = []
  for (const [name, access, offered] of [
    ['PACE, COM, SOD, DG1, DG2', 'PACE-CAN', ['PACE', 'BAC']],
    ['BAC, COM, SOD, DG1, DG2', 'BAC', ['BAC']],
  ]) {
    const chip = createChip(document.document, { access: offered, random, selectMf: 'ok' })
    const card = await insertCard({ chip, port: PORT })
    await card.powered
    const can = document.document.secrets.can
    const answer = await peer.ask({
      do: 'read',
      reader: 'Virtual PCD 00 00',
      access,
      can,
      documentNumber,
      dateOfBirth,
      dateOfExpiry,
      few: true,
    })
    await card.remove()
    // pcscd looks every 400 ms; a card that comes sooner is taken for the same one and gets no power.
    await new Promise(resolve => setTimeout(resolve, 1000))
    if (!answer.ok) throw new Error(`JMRTD did not read our chip: ${answer.step} ${answer.fault}`)
    found.push([name, answer])
  }
  return found
}

async function rates(peer, folder) {
  const found = new Map()
  for (const [i, [name, , options]] of CURVES.entries()) {
    const document = await testDocument({ dg2Size: 20_480, ...options })
    const dir = join(folder, String(i))
    await writeDocumentFolder(dir, { files: document.document.files })
    const csca = join(dir, 'csca.cer')
    writeFileSync(csca, document.csca)
    const windows = []
    // A long warm-up: the virtual machine compiles what is hot only after a while.
    for (const warmMs of [6000, 0, 0]) {
      windows.push(await peer.ask({ do: 'bench', folder: dir, csca, warmMs, measureMs: 1500 }))
    }
    const failed = windows.find(({ ok }) => !ok)
    if (failed) console.log(`JMRTD does not verify ${name}: ${failed.fault}`)
    else found.set(name, median(windows.map(({ perSecond }) => perSecond)))
  }
  return found
}
