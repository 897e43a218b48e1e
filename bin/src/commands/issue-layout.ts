import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkLayout, loadFonts, parseLayout, readLayout } from '@cccd/personalization/art'
import { requireNewFolder } from '../card-view.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Text } from '../language.ts'
import { table, UsageError } from '../output.ts'
import type { Context } from '../wiring.ts'
import { cardOption } from './issue-render.ts'

const REASONS: Readonly<Record<string, Text>> = {
  missing: { vi: 'thiếu trường này', en: 'the field is missing' },
  twice: { vi: 'trường có hai khung', en: 'the field has two frames' },
  outside: { vi: 'khung vượt ra ngoài thẻ', en: 'the frame reaches beyond the card' },
  transformed: { vi: 'khung hoặc nhóm chứa nó có transform', en: 'the frame or a group around it has a transform' },
  conditional: { vi: 'khung chỉ được vẽ trong vài trường hợp', en: 'the frame is drawn only in some cases' },
  'too-low': { vi: 'khung thấp hơn chữ', en: 'the frame is lower than its letters' },
  overlap: {
    vi: 'khung chồng lên khung khác, hoặc lên vùng trắng quanh mã QR',
    en: "frames overlap, or lie in the QR's quiet zone",
  },
  font: { vi: 'phông không có trong các tệp đã cho', en: 'the font is in none of the files given' },
  letters: { vi: 'phông thiếu một chữ', en: 'the font lacks a letter' },
  'no-specimen-mark': { vi: 'mặt này thiếu dấu MẪU / SPECIMEN', en: 'the side has no mark MẪU / SPECIMEN' },
  'wrong-side': { vi: 'tệp là của mặt kia', en: 'the file is that of the other side' },
  'wrong-card': { vi: 'hai mặt của hai loại thẻ', en: 'the sides are of two cards' },
}

/** `cccd issue layout save FOLDER --card 2024` writes the layout that ships, to be edited; `check FOLDER --card 2024` tells
 * what an edited one lacks. */
export async function issueLayout(
  context: Context,
  options: Readonly<Record<string, unknown>>,
  [action, folder]: readonly string[],
): Promise<ExitCode> {
  const { output } = context
  if ((action !== 'save' && action !== 'check') || folder === undefined) {
    throw new UsageError({
      vi: 'Dùng: layout save THƯ-MỤC, layout check THƯ-MỤC.',
      en: 'Use: layout save FOLDER, layout check FOLDER.',
    })
  }
  const card = cardOption(options.card)
  if (action === 'save') {
    await requireNewFolder(folder)
    const texts = await readLayout(card)
    await mkdir(folder, { recursive: true })
    for (const side of ['front', 'back'] as const) await writeFile(join(folder, `${side}.svg`), texts[side])
    output.result({ folder, card }, () => [join(folder, 'front.svg'), join(folder, 'back.svg')])
    return EXIT.ok
  }
  const layout = parseLayout(await readLayout(card, folder))
  const fonts = await loadFonts({
    ...(typeof options.ocrB === 'string' ? { ocrB: options.ocrB } : {}),
    more: (options.font as readonly string[] | undefined) ?? [],
  })
  const other = layout.front.card !== card
  const findings = [
    ...(other ? [{ side: 'front', reason: 'wrong-card' } as const] : []),
    ...checkLayout(
      layout,
      fonts.map(({ face }) => face),
    ),
  ]
  output.result({ folder, card, findings }, () => {
    if (findings.length === 0) return [output.pick({ vi: 'Bố cục dùng được.', en: 'The layout can be used.' })]
    return table(
      findings.map(finding => {
        const field = 'field' in finding && finding.field ? ` ${finding.field}` : ''
        return [
          `${finding.side}${field}`,
          output.pick(REASONS[finding.reason] ?? { vi: finding.reason, en: finding.reason }),
        ]
      }),
    )
  })
  return findings.length === 0 ? EXIT.ok : EXIT.file
}
