import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import {
  type ChipEvidence,
  evidenceFromJson,
  evidenceToJson,
  FILE_NAMES,
  type FileName,
  FormatError,
  type LdsFiles,
} from '@cccd/card-core'
import { buildChipJson, type ChipSecrets, parseChipJson } from '@cccd/card-simulator'

/** A document on disk: one file for each EF, `chip.json` where the secrets are known, `evidence.json` where it was read
 * from a chip. */
export interface DocumentFolder {
  readonly files: LdsFiles
  readonly secrets?: ChipSecrets
  /** The access protocols of the chip, told beside the secrets. */
  readonly access?: readonly ('PACE' | 'BAC')[]
  readonly evidence?: ChipEvidence
}

const CHIP = 'chip.json'
const EVIDENCE = 'evidence.json'

/** The name of an EF on disk: `EF.DG1.bin`, `EF.ATR-INFO.bin`. */
export function folderFileName(file: FileName): string {
  return `${file.replace('/', '-')}.bin`
}

const OWN_NAMES: ReadonlySet<string> = new Set([...FILE_NAMES.map(folderFileName), CHIP, EVIDENCE])

function code(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

async function optional(path: string): Promise<Uint8Array | undefined> {
  try {
    return Uint8Array.from(await readFile(path))
  } catch (error) {
    if (code(error) === 'ENOENT') return undefined
    throw new FormatError(
      'DOCUMENT_MALFORMED',
      'a file of the document cannot be read',
      { file: basename(path) },
      { cause: error },
    )
  }
}

async function optionalText(path: string): Promise<string | undefined> {
  const bytes = await optional(path)
  return bytes && new TextDecoder().decode(bytes)
}

function parseEvidence(text: string): ChipEvidence {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own message quotes what it read.
    throw new FormatError('DOCUMENT_MALFORMED', 'evidence.json is not JSON', { file: EVIDENCE })
  }
  return evidenceFromJson(value)
}

/** Reads a document folder. Other files in it are not looked at. Throws FormatError DOCUMENT_MALFORMED when the folder
 * holds no EF at all, or chip.json or evidence.json is malformed; the facts name file and field. */
export async function readDocumentFolder(dir: string): Promise<DocumentFolder> {
  const files: Partial<Record<FileName, Uint8Array>> = {}
  for (const name of FILE_NAMES) {
    const content = await optional(join(dir, folderFileName(name)))
    if (content) files[name] = content
  }
  if (Object.keys(files).length === 0) {
    throw new FormatError('DOCUMENT_MALFORMED', 'the folder holds no file of a document', { file: 'EF.COM.bin' })
  }
  const chip = await optionalText(join(dir, CHIP))
  const evidence = await optionalText(join(dir, EVIDENCE))
  return {
    files,
    ...(chip === undefined ? {} : parseChipJson(chip)),
    ...(evidence === undefined ? {} : { evidence: parseEvidence(evidence) }),
  }
}

/**
 * Writes a document folder. Everything is first written beside it under another name, so that a fault leaves no
 * half-written folder: a new folder appears whole; in one that is there already, each file is replaced whole, files of
 * an earlier document are removed and others are left alone. chip.json is readable by its owner alone.
 */
export async function writeDocumentFolder(dir: string, document: DocumentFolder): Promise<void> {
  const target = resolve(dir)
  await mkdir(dirname(target), { recursive: true })
  const staged = await mkdtemp(join(dirname(target), `.${basename(target)}-`))
  try {
    for (const name of FILE_NAMES) {
      const content = document.files[name]
      if (content) await writeFile(join(staged, folderFileName(name)), content, { mode: 0o600 })
    }
    if (document.secrets) {
      const json = buildChipJson({ secrets: document.secrets, access: document.access ?? ['PACE', 'BAC'] })
      await writeFile(join(staged, CHIP), json, { mode: 0o600 })
    }
    if (document.evidence)
      await writeFile(join(staged, EVIDENCE), `${JSON.stringify(evidenceToJson(document.evidence), null, 2)}\n`, {
        mode: 0o600,
      })
    await putInPlace(staged, target)
  } finally {
    await rm(staged, { recursive: true, force: true })
  }
}

async function putInPlace(staged: string, target: string): Promise<void> {
  const present = await readdir(target).catch(error => {
    if (code(error) === 'ENOENT') return undefined
    throw error
  })
  if (present?.length === 0) await rmdir(target)
  if (!present?.length) {
    // mkdtemp makes a folder for its owner alone; the document's folder gets the usual rights.
    await chmod(staged, 0o777 & ~process.umask())
    await rename(staged, target)
    return
  }
  const written = await readdir(staged)
  for (const name of present) {
    if (OWN_NAMES.has(name) && !written.includes(name)) await rm(join(target, name))
  }
  for (const name of written) await rename(join(staged, name), join(target, name))
}
