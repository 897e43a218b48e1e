import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { concat, fromHex, utf8 } from '../bytes.ts'
import { generateKey, softwareSigner } from '../crypto/signer.ts'
import { FormatError } from '../error.ts'
import { buildSignedData } from '../pki/signed-data.ts'
import { tlv } from '../tlv.ts'
import { parseCardSecurity } from './card-security.ts'
import { buildCom, parseCom } from './com.ts'
import { buildDg1, parseDg1 } from './dg1.ts'
import { buildDg2, parseDg2 } from './dg2.ts'
import { buildDg3, parseDg3 } from './dg3.ts'
import { buildDg5, buildDg7, parseDg5, parseDg7 } from './dg5-dg7.ts'
import { buildDg11, parseDg11 } from './dg11.ts'
import { buildDg12, parseDg12 } from './dg12.ts'
import { buildDg13, parseDg13 } from './dg13.ts'
import { parseDg14 } from './dg14.ts'
import { parseDg15 } from './dg15.ts'
import { buildDg16, parseDg16 } from './dg16.ts'
import { parseDir } from './dir.ts'
import { FILES, type FileName } from './files.ts'
import { readImageSize, trimImage } from './image.ts'
import { parseSecurityInfos } from './security-infos.ts'
import { buildLdsSecurityObject, buildSod, LDS_SECURITY_OBJECT_OID, parseLdsSecurityObject, parseSod } from './sod.ts'

// Every parser of a card's file, fed with random bytes, with random bytes under its own tag, and with a sound file that
// was changed, cut, doubled or mixed: nothing but FormatError comes out, naming the file and never its contents.

function published(set: 'lds' | 'security-infos', id: string): Uint8Array {
  const url = new URL(`../../../../fixtures/vectors/${set}.json`, import.meta.url)
  const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { cases: readonly { id: string; hex?: string }[] }
  return fromHex(cases.find(each => each.id === id)?.hex ?? '')
}

// A word that stands in every sample with text, and must stand in no message.
const SECRET = 'QUANGTRUNG'
const JPEG = fromHex('FFD8 FFC0000B08001E00140101 1100 FFDA0008010100003F00 A1B2 FFD9')
const CARD_SECURITY = published('security-infos', 'card-security-eac2-ecdh')
const LDS_OBJECT = buildLdsSecurityObject({
  hash: 'sha256',
  dataGroupHashes: new Map([1, 2].map(n => [n, new Uint8Array(32)])),
})
// Nobody checks the signature here, so the certificate need not be the key's.
const { pkcs8 } = generateKey({ kind: 'ec', curve: 'secp256r1' })
const SOD = buildSod(
  await buildSignedData({
    contentType: LDS_SECURITY_OBJECT_OID,
    content: LDS_OBJECT,
    certificate: parseCardSecurity(CARD_SECURITY).signedData.certificates[0]?.raw ?? new Uint8Array(0),
    digest: 'sha256',
    signer: softwareSigner({ pkcs8, algorithm: { kind: 'ecdsa', hash: 'sha256' } }),
  }),
)

const MRZ = [`IDVNM0000000000000000000000<<0`, '0001018M2501017VNM<<<<<<<<<<<2', `${SECRET}<<AN<<<<<<<<<<<<<<<<`]
const parsers: readonly (readonly [FileName, (bytes: Uint8Array) => unknown, Uint8Array])[] = [
  ['EF.COM', parseCom, buildCom({ ldsVersion: '0107', unicodeVersion: '040000', dataGroups: [1, 2, 13, 14, 15] })],
  ['EF.DG1', parseDg1, buildDg1(MRZ)],
  ['EF.DG2', parseDg2, buildDg2({ image: JPEG, format: 'jpeg' })],
  ['EF.DG2', parseDg2, buildDg2({ image: JPEG, format: 'jpeg', encoding: 'iso39794', width: 20, height: 300 })],
  [
    'EF.DG3',
    parseDg3,
    buildDg3([{ position: 2, quality: 1, impressionType: 0, compression: 'wsq', width: 1, height: 1, image: JPEG }]),
  ],
  ['EF.DG5', parseDg5, buildDg5([JPEG])],
  ['EF.DG7', parseDg7, buildDg7([JPEG, JPEG])],
  ['EF.DG11', parseDg11, buildDg11({ nameOfHolder: SECRET, otherNames: [SECRET], dateOfBirth: '19990101' })],
  ['EF.DG12', parseDg12, buildDg12({ issuingAuthority: SECRET, dateOfIssue: '20240101', dateForm: 'bcd' })],
  ['EF.DG13', parseDg13, buildDg13({ fullName: SECRET, personalNumber: '999000000000', parents: [SECRET, SECRET] })],
  ['EF.DG14', parseDg14, published('security-infos', 'dg14-etsi-eac')],
  ['EF.DG15', parseDg15, published('lds', 'dg15-etsi')],
  ['EF.DG16', parseDg16, buildDg16([{ name: SECRET, telephone: '000' }])],
  ['EF.DIR', parseDir, published('lds', 'ef-dir')],
  ['EF.SOD', parseSod, SOD],
  ['EF.SOD', parseLdsSecurityObject, LDS_OBJECT],
  ['EF.CardAccess', bytes => parseSecurityInfos(bytes), published('security-infos', 'card-access-eac2-ecdh')],
  ['EF.CardSecurity', parseCardSecurity, CARD_SECURITY],
]

