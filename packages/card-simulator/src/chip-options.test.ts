import { concat, fromHex, generateKey, importPublicKey, parseTlvs, recoverIso9796, tlv, utf8 } from '@cccd/card-core'
import { expect, test } from 'vitest'
import { BAC_KEY, CAN, chipUnderTest, FILES_UNDER_TEST, opened, terminal } from './conformance/card-under-test.ts'
import { inner, seeded, Terminal } from './conformance/terminal.ts'
import { createChip } from './index.ts'

const CAN_RUN = { cipher: 'AES-128', parameterId: 13, secret: utf8(CAN), password: 2 } as const
const SELECT_MF = '00A4000C023F00'

test.each(['6D00', '6982', '6A81', '6A82', '6A86', '6A87'] as const)(
  'a chip that answers %s to SELECT MF still hands out EF.CardAccess',
  selectMf => {
    const t = terminal({ selectMf })
    expect(t.plain(SELECT_MF).sw).toBe(Number.parseInt(selectMf, 16))
    expect(t.plain('00A4020C02011C').sw).toBe(0x9000)
    expect(t.plain('00B0000004').data).toEqual(FILES_UNDER_TEST['EF.CardAccess']?.subarray(0, 4))
  },
)

test('SELECT MF answers 6D00 unless another answer is asked for', () => {
  const chip = createChip({ files: {}, secrets: {} }, { access: ['BAC'], random: seeded('x') })
  expect(new Terminal(chip).plain(SELECT_MF).sw).toBe(0x6d00)
})

test('a chip that knows BAC alone has no EF.CardAccess and refuses PACE', () => {
  const t = terminal({ access: ['BAC'] })
  expect(t.plain('00B09C0000').sw).toBe(0x6a82)
  expect(t.setPace('AES-128', 2, 13).sw).toBe(0x6985)
  t.bac(BAC_KEY)
  expect(t.select('011E').sw).toBe(0x9000)
})

test('a chip that knows PACE alone keeps the application closed in plain and refuses BAC', () => {
  const t = terminal({ access: ['PACE'] })
  expect(t.selectApplication().sw).toBe(0x6982)
  expect(t.plain('0084000008').sw).toBe(0x6985)
  const open = terminal({ access: ['PACE'], applicationBeforePace: 'ok' })
  expect(open.selectApplication().sw).toBe(0x9000)
  const { data } = open.plain('0084000008')
  expect(open.externalAuthenticate(open.bacCryptogram(BAC_KEY, data)).sw).toBe(0x6985)
})

test('PACE that is announced and broken answers the word it was told', () => {
  expect(terminal({ paceBroken: 0x6a88 }).setPace('AES-128', 2, 13).sw).toBe(0x6a88)
})

test('domain parameters in MSE:Set AT can be required or refused', () => {
  expect(terminal({ paceParameterReference: 'required' }).setPace('AES-128', 2).sw).toBe(0x6a80)
  expect(terminal({ paceParameterReference: 'required' }).setPace('AES-128', 2, 13).sw).toBe(0x9000)
  expect(terminal({ paceParameterReference: 'refused' }).setPace('AES-128', 2, 13).sw).toBe(0x6a80)
})

test('a protocol announced on several curves needs the domain parameters named', () => {
  expect(terminal().setPace('AES-128', 2).sw).toBe(0x6a88)
})

test('without extended length every extended APDU answers 6700 and the session is over', () => {
  const t = opened('PACE', { extendedLength: false })
  expect(t.read(0, 1000, 0x10000)).toMatchObject({ sw: 0x6700, protected: false })
  expect(t.select('011E').protected).toBe(false)
})

test('a limit of the response length is told in EF.ATR/INFO and kept', () => {
  const files = { 'EF.DG2': FILES_UNDER_TEST['EF.DG2'] as Uint8Array }
  const chip = createChip(
    { files, secrets: { bacKey: BAC_KEY } },
    { access: ['BAC'], random: seeded('y'), extendedLength: 1000 },
  )
  const t = new Terminal(chip)
  const sizes = parseTlvs(t.plain('00B0810000').data).find(({ tag }) => tag === 0x7f66)
  expect(parseTlvs(sizes?.value as Uint8Array).map(({ value }) => value)).toEqual([fromHex('03E8'), fromHex('03E8')])
  t.bac(BAC_KEY)
  t.select('0102')
  const answer = t.read(0, 5000, 0x10000)
  expect(answer.sw).toBe(0x9000)
  // Four bytes of header and indicator less, then DO 99 and DO 8E, then whole blocks less one byte of padding.
  expect(answer.data).toHaveLength(975)
})

test('a chip that refuses Le on SELECT answers 6700 to it', () => {
  const t = terminal({ refuseLeOnSelect: true })
  expect(t.plain('00A4040C07A000000247100100').sw).toBe(0x6700)
  expect(t.plain('00A4040C07A0000002471001').sw).toBe(0x9000)
})

