import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, toHex } from '../bytes.ts'
import { FormatError } from '../error.ts'
import { type CommandApdu, decodeCommand, encodeCommand, isExtended } from './command.ts'

const head = { cla: 0x00, ins: 0xb0, p1: 0x01, p2: 0x02 }

test.each<[string, CommandApdu, string]>([
  ['case 1', head, '00B00102'],
  ['case 2 short', { ...head, ne: 4 }, '00B0010204'],
  ['case 2 short, all', { ...head, ne: 256 }, '00B0010200'],
  ['case 2 extended', { ...head, ne: 257 }, '00B00102000101'],
  ['case 2 extended, all', { ...head, ne: 65536 }, '00B00102000000'],
  ['case 3 short', { ...head, data: fromHex('AABB') }, '00B0010202AABB'],
  ['case 4 short', { ...head, data: fromHex('AABB'), ne: 1 }, '00B0010202AABB01'],
  ['case 4 extended by its Ne', { ...head, data: fromHex('AABB'), ne: 65536 }, '00B00102000002AABB0000'],
])('%s is written and read as ISO/IEC 7816-3 draws it', (_, command, bytes) => {
  expect(toHex(encodeCommand(command))).toBe(bytes)
  expect(decodeCommand(fromHex(bytes))).toEqual(command)
})

test('data of more than 255 bytes need the extended form, with and without Le', () => {
  const data = new Uint8Array(256)
  expect(toHex(encodeCommand({ ...head, data })).slice(0, 14)).toBe('00B00102000100')
  expect(encodeCommand({ ...head, data })).toHaveLength(7 + 256)
  expect(encodeCommand({ ...head, data, ne: 1 }).slice(-2)).toEqual(Uint8Array.of(0, 1))
  expect([isExtended({ ...head, data }), isExtended({ ...head, ne: 256 })]).toEqual([true, false])
})

test('the longest command is read again', () => {
  const longest = encodeCommand({ ...head, data: new Uint8Array(65535), ne: 65536 })
  expect(longest).toHaveLength(4 + 3 + 65535 + 2)
  expect(decodeCommand(longest)).toMatchObject({ ne: 65536, data: { length: 65535 } })
})

test('a length beyond the extended form is refused', () => {
  for (const ne of [0, -1, 65537]) expect(() => encodeCommand({ ...head, ne })).toThrow(FormatError)
  expect(() => encodeCommand({ ...head, data: new Uint8Array(65536) })).toThrow(FormatError)
})

test.each([
  '',
  '00',
  '00B001',
  '00B0010202AA',
  '00B0010202AABB0102',
  '00B001020000',
  '00B00102000000AA',
  '00B00102000002AA',
])('the bytes %j are no command', bytes => {
  expect(() => decodeCommand(fromHex(bytes))).toThrow(expect.objectContaining({ code: 'APDU_MALFORMED' }))
})

const lengths = fc.oneof(fc.integer({ min: 1, max: 600 }), fc.constantFrom(1, 255, 256, 257, 3000))
const command = fc
  .record({
    header: fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)),
    nc: fc.option(lengths),
    ne: fc.option(fc.oneof(lengths, fc.constant(65536))),
  })
  .map(({ header: [cla, ins, p1, p2], nc, ne }) => ({
    cla,
    ins,
    p1,
    p2,
    ...(nc === null ? {} : { data: new Uint8Array(nc).fill(0xa5) }),
    ...(ne === null ? {} : { ne }),
  }))

test('every command that is written is read again as it was', () => {
  fc.assert(
    fc.property(command, each => {
      expect(decodeCommand(encodeCommand(each))).toEqual(each)
    }),
  )
})

test('bytes that are read as a command mean the same when written, and hostile ones throw FormatError alone', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 30 }),
    fc.uint8Array({ maxLength: 20 }).map(tail => Uint8Array.of(0, 0xb0, 0, 0, 0, 0, ...tail)),
  )
  fc.assert(
    fc.property(bytes, each => {
      try {
        const read = decodeCommand(each)
        expect(decodeCommand(encodeCommand(read))).toEqual(read)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
  )
})
