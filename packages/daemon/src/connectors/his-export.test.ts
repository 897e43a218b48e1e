import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FIELD_NAMES, type ReadPerson } from '../person.ts'
import { invented } from '../testing/invented-person.ts'
import { escapeXml, XML1_FIELDS, type Xml1Field, xml1, xml1Document } from './his-export.ts'
import { explainResultCode } from './insurance/result-code.ts'
import type { InsuranceAnswered, InsuranceCard } from './insurance-answer.ts'

const answered = (code: string, card: InsuranceCard): InsuranceAnswered => ({
  state: 'answered',
  at: '2026-03-02T01:02:04.000Z',
  askedWith: 'personal-number',
  code,
  ...explainResultCode(code),
  note: '',
  card,
  treatments: 0,
  checks: 0,
})
const both: InsuranceCard = {
  cardNumber: 'DN4999990000001',
  facilityCode: '99001',
  validFrom: '01/01/2026',
  validTo: '31/12/2026',
  areaCode: 'K1',
  fiveYearsFrom: '01/01/2029',
  newCardNumber: 'HC4999990000001',
  newFacilityCode: '99002',
  newValidFrom: '01/01/2027',
  newValidTo: '31/12/2027',
}
const born = (value: string): ReadPerson => ({
  ...invented(),
  fields: [{ name: 'dateOfBirth', value, source: 'chip' }],
})

