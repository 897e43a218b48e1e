import { randomBytes } from 'node:crypto'
import {
  buildSecurityInfos,
  type CardChannel,
  type CardToolkitError,
  fromHex,
  parseSecurityInfos,
  response,
  run,
  TransportError,
  withStatusHandling,
} from '@cccd/card-core'
import { type ChipOptions, chipChannel, createChip, type Fault } from '@cccd/card-simulator'
import { holders, type TestDocument, testDocument } from '@cccd/fixtures'
import { type AccessKeys, accessKeysFromQr } from '@cccd/mrz'
import { describe, expect, test } from 'vitest'
import { holding, type ReadEvent, type ReadRequest, readDocument } from './index.ts'

const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))

interface Setting {
  readonly chip?: Partial<ChipOptions>
  readonly request?: Partial<ReadRequest>
  readonly faults?: readonly Fault[]
}

function channelTo(given: TestDocument, setting: Setting = {}) {
  const chip = createChip(given.document, { access: given.access, random, ...setting.chip })
  return chipChannel(chip, setting.faults ? { faults: setting.faults } : {})
}

function keysOf(given: TestDocument): { readonly can: string; readonly mrz: AccessKeys; readonly both: AccessKeys } {
  const { can, bacKey } = given.document.secrets
  if (can === undefined || !bacKey) throw new Error('the document has no keys')
  return { can, mrz: { bac: [bacKey] }, both: { can, bac: [bacKey] } }
}

async function read(
  given: TestDocument,
  accessKeys: AccessKeys,
  setting: Setting = {},
  channel: CardChannel = channelTo(given, setting),
) {
  const events: ReadEvent[] = []
  const observe = (event: ReadEvent): void => void events.push(event)
  const work = run(
    readDocument({ accessKeys, random, observe, files: ['EF.SOD', 'EF.COM', 'EF.DG1'], ...setting.request }),
    withStatusHandling(channel),
  )
  return work.then(
    result => ({ ...result, events, error: undefined }),
    (error: CardToolkitError) => ({ files: {}, evidence: undefined, events, error }),
  )
}

const plain = await testDocument()
const bacOnly = await testDocument({ access: ['BAC'] })
const keys = keysOf(plain)
const WRONG = { documentNumber: '000000000', dateOfBirth: '000101', dateOfExpiry: '250101' }

describe('a card that answers only BAC', () => {
  test.each(Object.entries(holders))('opens with the QR text of %s alone', async (_, holder) => {
    const given = await testDocument({ holder, access: ['BAC'] })
    const { evidence, error } = await read(given, accessKeysFromQr(given.qr))
    expect(error).toBeUndefined()
    expect(evidence?.access).toEqual({ offered: ['BAC'], used: 'BAC', password: 'MRZ' })
  })
  test('asks for an MRZ when there is only a CAN', async () => {
    const { error } = await read(bacOnly, { can: keys.can, bac: [] })
    expect(error).toMatchObject({ code: 'ACCESS_PROTOCOL_MISSING', facts: { remedy: expect.stringContaining('MRZ') } })
  })
  test('is tried with five keys at most, each try told', async () => {
    const seven = Array.from({ length: 7 }, () => WRONG)
    const { error, events } = await read(bacOnly, { bac: seven })
    expect(error).toMatchObject({ code: 'ACCESS_KEY_WRONG', facts: { sw: 0x6300 } })
    expect(events.filter(event => event.kind === 'accessTried')).toHaveLength(5)
    expect(events.at(-1)).toMatchObject({ kind: 'accessRefused', attempt: 5, of: 5 })
  })
  test('is not tried again when one more failure would lock it', async () => {
    const { error, events } = await read(
      bacOnly,
      { bac: [WRONG, WRONG, WRONG, WRONG] },
      { chip: { tries: { bac: 3 } } },
    )
    expect(error).toMatchObject({ code: 'ACCESS_KEY_WRONG', facts: { triesLeft: 1 } })
    expect(events.filter(event => event.kind === 'accessTried')).toHaveLength(2)
  })
})

