import { concat, equal, fromLatin1, fromUtf8, toBigInt } from './bytes.ts'
import { type ErrorCode, FormatError } from './error.ts'
import { decodeOid, encodeOid } from './oid.ts'
import { tlv } from './tlv.ts'

/** Universal tags of X.690 that the card's files use. */
export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  universalString: 0x1c,
  numericString: 0x12,
  visibleString: 0x1a,
  sequence: 0x30,
  set: 0x31,
} as const

/** One DER element. `raw` is header and value as they stood: hash and compare that, never a re-encoding. */
export interface DerNode {
  /** The one tag byte: class, constructed bit and number (high tag numbers do not occur in these structures). */
  readonly tag: number
  readonly value: Uint8Array
  readonly raw: Uint8Array
  /** Offset from the start of the outermost input. */
  readonly offset: number
}

export interface DerOptions {
  /** The code of the FormatError thrown. */
  readonly code?: ErrorCode
  /** Accept BER indefinite length and non-minimal lengths: real documents have them in the CMS wrapper of EF.SOD,
   * nowhere else (reading.md). The value of an indefinite element excludes its end-of-contents. */
  readonly allowBer?: boolean
  /** Accept definite lengths that are longer than they need be, as some certificates have. */
  readonly allowLongLength?: boolean
}

const MAX_DEPTH = 64

function fail(options: DerOptions, message: string, offset: number, tag?: number): never {
  throw new FormatError(options.code ?? 'DER_MALFORMED', message, tag === undefined ? { offset } : { offset, tag })
}

/** Where an element stands: its value from `start` to `end`, the next element at `next`. */
interface Extent {
  readonly tag: number
  readonly start: number
  readonly end: number
  readonly next: number
}

/** Tag and length at `at`, in bytes that end at `limit`. Strict X.690 DER but for what `options` allow. */
function readExtent(
  bytes: Uint8Array,
  at: number,
  limit: number,
  options: DerOptions,
  base: number,
  depth: number,
): Extent {
  const offset = base + at
  if (at >= limit) fail(options, 'the data end where an element should start', offset)
  const tag = bytes[at] as number
  if ((tag & 0x1f) === 0x1f) fail(options, 'high tag numbers do not occur here', offset, tag)
  if (at + 1 >= limit) fail(options, 'the data end inside a length', offset, tag)
  const first = bytes[at + 1] as number
  let start = at + 2
  let length = first
  if (first === 0x80) {
    if (!options.allowBer || !(tag & 0x20)) fail(options, 'indefinite length is not DER', offset, tag)
    if (depth > MAX_DEPTH) fail(options, 'elements are nested too deep', offset, tag)
    let end = start
    while (end + 1 >= limit || bytes[end] !== 0 || bytes[end + 1] !== 0) {
      if (end >= limit) fail(options, 'an indefinite length has no end', offset, tag)
      end = readExtent(bytes, end, limit, options, base, depth + 1).next
    }
    return { tag, start, end, next: end + 2 }
  }
  if (first > 0x80) {
    const count = first & 0x7f
    if (count > 4) fail(options, 'a length has more than four bytes', offset, tag)
    if (start + count > limit) fail(options, 'the data end inside a length', offset, tag)
    length = 0
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[start++] as number)
    const minimal = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4
    if (minimal !== count && !options.allowBer && !options.allowLongLength)
      fail(options, 'a length is not in its shortest form', offset, tag)
  }
  const end = start + length
  if (end > limit) fail(options, `a length reaches ${end - limit} bytes past the end`, offset, tag)
  return { tag, start, end, next: end }
}

/** Reads the element at `at`. Strict X.690 DER: definite, minimal lengths; see DerOptions for the one exception. */
export function readDer(bytes: Uint8Array, at = 0, options: DerOptions = {}, base = 0): DerNode {
  const { tag, start, end, next } = readExtent(bytes, at, bytes.length, options, base, 0)
  return { tag, value: bytes.subarray(start, end), raw: bytes.subarray(at, next), offset: base + at }
}

/**
 * Walks the elements inside a constructed value; every `read…` checks the tag and moves on. Readers of what is inside
 * share the bytes: a view is cut only for what is handed out, since cutting views is most of the cost of reading.
 */