/** Unescapes by an XML reader that is not ours: Python's expat. */
function readBack(document: string): Record<string, string> {
  const script =
    'import sys,json,xml.etree.ElementTree as E\n' +
    'r=E.fromstring(sys.stdin.buffer.read())\n' +
    'print(json.dumps({"root":r.tag,"fields":[[c.tag,c.text or ""] for c in r]}))'
  const run = spawnSync('python3', ['-c', script], { input: document, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
  const { root, fields } = JSON.parse(run.stdout) as { root: string; fields: [string, string][] }
  expect(root).toBe('TONG_HOP')
  expect(fields.map(([name]) => name)).toEqual(XML1_FIELDS)
  return Object.fromEntries(fields.filter(([, text]) => text !== ''))
}

describe('the HIS export', () => {
  test('fills what the card says and nothing else', () => {
    expect(xml1(invented(), {})).toEqual({
      HO_TEN: 'TRẦN THỊ THỬ NGHIỆM',
      SO_CCCD: '999190000001',
      NGAY_SINH: '199008150000',
      GIOI_TINH: '2',
      DIA_CHI: 'Số 1, Đường Thử Nghiệm, Phường Mẫu, Tỉnh Không Có',
    })
  })

  test('the table has its 66 fields, each once', () => {
    expect(XML1_FIELDS).toHaveLength(66)
    expect(new Set(XML1_FIELDS).size).toBe(66)
  })

  test.each([
    ['15/08/1990', '199008150000'],
    ['08/1990', '199008000000'],
    ['1990', '199000000000'],
    ['00/00/1990', '199000000000'],
    ['31/02/1990', undefined],
    ['', undefined],
  ])('born %j is %s', (text, expected) => {
    expect(xml1(born(text), {}).NGAY_SINH).toBe(expected)
  })

  test('sex is 1, 2 or 3, and absent where nothing was read', () => {
    const sex = (value: string): string | undefined =>
      xml1({ ...invented(), fields: [{ name: 'sex', value, source: 'mrz' }] }, {}).GIOI_TINH
    expect(['male', 'female', 'unknown', ''].map(sex)).toEqual(['1', '2', '3', undefined])
  })

  test('the gateway’s card with its dates, facility, area and five years', () => {
    expect(xml1(invented({ insurance: answered('000', both) }), { facilityCode: '99003' })).toMatchObject({
      MA_THE_BHYT: 'DN4999990000001',
      MA_DKBD: '99001',
      GT_THE_TU: '20260101',
      GT_THE_DEN: '20261231',
      MA_KHUVUC: 'K1',
      NAM_NAM_LIEN_TUC: '20290101',
      MA_CSKCB: '99003',
    })
  })

  test('an old card that still counts is joined with the new one, one that has ended is not', () => {
    expect(xml1(invented({ insurance: answered('004', both) }), {})).toMatchObject({
      MA_THE_BHYT: 'DN4999990000001;HC4999990000001',
      MA_DKBD: '99001;99002',
      GT_THE_TU: '20260101;20270101',
      GT_THE_DEN: '20261231;20271231',
    })
    expect(xml1(invented({ insurance: answered('003', both) }), {})).toMatchObject({
      MA_THE_BHYT: 'HC4999990000001',
      GT_THE_TU: '20270101',
    })
    // A new date that is missing keeps its place in the list.
    const { newValidTo, ...open } = both
    expect(newValidTo).toBe('31/12/2027')
    expect(xml1(invented({ insurance: answered('004', open) }), {}).GT_THE_DEN).toBe('20261231;')
  })

  test('a scanned card number counts where the gateway was not asked or was away, ten digits alone do not', () => {
    const scanned = (value: string): ReadPerson => ({
      ...invented(),
      fields: [{ name: 'insuranceCardNumber', value, source: 'qr' }],
    })
    expect(xml1(scanned('DN4999990000001'), {}).MA_THE_BHYT).toBe('DN4999990000001')
    expect(xml1(scanned('9990000001'), {}).MA_THE_BHYT).toBeUndefined()
    const away = {
      state: 'unavailable',
      at: '',
      askedWith: 'insurance-number',
      code: 'CONNECTOR_TIMEOUT',
      vi: '',
      en: '',
    } as const
    expect(xml1({ ...scanned('DN4999990000001'), insurance: away }, {}).MA_THE_BHYT).toBe('DN4999990000001')
    expect(xml1({ ...scanned('DN4999990000001'), insurance: answered('050', {}) }, {}).MA_THE_BHYT).toBe(
      'DN4999990000001',
    )
  })

  test('the document is read back by another XML reader as it was meant', () => {
    const fields = xml1(invented({ insurance: answered('000', both) }), { facilityCode: '99003' })
    expect(readBack(xml1Document(fields))).toEqual(fields)
  })

  test('letters that mean something to XML come back as they were, and nothing breaks out', () => {
    const hostile = `Nguyễn <b>&"O'Neil"</HO_TEN><X>]]>\u0000\u001b\ufffe\ud800 Ω`
    const fields = xml1({ ...invented(), fields: [{ name: 'fullName', value: hostile, source: 'chip' }] }, {})
    expect(readBack(xml1Document(fields))).toEqual({ HO_TEN: `Nguyễn <b>&"O'Neil"</HO_TEN><X>]]> Ω` })
  })

  test('whatever is on a card, the document is well formed', () => {
    const documents = fc.sample(
      fc.array(
        fc.record({
          name: fc.constantFrom(...FIELD_NAMES),
          value: fc.string({ unit: 'binary' }),
          source: fc.constantFrom('chip' as const, 'qr' as const),
        }),
      ),
      150,
    )
    // One process for all: as many roots in one document.
    const all = documents.map(fields => xml1Document(xml1({ ...invented(), fields }, {})).replace(/^<\?.*\n/, ''))
    const script = 'import sys,xml.etree.ElementTree as E\nprint(len(E.fromstring(sys.stdin.buffer.read())))'
    const run = spawnSync('python3', ['-c', script], { input: `<ALL>${all.join('')}</ALL>`, encoding: 'utf8' })
    expect([run.stderr, run.stdout.trim()]).toEqual(['', '150'])
  })

  test('any text is escaped to text that has no markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        expect(escapeXml(text)).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|apos);)/)
      }),
    )
  })

  test('no field has a name that the table does not know', () => {
    const fields = Object.keys(xml1(invented({ insurance: answered('004', both) }), { facilityCode: '99003' }))
    for (const name of fields) expect(XML1_FIELDS).toContain(name as Xml1Field)
  })
})