describe('a card that answers only PACE', () => {
  test('opens with the MRZ too', async () => {
    const { evidence } = await read(plain, keys.mrz, { chip: { access: ['PACE'] } })
    expect(evidence?.access).toMatchObject({ used: 'PACE', password: 'MRZ' })
  })
})

describe('a wrong key', () => {
  test('a wrong CAN is reported with the tries left, and the MRZ is not tried behind it', async () => {
    const channel = channelTo(plain, { chip: { tries: { pace: 5 } } })
    const { error, events } = await read(plain, { ...keys.both, can: '999999' }, {}, channel)
    expect(error).toMatchObject({
      code: 'ACCESS_KEY_WRONG',
      facts: { triesLeft: 4, step: 'PACE: mutual authentication' },
    })
    expect(events).toEqual([
      { kind: 'accessTried', protocol: 'PACE', password: 'CAN', attempt: 1, of: 1 },
      {
        kind: 'accessRefused',
        protocol: 'PACE',
        password: 'CAN',
        attempt: 1,
        of: 1,
        sw: 0x63c4,
        triesLeft: 4,
      },
    ])
    expect(channel.field.state.failures).toEqual({ bac: 0, pace: 1 })
  })
  test('a wrong CAN does not fall back to BAC even where the policy allows a fall', async () => {
    const { error } = await read(
      plain,
      { ...keys.both, can: '999999' },
      { request: { accessPolicy: { allowBacFallback: true } } },
    )
    expect(error).toMatchObject({ code: 'ACCESS_KEY_WRONG' })
  })
  test('a wrong MRZ is reported as a wrong key', async () => {
    expect((await read(plain, { bac: [WRONG] })).error).toMatchObject({ code: 'ACCESS_KEY_WRONG' })
  })
  test('no key at all is told apart from a wrong one', async () => {
    expect((await read(plain, { bac: [] })).error).toMatchObject({ code: 'ACCESS_PROTOCOL_MISSING' })
  })
  test('no message or fact holds the key', async () => {
    const { error } = await read(plain, { can: '314159', bac: [] })
    expect(JSON.stringify([error?.message, error?.facts])).not.toContain('314159')
  })
})

describe('a PACE that breaks', () => {
  const broken = { chip: { paceBroken: 0x6a80 } }
  test('is refused as a downgrade by default', async () => {
    const { error } = await read(plain, keys.both, broken)
    expect(error).toMatchObject({
      code: 'DOWNGRADE_REFUSED',
      facts: { sw: 0x6a80, step: 'PACE: MSE:Set AT' },
      cause: { code: 'STATUS_WORD' },
    })
  })
  test('falls back to BAC when the policy says so by name, and the evidence tells it', async () => {
    const { evidence } = await read(plain, keys.both, {
      ...broken,
      request: { accessPolicy: { allowBacFallback: true } },
    })
    expect(evidence?.access).toEqual({
      offered: ['PACE', 'BAC'],
      used: 'BAC',
      password: 'MRZ',
      downgrade: 'STATUS_WORD at PACE: MSE:Set AT',
    })
  })
  test('is reported as it is when there is only a CAN', async () => {
    const { error } = await read(plain, { can: keys.can, bac: [] }, broken)
    expect(error).toMatchObject({ code: 'STATUS_WORD', facts: { sw: 0x6a80 } })
  })
  test('that the chip offers only with integrated mapping is said so', async () => {
    const infos = parseSecurityInfos(fromHex('31143012060A04007F0007020204040202010202010D'))
    const files = { ...plain.document.files, 'EF.CardAccess': buildSecurityInfos(infos) }
    const given = { ...plain, document: { ...plain.document, files } }
    const { error } = await read(given, keys.both)
    expect(error).toMatchObject({ code: 'ACCESS_PROTOCOL_MISSING', message: expect.stringContaining('integrated') })
  })
  test('hidden by a missing EF.CardAccess shows in the evidence by the signed EF.DG14', async () => {
    const { evidence } = await read(plain, keys.mrz, {
      chip: { access: ['BAC'] },
      request: { files: ['EF.SOD', 'EF.DG14'] },
    })
    expect(evidence?.access).toMatchObject({ offered: ['PACE', 'BAC'], used: 'BAC', downgrade: expect.any(String) })
  })
})

