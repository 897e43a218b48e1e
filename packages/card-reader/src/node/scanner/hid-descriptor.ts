/** Where a HID POS scanner puts its barcodes, out of its report descriptor (USB-IF, Device Class Definition for HID 1.11
 * §6.2.2). Only what page 8C needs: input items of whole bytes, and the bit that says that more follows. */
import { BAR_CODE_SCANNER_PAGE, type HidPosLayout } from './hid-pos.ts'

interface Field {
  readonly reportId: number
  readonly usage: number
  readonly bit: number
  readonly bits: number
  readonly count: number
}

const BYTE_COUNT = 0x0001_003b
const SYMBOLOGY_IDENTIFIER_1 = (BAR_CODE_SCANNER_PAGE << 16) | 0xfb
const DECODED_DATA = (BAR_CODE_SCANNER_PAGE << 16) | 0xfe
const DECODE_DATA_CONTINUED = (BAR_CODE_SCANNER_PAGE << 16) | 0xff

/** The layout that the descriptor gives, null when it describes no barcodes in a form known here. Never throws. */
export function hidPosLayout(descriptor: Uint8Array): HidPosLayout | null {
  const fields = inputFields(descriptor)
  const data = fields.find(({ usage, bits, bit }) => usage === DECODED_DATA && bits === 8 && bit % 8 === 0)
  if (data === undefined) return null
  const beside = (usage: number): Field | undefined =>
    fields.find(field => field.usage === usage && field.reportId === data.reportId)
  const length = beside(BYTE_COUNT)
  if (length === undefined || length.bits !== 8 || length.bit % 8 !== 0) return null
  const symbology = [0, 1, 2].map(i => beside(SYMBOLOGY_IDENTIFIER_1 + i))
  const [first] = symbology
  const inARow = symbology.every((field, i) => field?.bits === 8 && field.bit === (first?.bit ?? 0) + 8 * i)
  const continued = beside(DECODE_DATA_CONTINUED)
  return {
    reportId: data.reportId === 0 ? null : data.reportId,
    length: length.bit / 8,
    symbology: first !== undefined && inARow && first.bit % 8 === 0 ? first.bit / 8 : null,
    data: data.bit / 8,
    dataLength: data.count,
    continued: continued === undefined ? null : { byte: continued.bit >> 3, bit: continued.bit & 7 },
  }
}

/** No input report of a full speed device is longer than 64 bytes; a wide margin stops descriptors that are not. */
const MOST_BITS = 8 * 4096
const MOST_ITEMS = 4096

interface Globals {
  readonly page: number
  readonly reportId: number
  readonly bits: number
  readonly count: number
}

function inputFields(descriptor: Uint8Array): Field[] {
  const fields: Field[] = []
  const ends = new Map<number, number>()
  let globals: Globals = { page: 0, reportId: 0, bits: 0, count: 0 }
  const stack: Globals[] = []
  let usages: number[] = []
  let minimum = 0
  for (let at = 0, items = 0; at < descriptor.length && items < MOST_ITEMS; items++) {
    const prefix = descriptor[at] as number
    if (prefix === 0xfe) {
      at += 3 + (descriptor[at + 1] ?? 0)
      continue
    }
    const size = [0, 1, 2, 4][prefix & 3] as number
    const value = unsigned(descriptor.subarray(at + 1, at + 1 + size))
    at += 1 + size
    const usage = size === 4 ? value : ((globals.page << 16) | value) >>> 0
    switch (prefix & 0xfc) {
      case 0x04:
        globals = { ...globals, page: value & 0xffff }
        break
      case 0x74:
        globals = { ...globals, bits: value }
        break
      case 0x84:
        globals = { ...globals, reportId: value & 0xff }
        break
      case 0x94:
        globals = { ...globals, count: value }
        break
      case 0xa4:
        stack.push(globals)
        break
      case 0xb4:
        globals = stack.pop() ?? globals
        break
      case 0x08:
        usages.push(usage)
        break
      case 0x18:
        minimum = usage
        break
      case 0x28:
        for (let next = minimum; next <= usage && usages.length < 256; next++) usages.push(next)
        break
      case 0x80: {
        const start = ends.get(globals.reportId) ?? (globals.reportId === 0 ? 0 : 8)
        const end = start + globals.bits * globals.count
        if (end > MOST_BITS) return fields
        ends.set(globals.reportId, end)
        fields.push(...spread({ usages, start, globals }))
        usages = []
        break
      }
      case 0x90:
      case 0xb0:
      case 0xa0:
      case 0xc0:
        // Output, feature, collection and its end: they close the local items, and take no room in an input report.
        usages = []
        break
    }
  }
  return fields
}

/** One usage after the other; the last one holds for all that is left (HID 1.11 §6.2.2.8). */
function spread(given: {
  readonly usages: readonly number[]
  readonly start: number
  readonly globals: Globals
}): Field[] {
  const { usages, start, globals } = given
  const { bits, count, reportId } = globals
  return usages.slice(0, count).map((usage, i, used) => ({
    reportId,
    usage,
    bit: start + i * bits,
    bits,
    count: i === used.length - 1 ? count - i : 1,
  }))
}

function unsigned(bytes: Uint8Array): number {
  let value = 0
  for (let i = bytes.length - 1; i >= 0; i--) value = value * 256 + (bytes[i] as number)
  return value
}
