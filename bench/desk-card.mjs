// The simulated card of the desk's bench in a thread of its own, so that neither program waits for it to compute. It takes the
// time of a contactless link and notes when it has answered, on the clock that all threads and processes share.
import { randomBytes } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { createChip, linkTime } from '@cccd/card-simulator'
import { insertCard } from '@cccd/card-simulator/vpcd'
import { testDocument } from '@cccd/fixtures'

const { port, speed } = workerData
const random = length => Uint8Array.from(randomBytes(length))
const made = await testDocument({ dg2Size: 20_480, at: new Date() })
const chip = createChip(made.document, { access: made.access, random, extendedLength: 32_768 })
let answered = []

function card(state, command) {
  const [answer, next] = chip.card(state, command)
  const bytes = { apdus: 1, bytesOut: 5 + (command.data?.length ?? 0), bytesIn: 2 + answer.data.length }
  const delayMs = speed ? linkTime(bytes, { kbitPerSecond: speed }) : 0
  answered.push(Number(process.hrtime.bigint()) / 1e6 + delayMs)
  return [answer, { ...next, delayMs }]
}

const inserted = await insertCard({ chip: { ...chip, card }, port })
await inserted.powered
parentPort.on('message', async message => {
  if (message === 'lift') {
    await inserted.remove()
    parentPort.close()
  } else {
    parentPort.postMessage(answered)
    answered = []
  }
})
parentPort.postMessage({ csca: made.csca, crl: made.crl, qr: made.qr })
