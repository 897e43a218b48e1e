import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import {
  type ArtOutput,
  type ArtSource,
  type BatchResult,
  type CardArt,
  type CardSide,
  type CardVariant,
  type Dpi,
  openCardArt,
  renderBatch,
} from '@cccd/personalization/art'
import { requireNewFolder } from '../card-view.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Text } from '../language.ts'
import { table, UsageError } from '../output.ts'
import type { Context } from '../wiring.ts'

type Options = Readonly<Record<string, unknown>>

/** `cccd issue render SOURCE --out FOLDER`: draws both sides of the cards of records, of an intake's folder, or of prepared
 * jobs, which `--key` opens. Ends with `ok` when
 * every card was drawn, with `undetermined` when some were refused; a refused card that was the only one ends as its error. */
export async function issueRender(context: Context, options: Options, [input]: readonly string[]): Promise<ExitCode> {
  const { output, now, signal } = context
  if (input === undefined) throw new UsageError({ vi: 'Thiếu tệp hồ sơ.', en: 'The file of records is missing.' })
  const card = choice(options.card, '--card', ['2021', '2024'] as const)
  const dpi = Number(choice(options.dpi, '--dpi', ['300', '600'] as const) ?? '300') as Dpi
  const side = choice(options.side, '--side', ['front', 'back', 'both'] as const) ?? 'both'
  const sides: readonly CardSide[] = side === 'both' ? ['front', 'back'] : [side]
  const extra = (['pdf', 'panels', 'svg'] as const).filter(one => options[one] === true)
  const outputs: readonly ArtOutput[] = ['png', ...extra]
  const layout = text(options.layout)
  if (layout !== undefined && card === undefined) {
    throw new UsageError({ vi: '--layout cần --card 2021 hoặc 2024.', en: '--layout needs --card 2021 or 2024.' })
  }
  const threads = threadsOf(options.threads)
  const out = text(options.out) ?? `${resolve(input)}.art`
  const resume = options.resume === true
  if (!resume) await requireNewFolder(out)
  const [ocrB, sheet] = [text(options.ocrB), text(options.sheet)]
  const { source, close } = await openSource(input, {
    card,
    key: text(options.key),
    portraits: text(options.portraits),
  })
  const begin = now().getTime()
  let art: CardArt | undefined
  try {
    art = await openCardArt({
      threads,
      fonts: { ...(ocrB ? { ocrB } : {}), more: (options.font as readonly string[] | undefined) ?? [] },
      ...(layout !== undefined && card !== undefined ? { layoutFolders: { [card]: layout } } : {}),
    })
    const result = await renderBatch({
      source,
      out,
      art,
      resume,
      signal,
      atOnce: threads + 2,
      wishes: { dpi, outputs, sides, specimen: options.withoutMark !== true },
      ...(sheet ? { sheet } : {}),
      progress({ cards, refused, of }) {
        const seconds = Math.max(0.001, (now().getTime() - begin) / 1000)
        const rate = (cards + refused) / seconds
        const left = Math.ceil(Math.max(0, of - cards - refused) / rate)
        output.status(
          output.pick({
            vi: `${cards + refused}/${of} thẻ, từ chối ${refused}, ${rate.toFixed(1)} thẻ/giây, còn ${left} giây`,
            en: `${cards + refused} of ${of} cards, ${refused} refused, ${rate.toFixed(1)} a second, ${left} s left`,
          }),
        )
      },
    })
    output.status('')
    if (result.only) throw result.only
    const { only: _, ...told } = result
    output.result({ out, ...told }, () => lines(result, out, sheet).map(line => output.pick(line)))
    return result.refused === 0 ? EXIT.ok : EXIT.undetermined
  } catch (error) {
    if (signal.aborted && error === signal.reason) {
      output.status('')
      output.say({
        vi: `Đã dừng. Chạy lại cùng lệnh với --resume để làm tiếp.`,
        en: 'Stopped. The same command with --resume goes on.',
      })
      return EXIT.cancelled
    }
    throw error
  } finally {
    await art?.close()
    close()
  }
}

