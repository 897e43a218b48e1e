// Rewrites the README's table of error codes from bin's table; run after `npm run build` when a code is added.
import { readFileSync, writeFileSync } from 'node:fs'
import { OUTCOMES } from '../bin/dist/exit-code.js'

const path = new URL('../README.md', import.meta.url)
const byExit = Map.groupBy
  ? Map.groupBy(Object.entries(OUTCOMES), ([, { exit }]) => exit)
  : Object.entries(OUTCOMES).reduce(
      (map, row) => map.set(row[1].exit, [...(map.get(row[1].exit) ?? []), row]),
      new Map(),
    )
const rows = [...byExit]
  .toSorted(([a], [b]) => a - b)
  .map(([exit, codes]) => `| ${exit} | ${codes.map(([code]) => `\`${code}\``).join(' ')} |`)
const readme = readFileSync(path, 'utf8')
const table = /\| exit \| codes \|\n\|---\|---\|\n(\|.*\|\n)+/
if (!table.test(readme)) throw new Error('the README has no table of error codes')
writeFileSync(path, readme.replace(table, `| exit | codes |\n|---|---|\n${rows.join('\n')}\n`))
