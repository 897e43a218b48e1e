import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { CardToolkitError, FormatError } from '@cccd/card-core'

const LONGEST = 8192

/** The lines of a file that holds a secret and that only its owner can read; blank lines and blanks around are dropped.
 * Throws FormatError CONNECTOR_CONFIG_MALFORMED, which names the setting and the file and nothing of what it holds. */
export async function readSecretLines(setting: string, path: string): Promise<readonly string[]> {
  const text = await readOwnFile(setting, path)
  const lines = text.split(/\r?\n/).map(line => line.trim())
  const filled = lines.filter(line => line !== '')
  if (filled.length === 0) throw refused(setting, path, 'tệp trống / the file is empty')
  return filled
}

/** As `readSecretLines`, for a file of exactly one line. */
export async function readSecret(setting: string, path: string): Promise<string> {
  const [line, ...more] = await readSecretLines(setting, path)
  if (more.length > 0) throw refused(setting, path, 'tệp phải có một dòng / the file has more than one line')
  return line as string
}

/** As `readSecret`, for what goes into an HTTP header: visible ASCII alone. */
export async function readHeaderSecret(setting: string, path: string): Promise<string> {
  const token = await readSecret(setting, path)
  if (/^[\u0021-\u007e]+$/.test(token)) return token
  throw refused(setting, path, 'có ký tự không vào được tiêu đề HTTP / holds a character that fits no HTTP header')
}

/** Text that is no secret, such as certificates. */
export async function readPlainFile(setting: string, path: string): Promise<string> {
  return readFileText(setting, path, 1_000_000, false)
}

async function readOwnFile(setting: string, path: string): Promise<string> {
  return readFileText(setting, path, LONGEST, true)
}

async function readFileText(setting: string, path: string, longest: number, secret: boolean): Promise<string> {
  try {
    // Non-blocking, so that a pipe in its place does not hang the start.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    try {
      const found = await file.stat()
      if (!found.isFile()) throw refused(setting, path, 'không phải tệp thường / no regular file')
      // Windows has no such mode bits; there the folder's rights are what counts.
      if (secret && process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
        const mode = (found.mode & 0o777).toString(8).padStart(4, '0')
        throw refused(setting, path, `người khác đọc được: chmod 600 / others can read it (mode ${mode}): chmod 600`)
      }
      if (found.size > longest) throw refused(setting, path, `quá ${longest} byte / more than ${longest} bytes`)
      return new TextDecoder('utf-8', { fatal: true }).decode(await file.readFile())
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof CardToolkitError) throw error
    const code = (error as { code?: unknown }).code
    const short = typeof code === 'string' && /^[A-Z]{2,20}$/.test(code) ? code : 'UTF-8'
    throw refused(setting, path, `không đọc được (${short}) / cannot be read (${short})`)
  }
}

function refused(setting: string, path: string, why: string): FormatError {
  const [vi = why, en = vi] = why.split(' / ')
  const message = `${path}: ${vi} / ${path}: ${en}`
  return new FormatError('CONNECTOR_CONFIG_MALFORMED', message, { field: setting, file: path })
}