/** What stands there: a store of prepared jobs, an intake's folder, or a file. */
async function openSource(
  input: string,
  { card, key, portraits }: { card: CardVariant | undefined; key: string | undefined; portraits: string | undefined },
): Promise<{ readonly source: ArtSource; close(): void }> {
  const only = card ? { card } : {}
  const file = (path: string): { readonly source: ArtSource; close(): void } => ({
    source: { kind: 'file', input: path, ...only, ...(portraits ? { portraits } : {}) },
    close: () => undefined,
  })
  if (!(await stat(input)).isDirectory()) return file(input)
  const isStore = await stat(join(input, 'jobs.db')).then(
    () => true,
    () => false,
  )
  if (!isStore) return file(join(input, 'accepted.ndjson'))
  if (key === undefined) {
    throw new UsageError({
      vi: 'Thẻ đã chuẩn bị được mã hóa: thiếu --key.',
      en: 'Prepared jobs are encrypted: --key is missing.',
    })
  }
  const { JobStore } = await import('@cccd/personalization/prepare')
  const shelf = await JobStore.open(input, key)
  return { source: { kind: 'jobs', shelf, ...only }, close: () => shelf.close() }
}

const DID: Readonly<Record<string, Text>> = {
  shrunk: { vi: 'thu nhỏ', en: 'made smaller' },
  broken: { vi: 'xuống dòng', en: 'broken into lines' },
  abbreviated: { vi: 'viết tắt địa danh', en: 'places abbreviated' },
  cropped: { vi: 'cắt mép ảnh cho vừa khung', en: 'edges of the picture cut to the frame' },
  omitted: { vi: 'không in ảnh của trẻ dưới sáu tuổi', en: 'no portrait of a child under six' },
  'level-lowered': { vi: 'mã QR giảm mức sửa lỗi xuống L', en: 'error correction of the QR lowered to L' },
}

function lines(result: BatchResult, out: string, sheet: string | undefined): Text[] {
  const { drawn, refused, kept, findings, refusals, otherFonts } = result
  const both = (line: string): Text => ({ vi: line, en: line })
  const found = Object.entries(findings).map(([name, count]): readonly [string, Text] => {
    const [field = '', did = ''] = name.split(' ')
    return [`${count}  ${field}`, DID[did] ?? both(did)]
  })
  const vi = table(found.map(([name, said]) => [name, said.vi]))
  const en = table(found.map(([name, said]) => [name, said.en]))
  return [
    {
      vi: `Đã vẽ ${drawn} thẻ, từ chối ${refused}${kept ? `, đã xong từ trước ${kept}` : ''}.`,
      en: `${drawn} cards drawn, ${refused} refused${kept ? `, ${kept} done before` : ''}.`,
    },
    ...vi.map((line, i): Text => ({ vi: line, en: en[i] ?? line })),
    ...refusals.map(({ line, error }) =>
      both(`  ! ${line}  ${error?.code ?? ''}${error?.field ? ` ${error.field}` : ''}: ${error?.message ?? ''}`),
    ),
    ...otherFonts.map(
      (file): Text => ({
        vi: `Lưu ý: phông ${file} khác bản đã thử; hãy xem kỹ hình in.`,
        en: `Note: the font ${file} is not the one that was tried; look at the pictures.`,
      }),
    ),
    both(resolve(out)),
    ...(sheet ? [both(resolve(sheet))] : []),
  ]
}

/** One of the words, undefined where the option was not given. Throws UsageError for another word. */
function choice<T extends string>(value: unknown, option: string, words: readonly T[]): T | undefined {
  if (value === undefined) return undefined
  const found = words.find(word => word === value)
  if (found !== undefined) return found
  throw new UsageError({
    vi: `${option} nhận: ${words.join(', ')}.`,
    en: `${option} takes: ${words.join(', ')}.`,
  })
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function threadsOf(value: unknown): number {
  if (value === undefined) return availableParallelism()
  if (typeof value === 'string' && /^(?:[1-9]|[1-5][0-9]|6[0-4])$/.test(value)) return Number(value)
  throw new UsageError({ vi: '--threads nhận 1 đến 64.', en: '--threads takes 1 to 64.' })
}

/** `--card` as `cccd issue layout` wants it. Throws UsageError when it is missing. */
export function cardOption(value: unknown): CardVariant {
  const card = choice(value, '--card', ['2021', '2024'] as const)
  if (card === undefined)
    throw new UsageError({ vi: 'Thiếu --card 2021 hoặc 2024.', en: '--card 2021 or 2024 is missing.' })
  return card
}
