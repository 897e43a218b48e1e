import { type CardQr, FormatError, type Mrz, type MrzRepair, parseCardQr, parseMrz, repairMrz } from '@cccd/mrz'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Text } from '../language.ts'
import { type MrzFinding, mrzData, mrzTable } from '../mrz-view.ts'
import { UsageError } from '../output.ts'
import { mrzLines } from '../printed.ts'
import { repairLines } from '../repair-view.ts'
import { type Context, readStdin } from '../wiring.ts'
import { mrzPictureFiles, mrzPictures } from './mrz-pictures.ts'

/** `cccd mrz`: fields, check digits and, for a Vietnamese card, its cross-checks; from the lines or from pictures of them.
 * What is wrong is told with the readings that would be right; --qr sets the QR of the same card beside them. Ends with
 * `input` when a check digit is wrong, a cross-check or the QR differs or a picture cannot be read. */
export async function mrz(
  context: Context,
  options: Record<string, unknown>,
  words: readonly string[],
): Promise<ExitCode> {
  const { output } = context
  const files = await mrzPictureFiles(words)
  const qr = typeof options.qr === 'string' ? parseCardQr(options.qr) : undefined
  if (files !== null) {
    if (qr === undefined) return mrzPictures(context, files)
    throw new UsageError({
      vi: '--qr chỉ dùng với các dòng MRZ, không với ảnh.',
      en: '--qr goes with the lines of an MRZ, not with pictures.',
    })
  }
  const isGiven = words.length > 1 || (words.length === 1 && words[0] !== '-')
  const text = isGiven ? words.join('\n') : await readStdin(context.stdin)
  const { parsed, repair } = read(text, qr)
  const { data, findings } = parsed === null ? { data: { findings: [] }, findings: [] } : mrzData(parsed)
  const { status, changes, candidates, unprotected, doubts } = repair
  const mended = status === 'repaired' ? repair.mrz : null
  const told = {
    ...data,
    repair: {
      ...{ status, changes, doubts, unprotected },
      mrz: mended && mrzData(mended).data,
      candidates: candidates.map(one => ({ ...one, mrz: mrzData(one.mrz).data })),
    },
  }
  const isRight = findings.length === 0 && status === 'unchanged' && doubts.every(({ code }) => !/^QR_/.test(code))
  output.result(told, () => [
    ...(parsed === null ? [] : [...mrzTable(output, parsed), '']),
    ...findings.map(finding => `✘ ${output.pick(describe(finding))}`),
    ...(isRight ? [output.pick({ vi: '✔ Mọi chữ số kiểm tra đều đúng.', en: '✔ Every check digit is right.' })] : []),
    ...repairLines(repair, output.pick),
  ])
  return isRight ? EXIT.ok : EXIT.input
}

/** The lines as they are and what repair makes of them; `parsed` is null when only repair makes an MRZ of them. Throws
 * FormatError MRZ_MALFORMED when not even that does. */
function read(text: string, qr: CardQr | undefined): { readonly parsed: Mrz | null; readonly repair: MrzRepair } {
  const lines = mrzLines(text)
  const options = qr === undefined ? {} : { qr }
  try {
    const parsed = parseMrz(lines)
    return { parsed, repair: repairMrz(lines, options) }
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    const repair = repairOrNull(lines, options) ?? repairOrNull(text, options)
    if (repair === null) throw error
    // Three lines in one, or with a NUL or mark before them: right once they are parted.
    return { parsed: repair.status === 'unchanged' ? repair.mrz : null, repair }
  }
}

/** Null when nothing comes of it. */
function repairOrNull(lines: string | readonly string[], options: { readonly qr?: CardQr }): MrzRepair | null {
  try {
    const repair = repairMrz(lines, options)
    return repair.mrz !== null || repair.candidates.length > 0 ? repair : null
  } catch (error) {
    if (error instanceof FormatError) return null
    throw error
  }
}

function describe({ code, field, line, column, expected, found }: MrzFinding): Text {
  return {
    vi: `${code}: ${field}, dòng ${line}, cột ${column}: có “${found}”, đúng ra là “${expected}”`,
    en: `${code}: ${field}, line ${line}, column ${column}: “${found}” stands where “${expected}” belongs`,
  }
}
