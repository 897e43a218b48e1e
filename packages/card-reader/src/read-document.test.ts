import { randomBytes } from 'node:crypto'
import { type CardChannel, counted, run, tlv, withStatusHandling } from '@cccd/card-core'
import { type ChipOptions, chipChannel, createChip, type Fault } from '@cccd/card-simulator'
import { type TestDocument, type TestDocumentOptions, testDocument } from '@cccd/fixtures'
import { describe, expect, test } from 'vitest'
import { type ReadEvent, type ReadRequest, type ReadResult, readDocument } from './index.ts'

const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))

interface Setting {
  readonly chip?: Partial<ChipOptions>
  readonly request?: Partial<ReadRequest>
  readonly faults?: readonly Fault[]
}

function channelTo(given: TestDocument, setting: Setting = {}) {
  const chip = createChip(given.document, { access: given.access, random, ...setting.chip })
  return counted(chipChannel(chip, setting.faults ? { faults: setting.faults } : {}))
}

function request(given: TestDocument, overrides: Partial<ReadRequest> = {}): ReadRequest {
  const { can, bacKey } = given.document.secrets
  return {
    accessKeys: { ...(can === undefined ? {} : { can }), bac: bacKey ? [bacKey] : [] },
    random,
    ...overrides,
  }
}

async function read(given: TestDocument, setting: Setting = {}, channel: CardChannel = channelTo(given, setting)) {
  const events: ReadEvent[] = []
  const observe = (event: ReadEvent): void => void events.push(event)
  const result = await run(readDocument(request(given, { observe, ...setting.request })), withStatusHandling(channel))
  return { ...result, events }
}

function expectWhole(given: TestDocument, result: ReadResult): void {
  const { 'EF.CardAccess': _access, ...files } = given.document.files
  const { 'EF.CardAccess': _read, ...got } = result.files
  expect(got).toEqual(files)
}

const plain = await testDocument()

describe('reading a document', () => {
  test('brings every file as it stands on the chip, and the proofs of the chip', async () => {
    const result = await read(plain)
    expect(result.files).toEqual(plain.document.files)
    expect(result.evidence).toMatchObject({
      access: { offered: ['PACE'], used: 'PACE', password: 'CAN', pace: { parameterId: 13, mapping: 'GM' } },
      chipAuthentication: { outcome: 'successful' },
      activeAuthentication: { source: 'reader', response: expect.any(Uint8Array) },
      refusedFiles: [],
    })
    expect(result.secureMessaging?.ended).toBe(false)
  })
  test('goes from what others wait for to the portrait', async () => {
    const { events } = await read(plain)
    const order = events.flatMap(event => (event.kind === 'fileComplete' ? [event.file] : []))
    expect(order).toEqual(['EF.CardAccess', 'EF.SOD', 'EF.DG14', 'EF.COM', 'EF.DG1', 'EF.DG13', 'EF.DG15', 'EF.DG2'])
  })
  test('tells each piece of a file with its offset and the length of the whole', async () => {
    const { events } = await read(plain)
    let at = 0
    for (const event of events) {
      if (event.kind !== 'bytes' || event.file !== 'EF.DG2') continue
      expect(event.offset).toBe(at)
      expect(event.length).toBe(plain.document.files['EF.DG2']?.length)
      at += event.data.length
    }
    expect(at).toBe(plain.document.files['EF.DG2']?.length)
  })
  test('reads only the files that are asked for', async () => {
    const { files } = await read(plain, { request: { files: ['EF.COM', 'EF.DG1'] } })
    expect(Object.keys(files)).toEqual(['EF.COM', 'EF.DG1'])
  })
  test('never asks for the fingerprints by itself', async () => {
    const given = await testDocument({ fingerprints: true })
    const { files, evidence } = await read(given)
    expect(files['EF.DG3']).toBeUndefined()
    expect(evidence.refusedFiles).toEqual([])
  })
  test.each([false, true])('records the refusal of fingerprints that are asked for (session ended: %s)', async ends => {
    const given = await testDocument({ fingerprints: true })
    const { evidence, secureMessaging, files } = await read(given, {
      chip: { closedFileEndsSession: ends },
      request: { files: ['EF.SOD', 'EF.COM', 'EF.DG1', 'EF.DG2', 'EF.DG3'] },
    })
    expect(evidence.refusedFiles).toEqual([{ file: 'EF.DG3', sw: 0x6982 }])
    expect(files['EF.DG2']).toBeDefined()
    if (!ends) expect(secureMessaging?.ended).toBe(false)
  })
  test('takes a card without a portrait as it is', async () => {
    const { holders } = await import('@cccd/fixtures')
    const child = Object.values(holders).find(holder => !holder.portrait)
    if (!child) throw new Error('no holder without a portrait')
    const given = await testDocument({ holder: child })
    const { files, evidence } = await read(given, {
      request: { files: ['EF.COM', 'EF.SOD', 'EF.DG1', 'EF.DG2'] },
    })
    expect(files['EF.DG2']).toBeUndefined()
    expect(evidence.refusedFiles).toEqual([])
  })
  test('uses the challenge of the relying party and says so', async () => {
    const challenge = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
    const { evidence } = await read(plain, { request: { activeAuthentication: { challenge } } })
    expect(evidence.activeAuthentication).toMatchObject({ challenge, source: 'relying-party' })
  })
  test('leaves out chip and active authentication when told so', async () => {
    const { evidence } = await read(plain, { request: { chipAuthentication: false, activeAuthentication: false } })
    expect(evidence.chipAuthentication).toBeUndefined()
    expect(evidence.activeAuthentication).toBeUndefined()
  })
})

