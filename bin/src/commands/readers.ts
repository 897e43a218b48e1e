import { openReaderService, type ReaderService, type ReaderState } from '@cccd/card-reader/pcsc'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Text } from '../language.ts'
import { jsonText, printable, table } from '../output.ts'
import type { Context } from '../wiring.ts'

/** `cccd readers`: the readers and whether a card lies on them; with --watch every change until Ctrl-C. */
export async function readers(context: Context, options: Record<string, unknown>): Promise<ExitCode> {
  const { output } = context
  const service = await openReaderService()
  try {
    if (options.watch === true) return await watch(context, service)
    const list = await service.readers()
    output.result({ readers: list.map(({ reader, card, inUse }) => ({ reader, card, inUse })) }, () =>
      list.length === 0
        ? [output.pick({ vi: 'Không thấy đầu đọc nào.', en: 'No reader is there.' })]
        : table(list.map(state => [state.reader, output.pick(STATES[state.inUse ? 'inUse' : state.card])])),
    )
    return list.length === 0 ? EXIT.reader : EXIT.ok
  } finally {
    await service.close()
  }
}

const STATES: Readonly<Record<ReaderState['card'] | 'inUse', Text>> = {
  absent: { vi: 'trống', en: 'empty' },
  present: { vi: 'có thẻ', en: 'card present' },
  mute: { vi: 'thẻ không trả lời', en: 'the card does not answer' },
  inUse: { vi: 'chương trình khác đang dùng', en: 'in use by another program' },
}

async function watch({ output, signal, streams }: Context, service: ReaderService): Promise<ExitCode> {
  signal.addEventListener('abort', () => void service.close(), { once: true })
  for await (const event of service.events()) {
    const { kind } = event
    const reader = kind === 'serviceLost' ? '' : event.reader
    streams.stdout.write(output.json ? jsonText({ kind, reader }, 0) : `${printable(`${kind}  ${reader}`)}\n`)
  }
  return EXIT.ok
}
