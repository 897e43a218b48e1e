import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type ChipEvidence, FormatError, type LdsFiles, parseDg2 } from '@cccd/card-core'
import { type Picture, pictureOf } from '@cccd/card-reader/picture'
import { writeDocumentFolder } from '@cccd/card-simulator/document-folder'
import type { VerificationReport } from '@cccd/verifier'
import { attempt, holderFields } from './holder-fields.ts'
import { type Output, table, UsageError } from './output.ts'
import type { Printed } from './printed.ts'
import { reportLines } from './report-view.ts'

/** A card that was read and judged. */
export interface JudgedCard {
  readonly files: LdsFiles
  readonly evidence: ChipEvidence
  readonly report: VerificationReport
  readonly printed: Printed['texts']
  readonly link?: { readonly apdus: number; readonly bytesOut: number; readonly bytesIn: number; readonly ms: number }
}

/** The first portrait of DG2, or null where there is none or it cannot be shown: the report says what is wrong. */
export async function portraitOf(files: LdsFiles): Promise<Picture | null> {
  const dg2 = files['EF.DG2']
  const face = dg2 && attempt(() => parseDg2(dg2))?.faces[0]
  if (!face) return null
  return await pictureOf(face.image, face.format).catch(error => {
    if (error instanceof FormatError) return null
    throw error
  })
}

/** Refuses a folder that holds anything: nothing of another card may stand beside this one. Refuses too where nothing can
 * be written, so that this is told before a card is asked for. */
export async function requireNewFolder(name: string): Promise<void> {
  const folder = resolve(name)
  const present = await readdir(folder).catch(error => {
    if ((error as { code?: unknown }).code === 'ENOENT') return []
    throw error
  })
  if (present.length === 0) return await requireWritable(dirname(folder))
  throw new UsageError({ vi: `Thư mục không trống: ${folder}`, en: `The folder is not empty: ${folder}` })
}

/** The folder, or the nearest one above it that exists, must take new entries. */
async function requireWritable(folder: string): Promise<void> {
  try {
    await access(folder, constants.W_OK)
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT' || dirname(folder) === folder) throw error
    await requireWritable(dirname(folder))
  }
}

/** Takes an empty folder away; one that has been filled meanwhile stays and stops the writing. */
export async function removeEmptyFolder(folder: string): Promise<void> {
  await rmdir(folder).catch(error => {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error
  })
}

/** Writes files, evidence, printed data, portrait and report to a folder of mode 0700 that appears whole or not at all. */
export async function writeCard(folder: string, card: JudgedCard): Promise<void> {
  const target = resolve(folder)
  await requireNewFolder(target)
  await mkdir(dirname(target), { recursive: true })
  // Written inside a folder that nobody else can enter, and moved out when whole.
  const staging = await mkdtemp(join(dirname(target), `.${basename(target)}-`))
  const whole = join(staging, 'card')
  const own = { mode: 0o600 }
  try {
    await writeDocumentFolder(whole, { files: card.files, evidence: card.evidence })
    await chmod(whole, 0o700)
    await writeFile(join(whole, 'report.json'), `${JSON.stringify(card.report, null, 2)}\n`, own)
    await writeFile(join(whole, 'printed.json'), `${JSON.stringify(card.printed, null, 2)}\n`, own)
    const picture = await portraitOf(card.files)
    if (picture) await writeFile(join(whole, pictureName(picture)), picture.bytes, own)
    await removeEmptyFolder(target)
    await rename(whole, target)
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

function pictureName({ mediaType }: Picture): string {
  return mediaType === 'image/png' ? 'portrait.png' : 'portrait.jpg'
}

/** What was written of a card, by name of file or folder. */
export interface Written {
  readonly out?: string
  readonly bundle?: MadeBundle
}

/** An evidence bundle that was written, and by what it is known. */
export interface MadeBundle {
  readonly file: string
  readonly requestId: string
  readonly nonce: string
  /** RFC 7638 thumbprint of the key that signed. */
  readonly kid: string
  readonly encrypted: boolean
}

/** Fields, portrait and verdict on stdout. */
export async function showCard(output: Output, card: JudgedCard, written: Written = {}): Promise<void> {
  const { data, lines } = await describeCard(output, card, written)
  output.result(data, () => lines)
}

/** A card as JSON and as lines for people. */
export async function describeCard(
  output: Output,
  card: JudgedCard,
  { out, bundle }: Written = {},
): Promise<{ readonly data: Readonly<Record<string, unknown>>; readonly lines: readonly string[] }> {
  const fields = holderFields(card.files)
  const picture = await portraitOf(card.files)
  const { access } = card.evidence
  return {
    data: {
      verdict: card.report.overall,
      colour: card.report.colour,
      fields: fields.map(({ key, value, source }) => ({ key, value, source })),
      portrait: picture && {
        mediaType: picture.mediaType,
        width: picture.width,
        height: picture.height,
        bytes: picture.bytes.length,
      },
      access,
      files: Object.fromEntries(Object.entries(card.files).map(([name, bytes]) => [name, bytes.length])),
      ...(card.link && { link: card.link }),
      ...(out !== undefined && { out }),
      ...(bundle && { bundle }),
      report: card.report,
    },
    lines: [
      ...table([
        ...fields.map(field => [output.pick(field.title), field.value] as const),
        [
          output.pick({ vi: 'Ảnh chân dung', en: 'Portrait' }),
          picture
            ? `${picture.width} × ${picture.height}, ${picture.bytes.length} B`
            : output.pick({ vi: 'không có', en: 'none' }),
        ],
        [
          output.pick({ vi: 'Mở chip bằng', en: 'Chip opened by' }),
          `${access.used}${access.password ? ` (${access.password})` : ''}`,
        ],
        ...(card.link
          ? [
              [
                output.pick({ vi: 'Trao đổi', en: 'Exchange' }),
                `${card.link.apdus} APDU, ${card.link.bytesOut} + ${card.link.bytesIn} B, ${(card.link.ms / 1000).toFixed(2)} s`,
              ] as const,
            ]
          : []),
        ...(out === undefined ? [] : [[output.pick({ vi: 'Đã ghi vào', en: 'Written to' }), out] as const]),
        ...(bundle ? bundleRows(output, bundle) : []),
      ]),
      '',
      ...reportLines(card.report, output.language),
    ],
  }
}

function bundleRows(
  output: Output,
  { file, nonce, kid, encrypted }: MadeBundle,
): readonly (readonly [string, string])[] {
  const sealed = encrypted ? { vi: 'đã ký, đã mã hóa', en: 'signed, encrypted' } : { vi: 'đã ký', en: 'signed' }
  return [
    [output.pick({ vi: 'Gói bằng chứng', en: 'Evidence bundle' }), `${file} (${output.pick(sealed)})`],
    ['nonce', nonce],
    [output.pick({ vi: 'Khóa ký', en: 'Signing key' }), kid],
  ]
}
