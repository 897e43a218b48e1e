// Takes in a generated batch in a process of its own, so that its memory can be told. argv: folder, number of records.
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { takeIn } from '@cccd/personalization/intake'
import { inventedLines } from './invented-records.mjs'

const [folder, count] = process.argv.slice(2)
const input = join(folder, 'many.ndjson')
const expected = new Map()
const lines = inventedLines(Number(count), expected)
await pipeline(
  Readable.from(
    (function* () {
      let text = ''
      for (const line of lines) {
        text += `${line}\n`
        if (text.length > 1 << 20) {
          yield text
          text = ''
        }
      }
      yield text
    })(),
  ),
  createWriteStream(input),
)
const begin = process.hrtime.bigint()
const { report } = await takeIn({
  input,
  format: 'ndjson',
  out: join(folder, 'many'),
  register: join(folder, 'register.jsonl'),
  now: () => new Date(),
})
const seconds = Number(process.hrtime.bigint() - begin) / 1e9
const peakMB = Math.round(process.resourceUsage().maxRSS / 1024)
process.stdout.write(JSON.stringify({ report, expected: Object.fromEntries(expected), peakMB, seconds }))