test.each([
  ['6700', 0x6700],
  ['6Cxx', 0x6ce7],
] as const)('an answer that does not fit is refused with %s where the chip does so', (overlong, sw) => {
  const t = opened('BAC', { overlong })
  t.select('0102')
  expect(t.read(0, 256)).toMatchObject({ sw, protected: true })
  expect(t.read(0, 231).data).toHaveLength(231)
})

test('responses handed out through GET RESPONSE are whole, and keep the session', () => {
  const t = opened('BAC')
  t.select('011E')
  const chip = chipUnderTest({ responseData: '61xx' })
  const read = t.craft({ header: [0x0c, 0xb0, 0, 0], objects: [tlv(0x97, Uint8Array.of(8))] })
  const [first, waiting] = chip.card(t.field.state, read)
  expect(first).toEqual({ data: new Uint8Array(), sw: 0x6100 | (2 + 1 + 16 + 4 + 10) })
  const [more, after] = chip.card(waiting, { cla: 0, ins: 0xc0, p1: 0, p2: 0, ne: first.sw & 0xff })
  expect(t.open(more).data).toEqual(FILES_UNDER_TEST['EF.COM']?.subarray(0, 8))
  expect(after.session?.opened).toBe('BAC')
})

test('a signature longer than a short response comes in two parts under one checksum', () => {
  const key = generateKey({ kind: 'rsa', bits: 2048 })
  const chip = createChip(
    {
      files: FILES_UNDER_TEST,
      secrets: { bacKey: BAC_KEY, activeAuthentication: { pkcs8: key.pkcs8, hash: 'sha1' } },
    },
    { access: ['BAC'], random: seeded('long'), extendedLength: false },
  )
  const t = new Terminal(chip)
  t.bac(BAC_KEY)
  const challenge = fromHex('0102030405060708')
  const first = t.plain(
    t.craft({ header: [0x0c, 0x88, 0, 0], objects: [t.do87(challenge), tlv(0x97, Uint8Array.of(0))] }),
  )
  expect(first.data).toHaveLength(256)
  expect(first.sw).toBe(0x6100 | (4 + 1 + 264 + 4 + 10 - 256))
  const rest = t.plain({ cla: 0, ins: 0xc0, p1: 0, p2: 0, ne: first.sw & 0xff })
  const { data } = t.open({ data: concat(first.data, rest.data), sw: rest.sw })
  expect(recoverIso9796({ publicKey: importPublicKey(key.spki), signature: data, challenge }).valid).toBe(true)
})

test('wrong passwords are counted down, block the chip, and a reset does not help', () => {
  const t = terminal({ tries: { pace: 2 }, failureDelayMs: 100 })
  const wrong = { ...CAN_RUN, secret: utf8('999999') }
  expect(t.pace(wrong).last?.sw).toBe(0x63c1)
  expect(t.field.state.delayMs).toBe(100)
  t.field.reset()
  expect(t.pace(wrong).last?.sw).toBe(0x63c0)
  expect(t.field.state.delayMs).toBe(200)
  t.field.reset()
  expect(t.setPace('AES-128', 2, 13).sw).toBe(0x6983)
})

test('a right password starts the count afresh', () => {
  const t = terminal({ tries: { bac: 2 } })
  t.selectApplication()
  const attempt = (documentNumber: string): number => {
    const { data } = t.plain('0084000008')
    return t.externalAuthenticate(t.bacCryptogram({ ...BAC_KEY, documentNumber }, data)).sw
  }
  expect(attempt('999999999')).toBe(0x63c1)
  expect(attempt(BAC_KEY.documentNumber)).toBe(0x9000)
  expect(attempt('999999999')).toBe(0x63c1)
})

test('a chip may end the session when a closed file is asked for', () => {
  const t = opened('BAC', { closedFileEndsSession: true })
  expect(t.select('0103')).toMatchObject({ sw: 0x6982, protected: true })
  expect(t.select('011E')).toMatchObject({ sw: 0x6985, protected: false })
})

test('the odd READ BINARY can be missing', () => {
  expect(opened('BAC', { oddReadBinary: false }).readOdd(0x1e, fromHex('540100'), 8).sw).toBe(0x6d00)
})

test('a state can be kept and gone back to: the same command gives the same answer twice', () => {
  const t = opened('PACE')
  const { state } = t.field
  const command = t.craft({ header: [0x0c, 0xa4, 0x02, 0x0c], objects: [t.do87(fromHex('011E'))] })
  const chip = createChip({ files: FILES_UNDER_TEST, secrets: {} }, { access: ['PACE'], random: seeded('z') })
  const [first, after] = chip.card(state, command)
  const [second] = chip.card(state, command)
  expect(first).toEqual(second)
  expect(first.sw).toBe(0x9000)
  expect(after.currentFile).toBe('EF.COM')
  expect(state.currentFile).toBeUndefined()
  expect(chip.card(after, command)[0].sw).toBe(0x6988)
})

test('the nonce of PACE is 16 bytes under the password, and its text never shows in an answer', () => {
  const { nonce } = terminal().pace({ ...CAN_RUN, until: 'mapping' })
  expect(inner(nonce.data, 0x80)).toHaveLength(16)
})
