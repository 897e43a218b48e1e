// A process that shares a ledger with others. argv: ledger file, key id, what to do, name.
//   drain: reserves one signature after the other until the key is exhausted, and prints how many it got
//   die:   reserves one, says so, and is gone before any signature
import { openSqliteLedger } from '@cccd/personalization/ledger'

const [file, key, what, name] = process.argv.slice(2)
const ledger = await openSqliteLedger(file)
const at = new Date('2026-03-01T00:00:00Z')
const content = new Uint8Array(32).fill(1)
let got = 0
if (what === 'die') {
  ledger.reserve(key, [{ number: name, content }], at)
  process.stdout.write('reserved\n', () => process.kill(process.pid, 'SIGKILL'))
  await new Promise(() => setInterval(() => undefined, 1000))
}
for (;;) {
  const [answer] = ledger.reserve(key, [{ number: `${name}-${got}`, content }], at)
  if (answer.kind !== 'reserved') break
  got++
}
process.stdout.write(`${got}\n`)
ledger.close()
