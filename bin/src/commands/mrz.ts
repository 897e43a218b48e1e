import { parseMrz } from '@cccd/mrz'
import { EXIT, type ExitCode } from '../exit-code.ts'
import type { Text } from '../language.ts'
import { type MrzFinding, mrzData, mrzTable } from '../mrz-view.ts'
import { mrzLines } from '../printed.ts'
import { type Context, readStdin } from '../wiring.ts'
import { mrzPictureFiles, mrzPictures } from './mrz-pictures.ts'

/** `cccd mrz`: fields, check digits and, for a Vietnamese card, its cross-checks; from the lines or from pictures of them.
 * Ends with `input` when a check digit is wrong, a cross-check differs or a picture cannot be read. */
export async function mrz(
  context: Context,
  _options: Record<string, unknown>,
  words: readonly string[],
): Promise<ExitCode> {
  const { output } = context
  const files = await mrzPictureFiles(words)
  if (files !== null) return mrzPictures(context, files)
  const text = words.length > 0 ? words.join('\n') : await readStdin(context.stdin)
  const parsed = parseMrz(mrzLines(text))
  const { data, findings } = mrzData(parsed)
  output.result(data, () => [
    ...mrzTable(output, parsed),
    '',
    ...(findings.length === 0
      ? [output.pick({ vi: '✔ Mọi chữ số kiểm tra đều đúng.', en: '✔ Every check digit is right.' })]
      : findings.map(finding => `✘ ${output.pick(describe(finding))}`)),
  ])
  return findings.length === 0 ? EXIT.ok : EXIT.input
}

function describe({ code, field, line, column, expected, found }: MrzFinding): Text {
  return {
    vi: `${code}: ${field}, dòng ${line}, cột ${column}: có “${found}”, đúng ra là “${expected}”`,
    en: `${code}: ${field}, line ${line}, column ${column}: “${found}” stands where “${expected}” belongs`,
  }
}
