import { open } from 'node:fs/promises'
import { type ErrorCode, FormatError } from '@cccd/card-core'

/** A file as UTF-8 text, at most `most` bytes of it and one more, so that whoever reads on sees that it is too long. */
export async function readTextUpTo(path: string, most: number): Promise<string> {
  const file = await open(path, 'r')
  try {
    const buffer = Buffer.alloc(Math.min(most + 1, (await file.stat()).size || most + 1))
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.toString('utf8', 0, length)
  } finally {
    await file.close()
  }
}

const MOST_JSON = 1 << 20

/** The value of a JSON file. Throws FormatError with the code and the file; the parser's message, which quotes, stays
 * out. */
export async function readJsonFile(path: string, code: ErrorCode): Promise<unknown> {
  const text = await readTextUpTo(path, MOST_JSON)
  try {
    return JSON.parse(text)
  } catch {
    throw new FormatError(code, 'the file is not JSON', { file: path })
  }
}

/** Runs a reader of what stood in a file, so that its FormatError names the file. */
export async function inFileNamed<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new FormatError(error.code, error.message, { ...error.facts, file: path }, { cause: error })
  }
}
