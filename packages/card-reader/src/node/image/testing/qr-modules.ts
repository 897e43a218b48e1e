/**
 * A QR encoder for test pictures (ISO/IEC 18004): one segment of bytes without an ECI, as most printers of cards write
 * UTF-8, versions 1 to 20. It shares nothing with the decoders under test.
 */

export type EccLevel = 'L' | 'M' | 'Q' | 'H'

export interface QrModules {
  readonly version: number
  readonly size: number
  /** Row by row, 1 is dark. */
  readonly dark: Uint8Array
}

// Tables 9 of the standard: error correction codewords a block, and blocks, for versions 1 to 20.
const ECC_WORDS: Readonly<Record<EccLevel, readonly number[]>> = {
  L: [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28],
  M: [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26],
  Q: [13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30],
  H: [17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28],
}
const BLOCKS: Readonly<Record<EccLevel, readonly number[]>> = {
  L: [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8],
  M: [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16],
  Q: [1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20],
  H: [1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25],
}
const LEVEL_BITS: Readonly<Record<EccLevel, number>> = { L: 1, M: 0, Q: 3, H: 2 }

/** The modules of the smallest symbol that holds the bytes. Throws RangeError when none of version 20 or less does. */
export function qrModules(bytes: Uint8Array, level: EccLevel): QrModules {
  for (let version = 1; version <= 20; version++) {
    const frame = emptyFrame(version)
    const words = Math.floor(frame.free / 8)
    const eccWords = ECC_WORDS[level][version - 1] as number
    const blocks = BLOCKS[level][version - 1] as number
    const room = words - eccWords * blocks
    const countBits = version < 10 ? 8 : 16
    if (4 + countBits + 8 * bytes.length > 8 * room) continue
    const codewords = interleave(dataWords(bytes, countBits, room), blocks, eccWords)
    return masked(frame, codewords, level)
  }
  throw new RangeError('too many bytes for version 20')
}

function dataWords(bytes: Uint8Array, countBits: number, room: number): Uint8Array {
  const bits: number[] = []
  const push = (value: number, count: number): void => {
    for (let i = count - 1; i >= 0; i--) bits.push((value >> i) & 1)
  }
  push(0b0100, 4)
  push(bytes.length, countBits)
  for (const byte of bytes) push(byte, 8)
  push(0, Math.min(4, 8 * room - bits.length))
  while (bits.length % 8) bits.push(0)
  const words = new Uint8Array(room)
  for (let i = 0; i < bits.length; i++) words[i >> 3] = ((words[i >> 3] as number) << 1) | (bits[i] as number)
  for (let i = bits.length / 8, pad = 0xec; i < room; i++, pad ^= 0xec ^ 0x11) words[i] = pad
  return words
}

/** Galois field 2^8 with x^8 + x^4 + x^3 + x^2 + 1. */
function times(a: number, b: number): number {
  let product = 0
  for (let i = 7; i >= 0; i--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d)
    product ^= ((b >> i) & 1) * a
  }
  return product
}

function generator(degree: number): number[] {
  let polynomial = [1]
  for (let i = 0, root = 1; i < degree; i++, root = times(root, 2)) {
    const next = [...polynomial, 0]
    for (let j = 0; j < polynomial.length; j++)
      next[j + 1] = (next[j + 1] as number) ^ times(polynomial[j] as number, root)
    polynomial = next
  }
  return polynomial.slice(1)
}

function remainder(data: Uint8Array, divisor: readonly number[]): number[] {
  const rest = divisor.map(() => 0)
  for (const word of data) {
    const factor = word ^ (rest.shift() as number)
    rest.push(0)
    for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) ^ times(divisor[i] as number, factor)
  }
  return rest
}

function interleave(data: Uint8Array, blocks: number, eccWords: number): number[] {
  const divisor = generator(eccWords)
  const short = Math.floor(data.length / blocks)
  const long = data.length % blocks
  const parts: Uint8Array[] = []
  for (let i = 0, at = 0; i < blocks; i++) {
    const length = short + (i >= blocks - long ? 1 : 0)
    parts.push(data.subarray(at, at + length))
    at += length
  }
  const words: number[] = []
  for (let i = 0; i <= short; i++) for (const part of parts) if (i < part.length) words.push(part[i] as number)
  const ecc = parts.map(part => remainder(part, divisor))
  for (let i = 0; i < eccWords; i++) for (const part of ecc) words.push(part[i] as number)
  return words
}

interface Frame {
  readonly version: number
  readonly size: number
  readonly dark: Uint8Array
  /** 1 where a function pattern or format information stands. */
  readonly taken: Uint8Array
  readonly free: number
}