function refusedOrRead(file: FileName, parse: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    parse(bytes)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    expect(error.facts.file).toBe(file)
    expect(`${error.message} ${JSON.stringify(error.facts)}`).not.toContain(SECRET)
    const { offset = 0 } = error.facts
    expect(offset).toBeGreaterThanOrEqual(0)
    expect(offset).toBeLessThanOrEqual(bytes.length)
  }
}

/** A sound file with bytes replaced, removed, put in or doubled. */
function damaged(sound: Uint8Array, within: number = sound.length): fc.Arbitrary<Uint8Array> {
  const edit = fc.tuple(
    fc.constantFrom('set', 'cut', 'insert', 'double'),
    fc.nat(Math.min(within, sound.length) - 1),
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
  )
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map(edits =>
    edits.reduce<Uint8Array>((bytes, [kind, place, put]) => {
      const at = Math.min(place, bytes.length)
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
      if (kind === 'set') return concat(before, put, after.subarray(put.length))
      if (kind === 'cut') return concat(before, after.subarray(put.length))
      if (kind === 'insert') return concat(before, put, after)
      return concat(before, after.subarray(0, 40), after)
    }, sound),
  )
}

const folder = process.env.CCCD_TEST_DATA ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url))
const REAL: readonly (readonly [FileName, string])[] = [
  ['EF.COM', 'EF_COM.bin'],
  ['EF.SOD', 'EF_SOD.bin'],
  ['EF.DG1', 'Datagroup1.bin'],
  ['EF.DG2', 'Datagroup2.bin'],
  ['EF.DG3', 'Datagroup3.bin'],
  ['EF.DG14', 'Datagroup14.bin'],
  ['EF.DG15', 'Datagroup15.bin'],
]

describe.skipIf(!existsSync(folder))('test data of CCCD_TEST_DATA (skipped where that folder is absent)', () => {
  test.each(REAL)('%s of the BSI reference set, damaged, gives FormatError with the file, or is read', (file, name) => {
    const sound = new Uint8Array(readFileSync(join(folder, 'lds', 'bsi-tr03105-5-2013', name)))
    const parse = parsers.find(([of]) => of === file)?.[1] ?? expect.unreachable()
    fc.assert(
      // Most of a file is picture or signature: half of the damage goes to the first 100 bytes.
      fc.property(fc.oneof(damaged(sound), damaged(sound, 100)), bytes => refusedOrRead(file, parse, bytes)),
      { numRuns: 300 },
    )
  })
})

test.each(parsers)('%s: hostile bytes give FormatError with the file, or are read', (file, parse, sound) => {
  const under = (bytes: Uint8Array) =>
    concat(sound.subarray(0, 1), Uint8Array.of(0x82, bytes.length >> 8, bytes.length), bytes)
  fc.assert(
    fc.property(
      fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }).map(under), damaged(sound)),
      bytes => refusedOrRead(file, parse, bytes),
    ),
    { numRuns: 400 },
  )
})

test.each(parsers)('%s: cut at any place it is refused', (file, parse, sound) => {
  for (let length = 0; length < sound.length; length++) {
    // EF.DIR is a row of objects, so between two of them its end is sound.
    if (file === 'EF.DIR' && length % 11 === 0) continue
    expect(() => parse(sound.subarray(0, length)), `${length}`).toThrow(FormatError)
  }
})

test.each(parsers.filter(([file]) => file !== 'EF.DIR'))('%s: a byte after it is refused', (_, parse, sound) => {
  for (const extra of [0x00, 0xff, 0x90]) {
    expect(() => parse(concat(sound, Uint8Array.of(extra)))).toThrow(FormatError)
  }
})

