import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError, readImageSize, sniffImage } from '@cccd/card-core'
import type { RecordFinding, RecordReason } from '../../intake/record-finding.ts'

/** What a portrait has to be: bytes of the file, pixels of its width, and how near to 3:4 it is. */
export interface PortraitLimits {
  readonly leastBytes: number
  readonly mostBytes: number
  readonly leastWidth: number
  /** Width by height. */
  readonly proportions: readonly [least: number, most: number]
}

/** 3:4 as the card prints it, with room for a crop; 240 pixels are 300 dpi over 20 mm. */
export const PORTRAIT_LIMITS: PortraitLimits = {
  leastBytes: 2000,
  mostBytes: 2_000_000,
  leastWidth: 240,
  proportions: [0.64, 0.85],
}

// One file beside the batch: no folder above it, no hidden file, nothing that a system gives a meaning.
const NAME = /^[A-Za-z0-9_-][A-Za-z0-9_. -]{0,120}\.(jpe?g|jp2|j2k)$/i

const fault = (reason: RecordReason): RecordFinding => ({ field: 'portrait', reason, severity: 'error' })

/** Reads the picture that a record names, from `folder` alone. Throws the system's error for anything but a missing file. */
export async function readPortrait(
  folder: string,
  name: unknown,
  limits: PortraitLimits = PORTRAIT_LIMITS,
): Promise<Uint8Array | RecordFinding> {
  if (typeof name !== 'string' || !NAME.test(name)) return fault('portrait-file')
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(join(folder, name), 'r')
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return fault('portrait-file')
    throw error
  }
  try {
    const { size } = await file.stat()
    if (size < limits.leastBytes || size > limits.mostBytes) return fault('portrait-bytes')
    return new Uint8Array(await file.readFile())
  } finally {
    await file.close()
  }
}

/** What can be measured of a portrait without looking at a face. */
export function portraitFinding(
  picture: Uint8Array,
  limits: PortraitLimits = PORTRAIT_LIMITS,
): RecordFinding | undefined {
  if (sniffImage(picture) === 'unknown') return fault('portrait-format')
  try {
    const { width, height } = readImageSize(picture)
    const [least, most] = limits.proportions
    if (width < limits.leastWidth) return fault('portrait-pixels')
    return width / height < least || width / height > most ? fault('portrait-proportions') : undefined
  } catch (error) {
    if (error instanceof FormatError) return fault('portrait-format')
    throw error
  }
}
