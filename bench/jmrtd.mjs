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
import { buildPeer, startPeer } from '../interop/jmrtd/peer.mjs'
import { sessionDocument } from './session-document.mjs'

const RIG = fileURLToPath(new URL('../tools/rig/rig.sh', import.meta.url))
const PORT = 35_990
const random = length => Uint8Array.from(randomBytes(length))

/**
 * {missing?: what is not there in words, sessions(): [name, counts][], verifier(made): (seconds) → PA a second, close()}.
 * Without Java everything is empty; without the rig the sessions are.
 */
export function openJmrtd() {
  const missing = buildPeer()
  if (missing)
    return { missing, sessions: async () => [], verifier: async () => undefined, close: async () => undefined }
  const folder = mkdtempSync(join(tmpdir(), 'cccd-bench-'))
  const rigDir = join(folder, 'rig')
  const rig = spawnSync(RIG, ['check'], { encoding: 'utf8' })
  const withRig = rig.status === 0
  let env = {}
  if (withRig) {
    const told = execFileSync(RIG, ['start', rigDir, String(PORT)], { encoding: 'utf8' })
    env = { PCSCLITE_CSOCK_NAME: /PCSCLITE_CSOCK_NAME=['"]?([^'"\s]+)/.exec(told)?.[1] }
  }
  const peer = startPeer(env)
  return {
    ...(withRig ? {} : { missing: `sessions: ${rig.stdout?.trim() || 'the rig does not run here'}` }),
    sessions: async () => (withRig ? await sessions(peer) : []),
    verifier: made => verifier(peer, folder, made),
    async close() {
      await peer.stop()
      if (withRig) spawnSync(RIG, ['stop', rigDir])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function sessions(peer) {
  const { document } = await sessionDocument()
  const found = []
  for (const [name, access, offered] of [
    ['PACE, COM, SOD, DG1, DG2', 'PACE-CAN', ['PACE', 'BAC']],
    ['BAC, COM, SOD, DG1, DG2', 'BAC', ['BAC']],
  ]) {
    const chip = createChip(document, { access: offered, random, selectMf: 'ok' })
    const card = await insertCard({ chip, port: PORT })
    await card.powered
    const { can, bacKey } = document.secrets
    const answer = await peer.ask({ do: 'read', reader: 'Virtual PCD 00 00', access, can, ...bacKey, few: true })
    await card.remove()
    // pcscd looks every 400 ms; a card that comes sooner is taken for the same one and gets no power.
    await new Promise(resolve => setTimeout(resolve, 1000))
    if (!answer.ok) throw new Error(`JMRTD did not read our chip: ${answer.step} ${answer.fault}`)
    found.push([name, answer])
  }
  return found
}

let folders = 0

/** How often JMRTD verifies `made` in a second: a function of the seconds to measure. Warmed up long, since the virtual
 * machine compiles what is hot only after a while. */
async function verifier(peer, folder, made) {
  const dir = join(folder, String(folders++))
  await writeDocumentFolder(dir, { files: made.document.files })
  const csca = join(dir, 'csca.cer')
  writeFileSync(csca, made.csca)
  const ask = async (warmMs, measureMs) => {
    const answer = await peer.ask({ do: 'bench', folder: dir, csca, warmMs, measureMs })
    if (!answer.ok) throw new Error(`JMRTD does not verify the document: ${answer.fault}`)
    return answer.perSecond
  }
  await ask(6000, 1)
  return async seconds => await ask(0, 1000 * seconds)
}
