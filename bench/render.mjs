// Drawing cards: both sides from a checked record with its portrait to PNG files in memory, for one core and for all. The
// time of the processor is told beside the clock's, since a core that is shared tells little by the clock.
import { availableParallelism } from 'node:os'
import { pathToFileURL } from 'node:url'
import { holders } from '@cccd/fixtures'
import { openCardArt } from '@cccd/personalization/art'
import { median, printTable } from './table.mjs'

const CARDS = Number(process.env.CCCD_RENDER_CARDS ?? 24)
const PEOPLE = Object.entries(holders).filter(([name]) => name !== 'longName')
const AIM = 100

function job(i, dpi, outputs) {
  const [, holder] = PEOPLE[i % PEOPLE.length]
  return { holder, card: i % 2 ? '2024' : '2021', dpi, outputs }
}

/** Prints milliseconds a card, and cards a second on all cores. */
export async function benchRender() {
  const rows = []
  const wishes = [
    ['PNG', ['png']],
    ['PNG and PDF', ['png', 'pdf']],
    ['panels', ['panels']],
  ]
  const here = await openCardArt({ threads: 0 })
  for (const dpi of [300, 600]) {
    for (const [name, outputs] of wishes) {
      // What is the same on all cards is drawn with the first ones.
      for (let i = 0; i < 10; i++) await here.render(job(i, dpi, outputs))
      const clock = []
      const before = process.cpuUsage()
      for (let i = 0; i < CARDS; i++) {
        const begin = process.hrtime.bigint()
        await here.render(job(i, dpi, outputs))
        clock.push(Number(process.hrtime.bigint() - begin) / 1e6)
      }
      const { user, system } = process.cpuUsage(before)
      const cpu = (user + system) / 1000 / CARDS
      rows.push([`${dpi} dpi, ${name}`, cpu.toFixed(0), median(clock).toFixed(0)])
    }
  }
  printTable(
    `Drawing a card, both sides, ${CARDS} cards (aim: under ${AIM} ms a card and core)`,
    ['', 'processor ms', 'median ms'],
    rows,
  )
  const threads = availableParallelism()
  const pool = await openCardArt({ threads })
  try {
    await Promise.all(Array.from({ length: 4 * threads }, (_, i) => pool.render(job(i, 300, ['png']))))
    const begin = process.hrtime.bigint()
    await Promise.all(Array.from({ length: CARDS * threads }, (_, i) => pool.render(job(i, 300, ['png']))))
    const seconds = Number(process.hrtime.bigint() - begin) / 1e9
    console.log(`${((CARDS * threads) / seconds).toFixed(1)} cards a second on ${threads} threads (300 dpi, PNG)`)
  } finally {
    await pool.close()
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await benchRender()