test('nesting as deep as a file can be neither hangs nor overflows the stack', () => {
  for (const [file, parse] of parsers) {
    const tag = FILES[file].tag ?? 0x30
    for (const inner of [0x30, 0x31, 0xa0, 0xa1]) {
      let bytes: Uint8Array = new Uint8Array(0)
      for (let depth = 0; depth < 3000; depth++)
        bytes = concat(Uint8Array.of(inner, 0x82, bytes.length >> 8, bytes.length), bytes)
      refusedOrRead(file, parse, concat(Uint8Array.of(tag, 0x82, bytes.length >> 8, bytes.length), bytes))
      refusedOrRead(file, parse, concat(Uint8Array.of(tag), new Uint8Array(5000).fill(inner)))
      refusedOrRead(
        file,
        parse,
        new Uint8Array(20000).map((_, i) => (i % 2 ? 0x80 : inner)),
      )
    }
  }
})

function repeated(length: number, part: (i: number) => readonly number[]): Uint8Array {
  const size = part(0).length
  const bytes = new Uint8Array(length - (length % size))
  for (let i = 0; i * size < bytes.length; i++) bytes.set(part(i), i * size)
  return bytes
}

test('a file of 64 KB is parsed or refused in less than a second by each parser', () => {
  const many = new Uint8Array(65000).map((_, i) => [0x30, 0x02, 0x05, 0x00][i % 4] as number)
  for (const [file, parse] of parsers) {
    const bytes = concat(Uint8Array.of(FILES[file].tag ?? 0x31, 0x82, many.length >> 8, many.length & 0xff), many)
    const start = performance.now()
    refusedOrRead(file, parse, bytes)
    expect(performance.now() - start, file).toBeLessThan(1000)
  }
  const scan = concat(JPEG.subarray(0, 20), new Uint8Array(500_000).fill(0xff))
  const start = performance.now()
  trimImage(scan)
  expect(performance.now() - start).toBeLessThan(1000)
})

test('a file of 300 KB made of the smallest parts is parsed or refused in less than three seconds by each parser', () => {
  // Parts that repeat, parts that all differ, and texts: what lists, sets and joined names are made of.
  const parts: readonly ((i: number) => readonly number[])[] = [
    () => [0x5f, 0x0f, 0x00],
    i => [0xdf, 0x80 | ((i >> 7) & 0x7f), i & 0x7f, 0x00],
    i => [0x30, 0x05, 0x02, 0x03, 0x01 + ((i >> 16) & 0x0f), (i >> 8) & 0xff, i & 0xff],
    () => [0x0c, 0x00],
  ]
  const dg13 = [0x02, 0x01, 0x01, 0x06, 0x06, 0x28, 0xd3, 0x16, 0x01, 0x00, 0x08]
  for (const part of parts) {
    const bytes = repeated(300_000, part)
    for (const [file, parse] of parsers) {
      const inner = file === 'EF.DG13' ? tlv(0x30, Uint8Array.from(dg13), tlv(0x31, bytes)) : bytes
      const start = performance.now()
      refusedOrRead(file, parse, tlv(FILES[file].tag ?? 0x31, inner))
      expect(performance.now() - start, file).toBeLessThan(3000)
    }
  }
})

test('hostile pictures give a size or IMAGE_MALFORMED, and trimming never throws nor grows them', () => {
  const jp2 = concat(
    fromHex('0000000C6A5020200D0A870A 00000016'),
    utf8('jp2h'),
    fromHex('0000000E'),
    utf8('ihdr'),
    fromHex('0000001E00000014'),
  )
  const stream = fromHex(
    'FF4FFF51002900000000001400000 01E0000000000000000000000140000001E00000000000000000001070101FF90000A0000000000000001FF93AAFFD9',
  )
  for (const sound of [JPEG, jp2, stream]) {
    fc.assert(
      fc.property(
        fc.oneof(
          damaged(sound),
          fc.uint8Array({ maxLength: 100 }).map(bytes => concat(sound.subarray(0, 12), bytes)),
        ),
        bytes => {
          expect(trimImage(bytes).length).toBeLessThanOrEqual(bytes.length)
          try {
            readImageSize(bytes)
          } catch (error) {
            expect(error).toMatchObject({ name: 'FormatError', code: 'IMAGE_MALFORMED' })
          }
        },
      ),
      { numRuns: 500 },
    )
  }
})

test('a JP2 whose codestream is larger than its header says is refused', () => {
  const honest = concat(
    fromHex('0000000C6A5020200D0A870A 0000001E'),
    utf8('jp2h'),
    fromHex('00000016'),
    utf8('ihdr'),
    fromHex('0000001E00000014 0001 07 07 00 00'),
    fromHex('00000000'),
    utf8('jp2c'),
    fromHex('FF4FFF5100290000000000140000001E000000000000000000000014000000 1E00000000000000000001070101FFD9'),
  )
  expect(readImageSize(honest)).toMatchObject({ width: 20, height: 30 })
  const lying = honest.slice()
  lying[lying.lastIndexOf(0x51) + 6] = 0x7f // the high half of Xsiz
  expect(() => readImageSize(lying)).toThrow(FormatError)
})
