import type { ReadEvent } from '@cccd/card-reader'
import type { Output } from './output.ts'

const WIDTH = 24

/** Shows a reading as it goes: a bar on a terminal, a line a file elsewhere. Never shows what was read. */
export function readingProgress(output: Output): (event: ReadEvent) => void {
  let total = 0
  return event => {
    switch (event.kind) {
      case 'accessTried':
        output.status(
          output.pick({
            vi: `Mở chip bằng ${event.protocol} (${event.password})… ${event.attempt}/${event.of}`,
            en: `Opening the chip by ${event.protocol} (${event.password})… ${event.attempt}/${event.of}`,
          }),
        )
        return
      case 'accessRefused': {
        const left =
          event.triesLeft === undefined
            ? ''
            : output.pick({ vi: `; còn ${event.triesLeft} lần`, en: `; ${event.triesLeft} tries left` })
        output.say({
          vi: `${event.protocol} (${event.password}) không mở được chip, lần ${event.attempt}/${event.of}${left}`,
          en: `${event.protocol} (${event.password}) did not open the chip, try ${event.attempt} of ${event.of}${left}`,
        })
        return
      }
      case 'accessOpened':
        output.say({
          vi: `Chip đã mở bằng ${event.protocol} (${event.password}).`,
          en: `The chip is open, by ${event.protocol} (${event.password}).`,
        })
        return
      case 'accessReopened':
        output.say({ vi: 'Kênh bị mất và đã được mở lại.', en: 'The channel was lost and has been opened again.' })
        return
      case 'bytes': {
        total += event.data.length
        const done = Math.min(1, (event.offset + event.data.length) / Math.max(1, event.length))
        const bar = '█'.repeat(Math.round(done * WIDTH)).padEnd(WIDTH, '░')
        output.status(
          `${event.file.padEnd(8)} ${bar} ${String(Math.round(done * 100)).padStart(3)} %  ${event.length} B  (Σ ${total} B)`,
        )
        return
      }
      case 'fileComplete':
        if (!output.isTerminal)
          output.say({
            vi: `Đã đọc ${event.file}: ${event.data.length} byte`,
            en: `Read ${event.file}: ${event.data.length} bytes`,
          })
        return
      case 'fileRefused':
        output.say({ vi: `Chip không cho đọc ${event.file}.`, en: `The chip does not hand out ${event.file}.` })
        return
      case 'fileStarted':
      case 'chipAuthentication':
      case 'activeAuthentication':
        return
    }
  }
}
