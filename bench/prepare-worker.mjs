// One line of a bench on all cores, with a document signer and a ledger of its own. Answers the seconds asked with a rate.
import { parentPort } from 'node:worker_threads'
import { preparation } from './prepare.mjs'

const work = await preparation()
const run = async seconds => {
  const begin = process.hrtime.bigint()
  const end = begin + BigInt(Math.round(seconds * 1e9))
  let count = 0
  while (process.hrtime.bigint() < end) count += await work.whole()
  return (count * 1e9) / Number(process.hrtime.bigint() - begin)
}
await run(1)
parentPort.postMessage('ready')
parentPort.on('message', async seconds => {
  if (seconds > 0) return void parentPort.postMessage(await run(seconds))
  work.close()
  parentPort.close()
})