describe('every curve and cipher of PACE', () => {
  const curves = [8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]
  test.each(curves)('opens with parameters %i by CAN and by MRZ', async paceParameterId => {
    const given = await testDocument({ paceParameterId })
    const files = ['EF.COM'] as const
    expect((await read(given, { request: { files } })).evidence.access.password).toBe('CAN')
    const mrz = { bac: given.document.secrets.bacKey ? [given.document.secrets.bacKey] : [] }
    const { evidence } = await read(given, { request: { files, accessKeys: mrz } })
    expect(evidence.access).toMatchObject({ used: 'PACE', password: 'MRZ', pace: { parameterId: paceParameterId } })
  })
  test.each(['3DES', 'AES-128', 'AES-192', 'AES-256'] as const)('opens and reads under %s', async paceCipher => {
    const given = await testDocument({ paceCipher })
    expectWhole(given, await read(given))
  })
})

describe('chip authentication', () => {
  const cases: [string, TestDocumentOptions['ca']][] = [
    ['3DES', { cipher: '3DES' }],
    ['AES-256 with a key identifier', { cipher: 'AES-256', keyId: 195n }],
    ['AES-192 on secp521r1, named', { cipher: 'AES-192', curve: 'secp521r1', form: 'named' }],
    ['AES-128 on brainpoolP512r1', { cipher: 'AES-128', curve: 'brainpoolP512r1' }],
  ]
  test.each(cases)('agrees on new keys by %s', async (_, ca) => {
    const given = await testDocument(ca ? { ca } : {})
    const result = await read(given)
    expectWhole(given, result)
    expect(result.evidence.chipAuthentication?.outcome).toBe('successful')
  })
  test('of a chip with another private key fails, and the reading goes on in a new session', async () => {
    const other = await testDocument({ ca: { curve: 'brainpoolP256r1' } })
    const [key] = other.document.secrets.chipAuthentication ?? []
    if (!key) throw new Error('no key')
    const privateKey = Uint8Array.from(key.privateKey)
    privateKey[31] = (privateKey[31] as number) ^ 1
    const secrets = { ...other.document.secrets, chipAuthentication: [{ ...key, privateKey }] }
    const given = { ...other, document: { ...other.document, secrets } }
    const result = await read(given)
    expectWhole(given, result)
    expect(result.evidence.chipAuthentication?.outcome).toBe('failed')
    expect(result.events).toContainEqual({ kind: 'accessReopened', reason: 'chip authentication failed' })
  })
  test('that the chip does not know is recorded as refused', async () => {
    const { chipAuthentication: _none, ...secrets } = plain.document.secrets
    const given = { ...plain, document: { ...plain.document, secrets } }
    const result = await read(given)
    expectWhole(given, result)
    expect(result.evidence.chipAuthentication).toMatchObject({ outcome: 'refused', sw: expect.any(Number) })
  })
  test('as the last thing done is proven by one command more', async () => {
    const { evidence } = await read(plain, { request: { files: ['EF.DG14'] } })
    expect(evidence.chipAuthentication?.outcome).toBe('successful')
  })
})

describe('active authentication', () => {
  test.each([1024, 2048, 3072])('brings the whole signature of an RSA key of %i bits', async aaBits => {
    const given = await testDocument({ aaBits }).catch(() => undefined)
    if (!given) return
    const { evidence } = await read(given)
    expect(evidence.activeAuthentication?.response?.length).toBe(aaBits / 8)
  })
  test('brings r and s of an ECDSA key', async () => {
    const given = await testDocument({ aa: 'ecdsa', aaCurve: 'brainpoolP256r1' })
    const { evidence } = await read(given)
    expect(evidence.activeAuthentication?.response?.length).toBe(64)
  })
  test('hands on no data when the chip refuses', async () => {
    const { activeAuthentication: _none, ...secrets } = plain.document.secrets
    const given = { ...plain, document: { ...plain.document, secrets } }
    const { evidence } = await read(given)
    expect(evidence.activeAuthentication?.response).toBeUndefined()
    expect(evidence.activeAuthentication?.sw).toEqual(expect.any(Number))
  })
})