function emptyFrame(version: number): Frame {
  const size = 17 + 4 * version
  const dark = new Uint8Array(size * size)
  const taken = new Uint8Array(size * size)
  const set = (x: number, y: number, isDark: boolean): void => {
    if (x < 0 || y < 0 || x >= size || y >= size) return
    dark[y * size + x] = isDark ? 1 : 0
    taken[y * size + x] = 1
  }
  for (let i = 0; i < size; i++) {
    set(i, 6, i % 2 === 0)
    set(6, i, i % 2 === 0)
  }
  for (const [cx, cy] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const) {
    for (let dy = -4; dy <= 4; dy++) {
      for (let dx = -4; dx <= 4; dx++) {
        const ring = Math.max(Math.abs(dx), Math.abs(dy))
        set(cx + dx, cy + dy, ring !== 2 && ring !== 4)
      }
    }
  }
  const centres = alignmentCentres(version)
  for (const cx of centres) {
    for (const cy of centres) {
      if ((cx === 6 && (cy === 6 || cy === size - 7)) || (cx === size - 7 && cy === 6)) continue
      for (let dy = -2; dy <= 2; dy++)
        for (let dx = -2; dx <= 2; dx++) set(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1)
    }
  }
  // Room for format and version information.
  for (let i = 0; i < 9; i++) {
    if (i !== 6) {
      set(i, 8, false)
      set(8, i, false)
    }
    if (i < 8) {
      set(size - 1 - i, 8, false)
      set(8, size - 1 - i, false)
    }
  }
  if (version >= 7) {
    const bits = (version << 12) | bch(version, 12, 0x1f25)
    for (let i = 0; i < 18; i++) {
      const isDark = ((bits >> i) & 1) === 1
      set(size - 11 + (i % 3), Math.floor(i / 3), isDark)
      set(Math.floor(i / 3), size - 11 + (i % 3), isDark)
    }
  }
  return { version, size, dark, taken, free: taken.reduce((count, one) => count + 1 - one, 0) }
}

function alignmentCentres(version: number): number[] {
  if (version === 1) return []
  const count = Math.floor(version / 7) + 2
  const step = Math.ceil((4 * version + 4) / (2 * count - 2)) * 2
  const centres = [6]
  for (let i = count - 2; i >= 0; i--) centres.push(4 * version + 10 - i * step)
  return centres
}

function bch(value: number, bits: number, polynomial: number): number {
  let rest = value
  for (let i = 0; i < bits; i++) rest = (rest << 1) ^ ((rest >> (bits - 1)) & 1 ? polynomial : 0)
  return rest
}

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  x => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
]

function masked(frame: Frame, codewords: readonly number[], level: EccLevel): QrModules {
  const { size, version } = frame
  let best: { dark: Uint8Array; penalty: number } | undefined
  for (const [number, mask] of MASKS.entries()) {
    const dark = frame.dark.slice()
    fill(frame, dark, codewords, mask)
    writeFormat(dark, size, (LEVEL_BITS[level] << 3) | number)
    const penalty = runsAndSquares(dark, size)
    if (best === undefined || penalty < best.penalty) best = { dark, penalty }
  }
  return { version, size, dark: (best as { dark: Uint8Array }).dark }
}

function fill(
  frame: Frame,
  dark: Uint8Array,
  codewords: readonly number[],
  mask: (x: number, y: number) => boolean,
): void {
  const { size, taken } = frame
  let bit = 0
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right = 5
    for (let i = 0; i < size; i++) {
      const y = up ? size - 1 - i : i
      for (const x of [right, right - 1]) {
        if (taken[y * size + x]) continue
        const value = ((codewords[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1
        dark[y * size + x] = value ^ (mask(x, y) ? 1 : 0)
        bit++
      }
    }
  }
}

function writeFormat(dark: Uint8Array, size: number, format: number): void {
  const bits = ((format << 10) | bch(format, 10, 0x537)) ^ 0x5412
  const set = (x: number, y: number, i: number): void => {
    dark[y * size + x] = (bits >> i) & 1
  }
  for (let i = 0; i < 6; i++) set(8, i, i)
  set(8, 7, 6)
  set(8, 8, 7)
  set(7, 8, 8)
  for (let i = 9; i < 15; i++) set(14 - i, 8, i)
  for (let i = 0; i < 8; i++) set(size - 1 - i, 8, i)
  for (let i = 8; i < 15; i++) set(8, size - 15 + i, i)
  dark[(size - 8) * size + 8] = 1
}

/** The two heavier of the standard's four penalties: enough to choose a mask that no decoder stumbles over. */
function runsAndSquares(dark: Uint8Array, size: number): number {
  let penalty = 0
  for (let line = 0; line < size; line++) {
    for (const [start, step] of [
      [line * size, 1],
      [line, size],
    ] as const) {
      for (let i = 1, run = 1; i <= size; i++) {
        if (i < size && dark[start + i * step] === dark[start + (i - 1) * step]) run++
        else {
          if (run >= 5) penalty += run - 2
          run = 1
        }
      }
    }
  }
  for (let y = 1; y < size; y++) {
    for (let x = 1; x < size; x++) {
      const at = y * size + x
      const sum =
        (dark[at] as number) + (dark[at - 1] as number) + (dark[at - size] as number) + (dark[at - size - 1] as number)
      if (sum === 0 || sum === 4) penalty += 3
    }
  }
  return penalty
}
