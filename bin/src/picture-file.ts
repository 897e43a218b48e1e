import { readFile, stat } from 'node:fs/promises'
import { FormatError } from '@cccd/card-core'
import type { Text } from './language.ts'

const MOST_BYTES = 64_000_000

/** The bytes of a picture's file. Throws FormatError IMAGE_MALFORMED for what is no plain file, or larger than any
 * picture, before anything of it is read; and the system's error when it cannot be read. */
export async function readPictureFile(path: string): Promise<Uint8Array> {
  const found = await stat(path)
  if (!found.isFile()) throw new FormatError('IMAGE_MALFORMED', 'this is no file of a picture')
  if (found.size > MOST_BYTES) throw new FormatError('IMAGE_MALFORMED', 'the file is too large for a picture')
  return await readFile(path)
}

/** Why one picture of several was not read, for people. Throws what is a fault of the program. */
export function pictureFault(error: unknown): Text {
  if (error instanceof FormatError) return { vi: `ảnh không đọc được: ${error.message}`, en: error.message }
  const code = (error as { code?: unknown }).code
  if (code === 'ENOENT') return { vi: 'không thấy tệp', en: 'no such file' }
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) {
    return { vi: `lỗi hệ thống ${code}`, en: `system error ${code}` }
  }
  throw error
}
