// From typing to answer: `cccd --version` beside a Node that does nothing.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median, printTable } from './table.mjs'

const CCCD = fileURLToPath(new URL('../bin/dist/cccd.js', import.meta.url))

function milliseconds(args) {
  const times = Array.from({ length: 15 }, () => {
    const begin = process.hrtime.bigint()
    const run = spawnSync(process.execPath, args)
    if (run.status !== 0) throw new Error(`node ${args.join(' ')} ended with ${run.status}`)
    return Number(process.hrtime.bigint() - begin) / 1e6
  })
  return median(times)
}

export function benchColdStart() {
  const bare = milliseconds(['-e', '0'])
  const rows = [['node -e 0', bare.toFixed(0), '1.00', '']]
  for (const [name, args, aim] of [
    ['cccd --version', ['--version'], '< 200 ms'],
    ['cccd --help', ['--help'], ''],
    [
      'cccd mrz (one MRZ)',
      ['mrz', 'IDVNM0000000000000000000000<<0', '0001018M2501017VNM<<<<<<<<<<<2', 'NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<'],
      '',
    ],
  ]) {
    const ms = milliseconds([CCCD, ...args])
    rows.push([name, ms.toFixed(0), (ms / bare).toFixed(2), aim])
  }
  printTable('Cold start, median of 15', ['command', 'ms', ': bare node', 'aim'], rows)
}