/** The number of commands of the whole session with everything in it. */
async function lengthOfSession(given: TestDocument, accessKeys: AccessKeys): Promise<number> {
  const channel = channelTo(given)
  const { error } = await read(given, accessKeys, { request: { files: ALL } }, channel)
  expect(error).toBeUndefined()
  return channel.field.traffic.apdus
}
const ALL = ['EF.SOD', 'EF.COM', 'EF.DG1', 'EF.DG2', 'EF.DG13', 'EF.DG14', 'EF.DG15'] as const

describe('a card lifted', () => {
  test.each([
    ['PACE', plain, keys.both],
    ['BAC', bacOnly, keys.mrz],
  ] as const)('at any command of a %s session gives CARD_REMOVED and nothing else', async (_, given, accessKeys) => {
    const length = await lengthOfSession(given, accessKeys)
    expect(length).toBeGreaterThan(100)
    for (let at = 0; at < length; at++) {
      const { error } = await read(given, accessKeys, {
        faults: [{ kind: 'removed', at }],
        request: { files: ALL },
      })
      expect(error, `at command ${at}`).toBeInstanceOf(TransportError)
      expect(error?.code, `at command ${at}`).toBe('CARD_REMOVED')
    }
  })
  test('in mid-file is read on from there when it is back', async () => {
    const first = holding()
    const broken = await read(plain, keys.both, {
      faults: [{ kind: 'removed', at: 80 }],
      request: { files: ALL, observe: event => first.observe(event) },
    })
    expect(broken.error?.code).toBe('CARD_REMOVED')
    const before = first.held()['EF.DG2']
    expect(before?.complete).toBe(false)
    const channel = channelTo(plain)
    const again = await read(plain, keys.both, { request: { files: ALL, held: first.held() } }, channel)
    expect(again.files['EF.DG2' as never]).toEqual(plain.document.files['EF.DG2'])
    const started = again.events.find(event => event.kind === 'fileStarted' && event.file === 'EF.DG2')
    expect(started).toEqual({ kind: 'fileStarted', file: 'EF.DG2', from: before?.bytes.length })
    const whole = await lengthOfSession(plain, keys.both)
    expect(channel.field.traffic.apdus).toBeLessThan(whole - 30)
  })
  test('and exchanged for another one gives CHIP_CHANGED', async () => {
    const first = holding()
    await read(plain, keys.both, {
      faults: [{ kind: 'removed', at: 80 }],
      request: { files: ALL, observe: event => first.observe(event) },
    })
    const other = await testDocument({ holder: holders.man })
    const { error } = await read(other, keysOf(other).both, { request: { files: ALL, held: first.held() } })
    expect(error?.code).toBe('CHIP_CHANGED')
  })
})

