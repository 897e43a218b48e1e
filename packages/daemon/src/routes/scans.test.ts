import { testDocument } from '@cccd/fixtures'
import { formatInsuranceQr } from '@cccd/mrz'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plainSymbol } from '../../../card-reader/src/node/image/testing/card-picture.ts'
import { scanView } from '../readings/scan-view.ts'
import { runTestDesk, type TestDesk } from '../testing/running-desk.ts'

let desk: TestDesk
let token: string
const made = await testDocument()

beforeAll(async () => {
  desk = await runTestDesk()
  token = await desk.token()
})
afterAll(() => desk?.close())

const scan = async (body: object) => (await desk.ask('/v1/scans', { token, body })).json.scan

/** The picture of a QR, as a phone hands it over. */
async function picture(text: string, format: 'png' | 'jpeg' | 'webp'): Promise<Uint8Array> {
  const { width, height, pixels } = plainSymbol(text)
  const image = sharp(Uint8Array.from(pixels), { raw: { width, height, channels: 1 } })
  return new Uint8Array(
    await image.extend({ top: 40, left: 60, bottom: 40, right: 60, background: 'white' })[format]().toBuffer(),
  )
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came.
async function send(bytes: Uint8Array, type: string): Promise<{ status: number; json: any }> {
  const response = await fetch(new URL('/v1/scans/picture', desk.desk.url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    body: bytes as Uint8Array<ArrayBuffer>,
  })
  return { status: response.status, json: await response.json() }
}

const INSURANCE = formatInsuranceQr({
  cardNumber: 'GD4999999000001',
  fullName: 'Trần Thị Thử',
  dateOfBirth: { year: 1990, month: 8, day: 15 },
  sex: 'female',
  address: 'Số 1, Đường Mẫu',
  facility: { provinceDigits: '99', facilityDigits: '001' },
  validFrom: { year: 2026, month: 1, day: 1 },
  validTo: null,
  dateOfIssue: null,
  officeCode: '99999',
})

describe('a scanned text', () => {
  test("of a card's QR gives its values, where they come from, and the keys that open the chip", async () => {
    const view = await scan({ text: made.qr, via: 'serial' })
    expect(view).toMatchObject({
      kind: 'card-qr',
      source: 'qr',
      via: 'serial',
      text: made.qr,
      damage: [],
      findings: [],
    })
    expect(view.values).toContainEqual({ name: 'fullName', value: 'Nguyễn Thị Thử Nghiệm', source: 'qr' })
    expect(view.values).toContainEqual({ name: 'dateOfBirth', value: '15/05/1990', source: 'qr' })
    expect(view.accessKeys).toEqual({ tries: expect.any(Number), can: true })
    expect(view.accessKeys.tries).toBeGreaterThan(1)
  })

  test('of an insurance card is told apart, and opens no chip', async () => {
    const view = await scan({ text: INSURANCE })
    expect(view).toMatchObject({ kind: 'insurance-qr', accessKeys: { tries: 0, can: false } })
    expect(view.values).toContainEqual({ name: 'insuranceCardNumber', value: 'GD4999999000001', source: 'qr' })
    expect(view.insurance).toMatchObject({ benefitLevel: 4, validFrom: '01/01/2026', validTo: null })
  })

  test('of an MRZ with a misread letter is repaired, and the text that comes back is the repaired one', async () => {
    const [first = '', second = '', third = ''] = made.mrzLines
    const damaged = [first, second.replace('0', 'O'), third].join('\r\n')
    const view = await scan({ text: damaged })
    expect(view).toMatchObject({ kind: 'mrz', repair: 'repaired', text: made.mrzLines.join('\n') })
    expect(view.values).toContainEqual({
      name: 'personalNumber',
      value: made.holder.personalNumber,
      source: 'mrz',
    })
  })

  test('that a keyboard lost its separators from says so', async () => {
    const view = await scan({ text: made.qr.replaceAll('|', ''), via: 'wedge' })
    expect(view.damage).toContain('SEPARATORS_LOST')
  })

  test('that is nothing known comes back as it is', async () => {
    const view = await scan({ text: 'https://example.vn/menu' })
    expect(view).toMatchObject({ kind: 'vneid-or-unknown', values: [], accessKeys: { tries: 0, can: false } })
  })

  test('of any characters at all is a scan and no fault', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => {
        expect(scanView(text).kind).toMatch(/^(card-qr|insurance-qr|mrz|vneid-or-unknown)$/)
      }),
    )
  })
})

describe('a picture', () => {
  test.each(['png', 'jpeg', 'webp'] as const)('in %s gives the text of its QR', async format => {
    const { status, json } = await send(await picture(made.qr, format), `image/${format}`)
    expect(status).toBe(200)
    expect(json.texts).toHaveLength(1)
    expect(json.texts[0]).toMatchObject({ kind: 'card-qr', via: 'file', text: made.qr })
  })

  test('without any code gives nothing, and no error', async () => {
    const empty = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'grey' } })
      .png()
      .toBuffer()
    expect(await send(new Uint8Array(empty), 'image/png')).toEqual({ status: 200, json: { texts: [], doubts: [] } })
  })

  test.each([
    ['no picture at all', () => new TextEncoder().encode('<svg onload="alert(1)"/>')],
    ['a picture cut short', async () => (await picture(made.qr, 'png')).subarray(0, 60)],
    ['nothing', () => new Uint8Array()],
  ])('that is %s is PICTURE_UNREADABLE or malformed, never a fault', async (_what, bytes) => {
    const { status, json } = await send(await bytes(), 'image/png')
    expect([400, 422]).toContain(status)
    expect(['PICTURE_UNREADABLE', 'REQUEST_MALFORMED']).toContain(json.error.code)
  })

  test('above 16 MiB is refused', async () => {
    const answer = await send(new Uint8Array((16 << 20) + 1), 'image/png')
    expect([answer.status, answer.json.error.code]).toEqual([413, 'BODY_TOO_LARGE'])
  })

  test.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'application/pdf'])(
    'sent as %s is refused',
    async type => {
      const answer = await send(await picture(made.qr, 'png'), type)
      expect([answer.status, answer.json.error.code]).toEqual([415, 'CONTENT_TYPE_REFUSED'])
    },
  )

  test('many at once are read or told to come again, and none is lost', async () => {
    const bytes = await picture(made.qr, 'png')
    const answers = await Promise.all(Array.from({ length: 12 }, () => send(bytes, 'image/png')))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter(status => status === 200).length).toBeGreaterThanOrEqual(4)
    expect(statuses.every(status => status === 200 || status === 429)).toBe(true)
  })
})
