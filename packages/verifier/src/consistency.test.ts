import { buildDg13, type LdsFiles, parseDg13 } from '@cccd/card-core'
import {
  holders,
  signingTimeOf,
  signTestLds,
  testCsca,
  testDocument,
  testDocumentSigner,
  testLds,
} from '@cccd/fixtures'
import { parseCardQr, parseMrz } from '@cccd/mrz'
import { expect, test } from 'vitest'
import { POLICIES } from './policy.ts'
import { because, check, judged, outcome, P256 } from './testing/judge.ts'

const quick = await testDocument({ csca: P256, ds: P256 })
const policies = Object.values(POLICIES)

/** Other files, signed by the usual test authority. */
async function signedAgain(files: LdsFiles) {
  const signingTime = signingTimeOf(quick.holder)
  const csca = await testCsca({ choice: P256 })
  const documentSigner = await testDocumentSigner({ csca, choice: P256, signingTime })
  return await signTestLds(files, { ds: P256 }, { documentSigner, signingTime })
}

test('an expired card is red', async () => {
  const report = judged(await testDocument({ holder: holders.expired, csca: P256, ds: P256 }))
  expect(because(report)).toContain('combined.expiry CARD_EXPIRED')
  expect(report.colour).toBe('red')
})

test('a card is valid through the whole of its last day in Vietnam', () => {
  const at = (text: string) => outcome(judged(quick, { at: new Date(text) }), 'combined.expiry')
  expect(at('2030-05-15T16:59:59Z')).toBe('successful PASSED')
  expect(at('2030-05-15T17:00:00Z')).toBe('failed CARD_EXPIRED')
})

test('print that differs from the chip is red, and the check names the field', () => {
  const cases = [
    [
      '999190012345',
      '999190012346',
      ['combined.qrDg1', 'combined.qrDg13', 'combined.personalNumber'],
      'personalNumber',
    ],
    ['15051990', '16051990', ['combined.qrDg1', 'combined.qrDg13'], 'dateOfBirth'],
    ['10082021', '11082021', ['combined.qrDg13'], 'dateOfIssue'],
    [quick.holder.fullName, 'Lê Văn Khác', ['combined.qrDg1', 'combined.qrDg13'], 'fullName'],
    ['|Nữ|', '|Nam|', ['combined.qrDg1', 'combined.qrDg13'], 'sex'],
    ['999000001', '999000002', ['combined.qrDg13'], 'oldNumber'],
  ] as const
  for (const [from, to, expected, field] of cases) {
    const text = quick.qr.replace(from, to)
    expect(text).not.toBe(quick.qr)
    const report = judged(quick, { printed: { qr: parseCardQr(text) } })
    expect(report.because.map(({ id }) => id)).toEqual(expected)
    expect(check(report, 'combined.qrDg13').detail ?? check(report, 'combined.qrDg1').detail).toBe(field)
    expect(report.colour).toBe('red')
  }
})

test('a typed number that is not that of the chip is red', () => {
  const report = judged(quick, { printed: { personalNumber: '999190012346' } })
  expect(because(report)).toEqual(['combined.personalNumber NUMBER_DIFFERS'])
})

test('a name that lost its marks in a scanner still agrees with DG1, and is open against DG13', () => {
  const text = quick.qr.replace(quick.holder.fullName, 'NGUYEN THI THU NGHIEM')
  expect(text).not.toBe(quick.qr)
  const report = judged(quick, { printed: { qr: parseCardQr(text) }, policy: POLICIES.hospital })
  expect(outcome(report, 'combined.qrDg1')).toBe('successful PASSED')
  expect(outcome(report, 'combined.qrDg13')).toBe('undetermined DIACRITICS_DIFFER')
  expect(report.colour).toBe('green')
})

test('a name in decomposed letters or other case is the same name', () => {
  const { fullName } = quick.holder
  for (const name of [fullName.normalize('NFD'), fullName.toUpperCase(), fullName.replace(' ', '  ')]) {
    const report = judged(quick, { printed: { qr: parseCardQr(quick.qr.replace(fullName, name)) } })
    expect(because(report)).toEqual([])
  }
})

test('nothing printed given is no fault of the card', () => {
  for (const policy of policies) expect(because(judged(quick, { printed: {}, policy }))).toEqual([])
})

test('a printed MRZ that differs is red, and only open when nothing but its optional data differ', () => {
  const [one, two, three] = quick.mrzLines as [string, string, string]
  const name = judged(quick, { printed: { mrz: parseMrz([one, two, three.replace('NGUYEN', 'NGUYAN')]) } })
  expect(outcome(name, 'combined.mrzDg1')).toBe('failed FIELDS_DIFFER')
  expect(check(name, 'combined.mrzDg1').detail).toBe('primaryIdentifier')
  const optional = judged(quick, { printed: { mrz: parseMrz([one, `${two.slice(0, 18)}X${two.slice(19)}`, three]) } })
  expect(outcome(optional, 'combined.mrzDg1')).toBe('undetermined OPTIONAL_DATA_DIFFER')
})

test.each([
  ['another name', { fullName: 'Lê Văn Khác' }, 'combined.dg13Dg1 FIELDS_DIFFER'],
  ['another birth date', { dateOfBirth: '16/05/1990' }, 'combined.dg13Dg1 FIELDS_DIFFER'],
  ['another sex', { sex: 'Nam' }, 'combined.dg13Dg1 FIELDS_DIFFER'],
  ['no expiry where DG1 has one', { dateOfExpiry: 'Không thời hạn' }, 'combined.dg13Dg1 FIELDS_DIFFER'],
  ['another number', { personalNumber: '999190012346' }, 'combined.personalNumber NUMBER_DIFFERS'],
  ['an issue after today', { dateOfIssue: '16/05/2030' }, 'combined.dateOfIssue ISSUED_IN_FUTURE'],
  ['an issue before the birth', { dateOfIssue: '16/05/1989' }, 'combined.dateOfIssue ISSUED_BEFORE_BIRTH'],
] as const)('a DG13 with %s is red, although everything is signed', async (_, changes, expected) => {
  const { files } = testLds()
  const { order, unknown, ...fields } = parseDg13(files['EF.DG13'] as Uint8Array)
  const signed = await signedAgain({ ...files, 'EF.DG13': buildDg13({ ...fields, ...changes }) })
  const report = judged(quick, { files: signed, printed: {} })
  expect(because(report)).toContain(expected)
  expect(report.colour).toBe('red')
})

test('an expiry outside the age rule is told and does not count', async () => {
  const { files } = testLds({ holder: { ...holders.woman, dateOfExpiry: '15/05/2031' } })
  const report = judged(quick, { files: await signedAgain(files), printed: {} })
  expect(outcome(report, 'combined.expiryRule')).toBe('failed EXPIRY_NOT_BY_RULE')
  expect(because(report)).toEqual([])
})