describe('a chip that answers badly', () => {
  test.each([0, 1])('with %i bytes at any command gives RESPONSE_TOO_SHORT', async count => {
    for (let at = 0; at < 12; at++) {
      const { error } = await read(plain, keys.both, {
        faults: [{ kind: 'answer', at, bytes: new Uint8Array(count) }],
      })
      expect(error?.code, `at command ${at}`).toBe('RESPONSE_TOO_SHORT')
    }
  })
  test('with a wrong MAC gives MAC_WRONG', async () => {
    for (let at = 7; at < 12; at++) {
      const { error } = await read(plain, keys.both, { faults: [{ kind: 'wrongMac', at }] })
      expect(error?.code, `at command ${at}`).toBe('MAC_WRONG')
    }
  })
  test('with a status word in the clear gives SECURE_MESSAGING_LOST', async () => {
    const { error } = await read(plain, keys.both, {
      faults: [{ kind: 'answer', at: 8, bytes: fromHex('6988') }],
    })
    expect(error).toMatchObject({ code: 'SECURE_MESSAGING_LOST', facts: { sw: 0x6988 } })
  })
  test('with rubbish in place of EF.CardAccess is not opened by BAC instead: the file alone is there to judge', async () => {
    for (const text of ['318090', '3184FFFFFFFF', '310302010190', '300302010190'] as const) {
      const { files, error } = await read(plain, keys.both, {
        faults: [{ kind: 'answer', at: 0, bytes: fromHex(`${text}9000`) }],
      })
      expect([text, error]).toEqual([text, undefined])
      expect(Object.keys(files)).toEqual(['EF.CardAccess'])
    }
  })
  test('with no bytes or one for EF.CardAccess gives an error of the toolkit', async () => {
    for (const text of ['9000', '00'] as const) {
      const { error } = await read(plain, keys.both, {
        faults: [{ kind: 'answer', at: 0, bytes: fromHex(text) }],
      })
      expect(error?.code, text).toMatch(/^[A-Z_]+$/)
    }
  })
  test('with nothing at all passes the silence on', async () => {
    const { error } = await read(plain, keys.both, { faults: [{ kind: 'mute', at: 9 }] })
    expect(error?.code).toBe('CARD_MUTE')
  })
})

describe('a file that is not what its header says', () => {
  const withFile = (bytes: Uint8Array): TestDocument => ({
    ...plain,
    document: { ...plain.document, files: { ...plain.document.files, 'EF.DG1': bytes } },
  })
  test('is returned as short as it is when it is cut', async () => {
    const cut = plain.document.files['EF.DG1']?.subarray(0, 50) as Uint8Array
    const { files } = await read(withFile(cut), keys.both)
    expect(files['EF.DG1' as never]).toEqual(cut)
  })
  test('is returned without what follows its data object', async () => {
    const whole = plain.document.files['EF.DG1'] as Uint8Array
    const { files } = await read(withFile(Uint8Array.of(...whole, 0xff, 0xff)), keys.both)
    expect(files['EF.DG1' as never]).toEqual(whole)
  })
  test.each(['6184400000005F1F', '6185010203040500', '618000'])(
    'is returned as its first block when it begins with %s',
    async start => {
      const odd = fromHex(start)
      const { files, error } = await read(withFile(odd), keys.both)
      expect(error).toBeUndefined()
      expect(files['EF.DG1' as never]).toEqual(odd)
    },
  )
})

describe('cancelling', () => {
  test('stops before the next command, wherever the reading is', async () => {
    for (const after of [0, 3, 7, 20]) {
      let count = 0
      const signal = {
        get aborted(): boolean {
          return count >= after
        },
      }
      const inner = channelTo(plain)
      const channel: CardChannel = {
        transmit(command) {
          count++
          return inner.transmit(command)
        },
      }
      const work = run(readDocument({ accessKeys: keys.both, random }), channel, { signal })
      await expect(work).rejects.toMatchObject({ code: 'READ_CANCELLED' })
      expect(inner.field.traffic.apdus).toBe(after)
    }
  })
})

describe('EF.CardAccess', () => {
  test('is found by SELECT where the short file identifier is not known', async () => {
    const inner = channelTo(plain)
    const channel: CardChannel = {
      async transmit(command) {
        if (command.cla === 0 && command.ins === 0xb0 && command.p1 & 0x80) return response(0x6a86)
        return inner.transmit(command)
      },
    }
    const { evidence } = await read(plain, keys.both, {}, channel)
    expect(evidence?.access.used).toBe('PACE')
  })
  test('is looked for once more by SELECT when a CAN is all there is', async () => {
    const inner = channelTo(plain)
    const channel: CardChannel = {
      async transmit(command) {
        if (command.ins === 0xb0 && command.p1 === 0x9c) return response(0x6a82)
        return inner.transmit(command)
      },
    }
    const { evidence } = await read(plain, { can: keys.can, bac: [] }, {}, channel)
    expect(evidence?.access.used).toBe('PACE')
  })
})