export class DerReader {
  readonly #bytes: Uint8Array
  /** Offset of `#bytes` in the outermost input. */
  readonly #base: number
  readonly #options: DerOptions
  readonly #end: number
  #at: number

  /** Reads from `at` to `end`, by default all; `base` is where `bytes` start in the outermost input. */
  constructor(bytes: Uint8Array, options: DerOptions = {}, base = 0, at = 0, end: number = bytes.length) {
    this.#bytes = bytes
    this.#options = options
    this.#base = base
    this.#at = at
    this.#end = end
  }

  get done(): boolean {
    return this.#at >= this.#end
  }

  get offset(): number {
    return this.#base + this.#at
  }

  /** The next tag without moving, or undefined at the end. */
  peek(): number | undefined {
    return this.done ? undefined : this.#bytes[this.#at]
  }

  next(): DerNode {
    const at = this.#at
    const { tag, start, end, next } = readExtent(this.#bytes, at, this.#end, this.#options, this.#base, 0)
    this.#at = next
    return {
      tag,
      value: this.#bytes.subarray(start, end),
      raw: this.#bytes.subarray(at, next),
      offset: this.#base + at,
    }
  }

  /** Steps over the next element, whose tag has to be `tag`. */
  #step(tag: number): Extent {
    const at = this.#at
    const extent = readExtent(this.#bytes, at, this.#end, this.#options, this.#base, 0)
    if (extent.tag !== tag) {
      const message = `tag ${extent.tag.toString(16)} stands where ${tag.toString(16)} belongs`
      fail(this.#options, message, this.#base + at, extent.tag)
    }
    this.#at = extent.next
    return extent
  }

  #enter(tag: number): DerReader {
    const { start, end } = this.#step(tag)
    return new DerReader(this.#bytes, this.#options, this.#base, start, end)
  }

  /** Reads the next element and checks its tag. */
  read(tag: number): DerNode {
    const at = this.#at
    const { start, end, next } = this.#step(tag)
    return {
      tag,
      value: this.#bytes.subarray(start, end),
      raw: this.#bytes.subarray(at, next),
      offset: this.#base + at,
    }
  }

  /** Reads the next element only if it has this tag. */
  optional(tag: number): DerNode | undefined {
    return this.peek() === tag ? this.next() : undefined
  }

  /** A reader of the inside of `node`. */
  inside(node: DerNode): DerReader {
    return derInside(node, this.#options)
  }

  sequence(): DerReader {
    return this.#enter(DER.sequence)
  }

  set(): DerReader {
    return this.#enter(DER.set)
  }

  oid(): string {
    const at = this.#at
    const { start, end } = this.#step(DER.oid)
    return oidText(this.#bytes.subarray(start, end), this.#options, this.#base + at)
  }

  /** A small non-negative INTEGER as a number; a larger or negative one throws. */
  smallInteger(): number {
    const at = this.#at
    const { start, end } = this.#step(DER.integer)
    const first = this.#bytes[start] as number
    if (end - start === 1 && first < 0x80) return first
    this.#at = at
    const node = this.next()
    const value = derInteger(node, this.#options)
    if (value < 0n || value > 0x7fffffffn) fail(this.#options, 'an integer is out of range', node.offset, node.tag)
    return Number(value)
  }

  octetString(): Uint8Array {
    const { start, end } = this.#step(DER.octetString)
    return this.#bytes.subarray(start, end)
  }

  /** Throws when anything is left. */
  end(): void {
    if (!this.done) fail(this.#options, `${this.#end - this.#at} bytes follow the last element`, this.offset)
  }
}

/** Reads the one element that fills `bytes`. */
export function parseDer(bytes: Uint8Array, options: DerOptions = {}): DerNode {
  const node = readDer(bytes, 0, options)
  if (node.raw.length !== bytes.length) {
    fail(options, `${bytes.length - node.raw.length} bytes follow the element`, node.raw.length)
  }
  return node
}

/** A reader of the inside of `node`. */
export function derInside(node: DerNode, options: DerOptions = {}): DerReader {
  const header = node.raw[1] === 0x80 ? 2 : node.raw.length - node.value.length
  return new DerReader(node.value, options, node.offset + header)
}

/** The children of a constructed element. */
export function derChildren(node: DerNode, options: DerOptions = {}): DerNode[] {
  const reader = derInside(node, options)
  const children: DerNode[] = []
  while (!reader.done) children.push(reader.next())
  return children
}

/** A signed INTEGER. Empty or non-minimal ones throw unless BER is allowed. */
export function derInteger(node: DerNode, options: DerOptions = {}): bigint {
  const [first, second] = node.value
  if (first === undefined) fail(options, 'an integer is empty', node.offset, node.tag)
  const padded = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
  if (padded && !options.allowBer) fail(options, 'an integer is not in its shortest form', node.offset, node.tag)
  const value = toBigInt(node.value)
  return first >= 0x80 ? value - (1n << BigInt(8 * node.value.length)) : value
}

export function derOidText(node: DerNode, options: DerOptions = {}): string {
  return oidText(node.value, options, node.offset)
}

function oidText(value: Uint8Array, options: DerOptions, offset: number): string {
  try {
    return decodeOid(value)
  } catch {
    return fail(options, 'an object identifier is empty, cut or padded', offset, DER.oid)
  }
}

/** The bytes of a BIT STRING whose unused bits are zero in number, as keys and signatures are. */
export function derBitString(node: DerNode, options: DerOptions = {}): Uint8Array {
  if (node.value[0] !== 0) fail(options, 'a bit string is empty or has unused bits', node.offset, node.tag)
  return node.value.subarray(1)
}

/** Any of the string types as text. */
export function derString(node: DerNode, options: DerOptions = {}): string {
  switch (node.tag) {
    case DER.utf8String:
      try {
        return fromUtf8(node.value)
      } catch {
        return fail(options, 'a UTF8String is not UTF-8', node.offset, node.tag)
      }
    case DER.bmpString: {
      let text = ''
      for (let i = 0; i + 1 < node.value.length; i += 2) {
        text += String.fromCharCode(((node.value[i] as number) << 8) | (node.value[i + 1] as number))
      }
      return text
    }
    case DER.printableString:
    case DER.teletexString:
    case DER.ia5String:
    case DER.numericString:
    case DER.visibleString:
      return fromLatin1(node.value)
    default:
      return fail(options, 'a string type is not known', node.offset, node.tag)
  }
}

// Builders. Each returns one complete element.

export function derSequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tlv(DER.sequence, ...parts)
}

/** SET OF with its members in the order of X.690 §11.6. */
export function derSetOf(...parts: readonly Uint8Array[]): Uint8Array {
  const sorted = [...parts].sort((a, b) => {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number)
    }
    return a.length - b.length
  })
  return tlv(DER.set, ...sorted)
}

/** A non-negative INTEGER. */
export function derUnsigned(value: bigint | number): Uint8Array {
  if (typeof value === 'number' && value >= 0 && value < 0x80 && Number.isInteger(value)) {
    return Uint8Array.of(DER.integer, 1, value)
  }
  const digits = BigInt(value).toString(16)
  const even = digits.length % 2 ? `0${digits}` : digits
  const bytes = Uint8Array.from(even.match(/../g) ?? ['00'], pair => Number.parseInt(pair, 16))
  return (bytes[0] as number) >= 0x80 ? tlv(DER.integer, Uint8Array.of(0), bytes) : tlv(DER.integer, bytes)
}

export function derOid(text: string): Uint8Array {
  let element = knownOids.get(text)
  if (!element) {
    element = tlv(DER.oid, encodeOid(text))
    // What builders write are a few dozen; whatever comes from outside must not grow this.
    if (knownOids.size < 256) knownOids.set(text, element)
  }
  return element.slice()
}

const knownOids = new Map<string, Uint8Array>()

export function derOctetString(bytes: Uint8Array): Uint8Array {
  return tlv(DER.octetString, bytes)
}

export function derBits(bytes: Uint8Array): Uint8Array {
  return tlv(DER.bitString, Uint8Array.of(0), bytes)
}

export function derNull(): Uint8Array {
  return Uint8Array.of(DER.null, 0)
}

/** [number] EXPLICIT around complete elements, or IMPLICIT constructed around the inside of one. */
export function derContext(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return tlv(0xa0 | number, concat(...parts))
}

/** Whether two elements are the same bytes. */
export function derEqual(a: DerNode, b: DerNode): boolean {
  return equal(a.raw, b.raw)
}
