// Prepares a batch in a process of its own, so that it can be killed. argv: batch, pool, jobs, key file, portraits. Prints a
// line for each report of progress.
import { JobStore, openPool, prepareBatch } from '@cccd/personalization/prepare'

const [batch, config, jobs, key, portraits] = process.argv.slice(2)
const now = () => new Date('2026-03-01T08:00:00Z')
const pool = await openPool(config, { now })
const store = await JobStore.open(jobs, key)
await prepareBatch({
  batch,
  store,
  signing: pool.service,
  settings: { card: '2024', portraits },
  threads: 2,
  together: 6,
  now,
  progress: ({ done }) => process.stdout.write(`${done}\n`),
})