describe('chips that differ', () => {
  const odd: [string, Partial<ChipOptions>][] = [
    ['refuses SELECT MF with 6982', { selectMf: '6982' }],
    ['refuses SELECT MF with 6A86', { selectMf: '6A86' }],
    ['refuses Le on SELECT and MSE', { refuseLeOnSelect: true }],
    ['answers 6Cxx at the end of a file', { endOfFile: '6Cxx' }],
    ['answers 9000 at the end of a file', { endOfFile: '9000' }],
    ['answers 6700 to what does not fit', { overlong: '6700' }],
    ['answers 6Cxx to what does not fit', { overlong: '6Cxx' }],
    ['hands out data by GET RESPONSE', { responseData: '61xx' }],
    ['wants the domain parameters named', { paceParameterReference: 'required' }],
    ['dislikes the domain parameters named', { paceParameterReference: 'refused' }],
    ['keeps the application closed before PACE', { applicationBeforePace: '6982', access: ['PACE'] }],
    ['has no extended length', { extendedLength: false }],
  ]
  test.each(odd)('a chip that %s is read whole', async (_, chip) => {
    expectWhole(plain, await read(plain, { chip }))
  })
  test.each(odd)('a chip that %s is read whole when extended length is wanted', async (_, chip) => {
    expectWhole(plain, await read(plain, { chip, request: { extendedLength: true } }))
  })
  test.each(odd)('a chip that %s is read whole when told of 65,536 bytes', async (_, chip) => {
    expectWhole(plain, await read(plain, { chip, request: { extendedLength: 0x10000 } }))
  })
})

describe('block sizes', () => {
  test('follow EF.ATR/INFO when extended length is wanted', async () => {
    const { limits } = await read(plain, { chip: { extendedLength: 2048 }, request: { extendedLength: true } })
    expect(limits.maxResponse).toBe(2046)
  })
  test('fall back when the reader was told too much, and are remembered', async () => {
    const { limits, events, ...result } = await read(plain, {
      chip: { extendedLength: false },
      request: { extendedLength: 0x10000 },
    })
    expectWhole(plain, result as ReadResult)
    expect(limits.maxResponse).toBe(256)
    expect(events.some(event => event.kind === 'accessReopened')).toBe(true)
  })
  test.each([
    [40_000, true],
    [40_000, false],
    [70_000, true],
    [70_000, false],
  ])('carry a portrait file of %i bytes past 32 KiB (extended length: %s)', async (dg2Size, extendedLength) => {
    const given = await testDocument({ dg2Size })
    const result = await read(given, { chip: { extendedLength: 0x10000 }, request: { extendedLength } })
    expectWhole(given, result)
  })
})

describe('commands that are not wasted', () => {
  const files = ['EF.COM', 'EF.DG1', 'EF.DG2', 'EF.SOD'] as const
  /** A portrait file of 20 KB; what is in it does not matter to the reader. */
  async function document20(options: TestDocumentOptions = {}): Promise<TestDocument> {
    const p256 = { kind: 'ecdsa', curve: 'secp256r1', hash: 'sha256', form: 'named' } as const
    const given = await testDocument({ ...options, csca: p256, ds: p256 })
    const files = { ...given.document.files, 'EF.DG2': tlv(0x75, new Uint8Array(20_480 - 4)) }
    return { ...given, document: { ...given.document, files } }
  }
  test('a PACE session with a 20 KB portrait takes no command more than its 223-byte blocks and 9 others', async () => {
    const given = await document20()
    const channel = channelTo(given)
    await read(given, { request: { files } }, channel)
    const sod = given.document.files['EF.SOD']?.length ?? 0
    // EF.CardAccess, five of PACE, SELECT, EF.COM, EF.DG1, and 92 blocks of the portrait file.
    expect(channel.counts.apdus).toBe(9 + 92 + Math.ceil(sod / 223))
  })
  test('and 12 in all with extended length', async () => {
    const given = await document20()
    const channel = channelTo(given, { chip: { extendedLength: 0x10000 } })
    await read(given, { request: { files, extendedLength: true } }, channel)
    expect(channel.counts.apdus).toBe(12)
  })
  test('a BAC session takes its 231-byte blocks and 6 others, the look at EF.CardAccess among them', async () => {
    const given = await document20({ access: ['BAC'] })
    const channel = channelTo(given)
    const { bacKey } = given.document.secrets
    await read(given, { request: { files, accessKeys: { bac: bacKey ? [bacKey] : [] } } }, channel)
    const sod = given.document.files['EF.SOD']?.length ?? 0
    expect(channel.counts.apdus).toBe(6 + 89 + Math.ceil(sod / 231))
  })
})
