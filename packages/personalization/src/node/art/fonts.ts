/** The fonts of card art, by file. No font of the system is ever looked for by the renderer. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { FormatError } from '@cccd/mrz'
import { type FontFace, parseFont } from '../../art/index.ts'

export interface FontChoice {
  /** OCR-B's file; else Debian's, else the one that fontconfig knows. */
  readonly ocrB?: string
  /** Further files that a layout names. */
  readonly more?: readonly string[]
}

export interface LoadedFont {
  readonly file: string
  readonly face: FontFace
  readonly sha256: string
  /** Whether it is, byte for byte, a file that this version was tried with; pictures from others may differ. */
  readonly known: boolean
}

/** Be Vietnam Pro 400, 500, 600, 700 of its package, and OCR-B of Debian's fonts-ocr-b. */
const KNOWN = new Set([
  'cb6f53d6fd56316356c55b067474d9621c27b7182b124063b8f6eab6acef63bd',
  'f493144cb53c78c6f0819bc9b73de274486618ac609bc92b3b79d4efc76f95c6',
  '04db63d2a82dd4bb35ba25e00dab1d12febcd0e917856b174b71a24d6f0c9afa',
  '2fe6c3f9dbb65f61554d530c16b2eb4ec32ca437dc8f9999a6ec0f6403b30bfe',
  '84558d47dbc19bb5887cc7b72ed62c64534fd00f0b569d28e6dc63b71fe27707',
])
const WEIGHTS = ['400Regular', '500Medium', '600SemiBold', '700Bold'] as const
const DEBIAN_OCR_B = '/usr/share/fonts/opentype/ocr-b/OCRB.otf'

/** Reads all fonts. Throws FormatError FONT_UNUSABLE, the file named, for one that is missing, damaged, or the same face as
 * another. */
export async function loadFonts(choice: FontChoice = {}): Promise<readonly LoadedFont[]> {
  const require = createRequire(import.meta.url)
  const own = WEIGHTS.map(weight =>
    require.resolve(`@expo-google-fonts/be-vietnam-pro/${weight}/BeVietnamPro_${weight}.ttf`),
  )
  const files = [...own, choice.ocrB ?? (await findOcrB()), ...(choice.more ?? [])]
  const fonts = await Promise.all(files.map(loadFont))
  const seen = new Set<string>()
  for (const { face, file } of fonts) {
    const name = `${face.family} ${face.weight}${face.italic ? ' italic' : ''}`
    // Which of the two would be drawn is the renderer's choice.
    if (seen.has(name)) throw new FormatError('FONT_UNUSABLE', `two files hold the font ${name}`, { file })
    seen.add(name)
  }
  const ocr = fonts[own.length] as LoadedFont
  if (ocr.face.family !== 'OCR B') {
    throw new FormatError('FONT_UNUSABLE', `the font given for the MRZ is ${ocr.face.family}, not OCR B`, {
      file: ocr.file,
    })
  }
  return fonts
}

async function loadFont(file: string): Promise<LoadedFont> {
  try {
    const bytes = await readFile(file)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    return { file, face: parseFont(bytes), sha256, known: KNOWN.has(sha256) }
  } catch (cause) {
    const { code } = cause as { code?: unknown }
    const said = cause instanceof FormatError ? cause.message : `the font file cannot be read (${String(code)})`
    throw new FormatError('FONT_UNUSABLE', said, { file }, { cause })
  }
}

/** Debian's file where it is, else what fontconfig lists first under the family's name. */
async function findOcrB(): Promise<string> {
  if (await readable(DEBIAN_OCR_B)) return DEBIAN_OCR_B
  const listed = await promisify(execFile)('fc-list', [':family=OCR B', 'file']).then(
    ({ stdout }) => stdout,
    // No fontconfig here: then there is no list either.
    () => '',
  )
  const files = listed
    .split('\n')
    .map(line => line.replace(/:\s*$/, '').trim())
    .filter(file => /\.(?:otf|ttf)$/i.test(file))
    .sort()
  const found = files.find(file => /OCR-?B\.(?:otf|ttf)$/i.test(file)) ?? files[0]
  if (found === undefined) {
    throw new FormatError('FONT_UNUSABLE', 'the font OCR B is not here: install fonts-ocr-b or name its file')
  }
  return found
}

function readable(file: string): Promise<boolean> {
  return readFile(file).then(
    () => true,
    () => false,
  )
}
