import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { FIELD_NAMES, type ReadPerson } from '../../person.ts'
import { r4Faults } from '../../testing/fhir-r4.ts'
import { invented } from '../../testing/invented-person.ts'
import { type StandInFhir, startStandInFhir } from '../../testing/stand-in-fhir-server.ts'
import type { Fault } from '../../testing/stand-in-server.ts'
import { connectorsConfigSchema, type FhirConfig } from '../config.ts'
import { explainResultCode } from '../insurance/result-code.ts'
import type { InsuranceAnswered } from '../insurance-answer.ts'
import { fhirBundle } from './bundle.ts'
import { postBundle } from './fhir-server.ts'
import { VERDICT_EXTENSION } from './provenance.ts'
import type { FhirBundle, Patient, Provenance } from './resources.ts'
import { nameParts } from './vietnamese-name.ts'

const config = connectorsConfigSchema.parse({}).fhir
const jpeg = new Uint8Array(readFileSync(new URL('../../../../../fixtures/data/portrait-a.jpg', import.meta.url)))
const jp2 = new Uint8Array(readFileSync(new URL('../../../../../fixtures/data/portrait-a.jp2', import.meta.url)))
const bundleOf = (person: ReadPerson, more: Partial<FhirConfig> = {}, signed?: string): FhirBundle =>
  fhirBundle(person, { config: { ...config, ...more }, portrait: true, ...(signed ? { signed } : {}) })
const patientOf = (person: ReadPerson): Patient => bundleOf(person).entry[0]?.resource as Patient
const told = (bundle: FhirBundle): Provenance[] =>
  bundle.entry.map(({ resource }) => resource).filter(resource => resource.resourceType === 'Provenance')
const withField = (name: 'fullName' | 'dateOfBirth' | 'sex', value: string): ReadPerson => ({
  ...invented(),
  fields: [{ name, value, source: 'chip' }],
})

const insurance: InsuranceAnswered = {
  state: 'answered',
  at: '2026-03-02T01:02:04.000Z',
  askedWith: 'personal-number',
  code: '000',
  ...explainResultCode('000'),
  note: '',
  card: { cardNumber: 'DN4999990000001', insuranceNumber: '9990000001' },
  treatments: 0,
  checks: 0,
}
const full = invented({
  portrait: { format: 'image/jpeg', bytes: jpeg },
  insurance,
  fields: [
    ...invented().fields.filter(({ name }) => name !== 'placeOfResidence'),
    { name: 'placeOfResidence', value: 'Số 1, Đường Thử', source: 'qr' },
    { name: 'insuranceCardNumber', value: 'DN4999990000001', source: 'typed' },
    { name: 'fullName', value: 'TRAN THI THU NGHIEM', source: 'mrz' },
  ],
})

describe('a Vietnamese name', () => {
  test.each([
    ['TRẦN THỊ THỬ NGHIỆM', 'TRẦN', ['THỊ', 'THỬ', 'NGHIỆM']],
    ['Nguyễn An', 'Nguyễn', ['An']],
    ['Tôn Nữ Thị Thử', 'Tôn Nữ', ['Thị', 'Thử']],
    ['CÔNG TẰNG TÔN NỮ BỊA', 'CÔNG TẰNG TÔN NỮ', ['BỊA']],
    ['Tôn Nữ', 'Tôn', ['Nữ']],
    ['  Lê   Thử '.normalize('NFD'), 'Lê', ['Thử']],
  ])('%s: the family name is %s', (name, family, given) => {
    expect(nameParts(name)).toEqual({ family, given })
  })

  test('of one word is not parted', () => {
    expect(nameParts('Thử')).toBeNull()
    expect(patientOf(withField('fullName', 'Thử')).name).toEqual([{ id: 'name', use: 'official', text: 'Thử' }])
  })
})

describe('the FHIR bundle', () => {
  test('of a whole reading is valid by the R4 definitions', () => {
    expect(r4Faults(bundleOf(full, {}, 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln'))).toEqual([])
  })

  test('says the person as the chip does', () => {
    const patient = patientOf(full)
    expect(patient.identifier?.map(({ system, value, use }) => [system, value, use])).toEqual([
      ['http://fhir.hl7.org.vn/core/sid/cccd', '999190000001', 'official'],
      ['http://fhir.hl7.org.vn/core/sid/bhyt', 'DN4999990000001', 'secondary'],
      ['http://fhir.hl7.org.vn/core/sid/bhyt', '9990000001', 'secondary'],
    ])
    expect(patient.name).toEqual([
      { id: 'name', use: 'official', text: 'TRẦN THỊ THỬ NGHIỆM', family: 'TRẦN', given: ['THỊ', 'THỬ', 'NGHIỆM'] },
    ])
    expect(patient.gender).toBe('female')
    expect(patient.birthDate).toBe('1990-08-15')
    expect(patient.address).toEqual([{ id: 'address', use: 'home', text: 'Số 1, Đường Thử' }])
    expect(Buffer.from(patient.photo?.[0]?.data ?? '', 'base64').equals(jpeg)).toBe(true)
  })

  test.each([
    ['15/08/1990', '1990-08-15'],
    ['08/1990', '1990-08'],
    ['1990', '1990'],
    ['00/00/1990', '1990'],
    ['31/02/1990', undefined],
    ['không rõ', undefined],
  ])('born %s is %s', (text, expected) => {
    const patient = patientOf(withField('dateOfBirth', text))
    expect(patient.birthDate).toBe(expected)
    expect(patient._birthDate).toEqual(expected === undefined ? undefined : { id: 'birthDate' })
    // R4 §2.24.0.1, which the package does not anchor.
    if (expected !== undefined) expect(expected).toMatch(/^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/)
  })

  test('a sex that the card does not say is unknown, and one that was not read is absent', () => {
    expect(patientOf(withField('sex', 'male')).gender).toBe('male')
    expect(patientOf(withField('sex', 'unknown')).gender).toBe('unknown')
    expect(patientOf(withField('fullName', 'Lê Thử')).gender).toBeUndefined()
  })

  test('a JPEG 2000 portrait keeps its type', () => {
    const person = invented({ portrait: { format: 'image/jp2', bytes: jp2 } })
    expect(patientOf(person).photo?.[0]?.contentType).toBe('image/jp2')
    expect(r4Faults(bundleOf(person))).toEqual([])
  })

  test('without leave for the portrait has none, by scope and by configuration', () => {
    for (const bundle of [fhirBundle(full, { config, portrait: false }), bundleOf(full, { photo: false })]) {
      expect(bundle.entry[0]?.resource).not.toHaveProperty('photo')
      expect(JSON.stringify(bundle)).not.toContain('"photo"')
    }
  })

  test('each element is told by one Provenance, that of its source', () => {
    const bundle = bundleOf(full)
    const patient = bundle.entry[0]?.resource as Patient
    const ids = [
      ...(patient.identifier ?? []).map(({ id }) => id),
      ...[patient.name?.[0], patient._gender, patient._birthDate, patient.address?.[0], patient.photo?.[0]].map(
        element => element?.id,
      ),
    ]
    const elements = told(bundle).map(({ entity, target }) => [
      entity[0]?.what.display,
      target[0]?.extension?.map(({ valueUri }) => valueUri),
    ])
    expect(elements).toEqual([
      ['Chip thẻ căn cước', ['personalNumber', 'name', 'gender', 'birthDate', 'photo']],
      ['Mã QR in trên thẻ (không ký)', ['address']],
      ['Cổng giám định bảo hiểm y tế', ['insuranceNumberConfirmed']],
      ['Nhân viên nhập tay', ['insuranceCardNumber']],
    ])
    expect(elements.flatMap(([, list]) => list).toSorted()).toEqual(ids.toSorted())
    for (const { target } of told(bundle)) expect(target[0]?.reference).toBe(bundle.entry[0]?.fullUrl)
  })

  test('the verdict stands beside the chip’s elements, and the desk’s signature with it', () => {
    const red: ReadPerson = {
      ...full,
      verdict: { overall: 'failed', colour: 'red', policy: 'hospital', because: ['DG_HASH_DIFFERS', 'NO_ANCHOR'] },
    }
    const [chip, ...others] = told(bundleOf(red, {}, 'a.b.c'))
    expect(chip?.extension).toEqual([
      {
        url: VERDICT_EXTENSION,
        extension: [
          { url: 'overall', valueCode: 'failed' },
          { url: 'colour', valueCode: 'red' },
          { url: 'policy', valueString: 'hospital' },
          { url: 'requestId', valueString: 'r-0000000001' },
          { url: 'because', valueString: 'DG_HASH_DIFFERS' },
          { url: 'because', valueString: 'NO_ANCHOR' },
        ],
      },
    ])
    expect(chip?.policy).toEqual(['urn:x-cccd:policy:hospital'])
    expect(Buffer.from(chip?.signature?.[0]?.data ?? '', 'base64').toString()).toBe('a.b.c')
    for (const other of others)
      expect([other.extension, other.signature, other.policy]).toEqual([undefined, undefined, undefined])
    expect(r4Faults(bundleOf(red, {}, 'a.b.c'))).toEqual([])
  })

  test('asks the server for a patient only where there is none, or to write it anew', () => {
    expect(bundleOf(full).entry[0]?.request).toEqual({
      method: 'POST',
      url: 'Patient',
      ifNoneExist: 'identifier=http://fhir.hl7.org.vn/core/sid/cccd|999190000001',
    })
    expect(bundleOf(full, { patient: 'update' }).entry[0]?.request).toEqual({
      method: 'PUT',
      url: 'Patient?identifier=http://fhir.hl7.org.vn/core/sid/cccd|999190000001',
    })
    expect(bundleOf(withField('fullName', 'Lê Thử')).entry[0]?.request).toEqual({ method: 'POST', url: 'Patient' })
  })

  test('is the same each time, and another for another reading', () => {
    expect(JSON.stringify(bundleOf(full))).toBe(JSON.stringify(bundleOf(full)))
    const urls = new Set([full, { ...full, requestId: 'r-2' }].flatMap(p => bundleOf(p).entry.map(e => e.fullUrl)))
    expect(urls.size).toBe(10)
    for (const url of urls)
      expect(url).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  test('of any reading is valid by the R4 definitions', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('1990', '08/1990', 'male', '999190000001'))
    const field = fc.record({
      name: fc.constantFrom(...FIELD_NAMES),
      value: text,
      source: fc.constantFrom(
        'chip' as const,
        'mrz' as const,
        'qr' as const,
        'insurance-gateway' as const,
        'typed' as const,
      ),
    })
    fc.assert(
      fc.property(fc.array(field, { maxLength: 12 }), fc.array(fc.string({ minLength: 1 })), (fields, because) => {
        const person = invented({
          fields,
          verdict: { overall: 'undetermined', colour: 'yellow', policy: 'p', because },
        })
        const bundle = bundleOf(person)
        expect(r4Faults(bundle)).toEqual([])
        // R4 §2.24.0.1, which the package does not look at: no controls in a string, and none that is empty.
        const patient = bundle.entry[0]?.resource
        expect(JSON.stringify(patient)).not.toMatch(/\\u|\\[bfnrt]|""/)
      }),
      { numRuns: 200 },
    )
  })

  test('the judge itself bites: a wrong code, a missing member, an unknown one, a list that is none', () => {
    const bundle = bundleOf(full)
    const [first, ...rest] = bundle.entry
    const spoil = (change: object): unknown => ({
      ...bundle,
      entry: [{ ...first, resource: { ...first?.resource, ...change } }, ...rest],
    })
    for (const change of [
      { gender: 'weiblich' },
      { nome: 1 },
      { name: 'x' },
      { identifier: [{ use: 'best' }] },
      { _gender: { value: 1 } },
    ])
      expect(r4Faults(spoil(change)).length).toBeGreaterThan(0)
    const headless = { ...bundle, entry: [first, { ...rest[0], resource: { ...rest[0]?.resource, agent: undefined } }] }
    expect(r4Faults(JSON.parse(JSON.stringify(headless))).length).toBeGreaterThan(0)
  })
})

describe('posting to a FHIR server', () => {
  let standIn: StandInFhir
  beforeAll(async () => {
    standIn = await startStandInFhir('s3cret-token')
  })
  afterEach(() => standIn.heal())
  afterAll(() => standIn.stop())

  const post = (bundle = bundleOf(full), token = 's3cret-token', timeoutMs = 5000) =>
    postBundle(bundle, { server: { url: `${standIn.url}/fhir`, plainHttp: false, timeoutMs }, token })

  test('a patient is created once, and its Provenances with each reading', async () => {
    const receipt = await post()
    expect(receipt.entries[0]).toEqual({ status: '201 Created', location: 'Patient/1/_history/1' })
    expect(receipt.entries).toHaveLength(5)
    const again = await post(bundleOf({ ...full, requestId: 'r-2' }))
    expect(again.entries[0]).toEqual({ status: '200 OK', location: 'Patient/1/_history/1' })
    expect(standIn.patients).toHaveLength(1)
    expect(standIn.provenances()).toBe(8)
  })

  const faults: [string, Fault, string][] = [
    ['silence', { kind: 'silent' }, 'CONNECTOR_TIMEOUT'],
    ['a slow body', { kind: 'slow-body' }, 'CONNECTOR_TIMEOUT'],
    ['a reset', { kind: 'reset' }, 'CONNECTOR_UNREACHABLE'],
    ['an answer that breaks off', { kind: 'cut' }, 'CONNECTOR_UNREACHABLE'],
    ['an endless answer', { kind: 'huge', bytes: 9_000_000 }, 'CONNECTOR_REPLY_MALFORMED'],
    ['a redirect', { kind: 'redirect', to: 'http://127.0.0.1:1/' }, 'CONNECTOR_REPLY_MALFORMED'],
    ['500', { kind: 'answer', answer: { status: 500, body: {} } }, 'CONNECTOR_SERVER_FAILED'],
    ['HTML', { kind: 'answer', answer: { body: '<p>', contentType: 'text/html' } }, 'CONNECTOR_REPLY_MALFORMED'],
    [
      'another resource',
      { kind: 'answer', answer: { body: { resourceType: 'Patient' } } },
      'CONNECTOR_REPLY_MALFORMED',
    ],
    [
      'too few entries',
      { kind: 'answer', answer: { body: { resourceType: 'Bundle', type: 'transaction-response', entry: [] } } },
      'CONNECTOR_REPLY_MALFORMED',
    ],
  ]
  test.each(faults)('%s is an error that says so', async (_, fault, code) => {
    standIn.fail(fault)
    const timeoutMs = code === 'CONNECTOR_TIMEOUT' ? 300 : 5000
    await expect(post(bundleOf(full), 's3cret-token', timeoutMs)).rejects.toMatchObject({ code })
  })

  test('a wrong token is refused, and no error tells the token or what the server quoted of the person', async () => {
    const wrong = await post(bundleOf(full), 'wr0ng-token').catch((error: unknown) => error)
    expect(wrong).toMatchObject({ code: 'CONNECTOR_REFUSED', facts: { httpStatus: 401 } })
    const spoilt = { ...bundleOf(full), type: 'whatever' } as unknown as FhirBundle
    const quoted = await post(spoilt).catch((error: unknown) => error)
    expect(quoted).toMatchObject({ code: 'CONNECTOR_REFUSED', facts: { httpStatus: 422 } })
    for (const error of [wrong, quoted]) {
      const { message, facts, stack } = error as Error & { facts: unknown }
      for (const secret of ['999190000001', 'NGHIỆM', 'token', '127.0.0.1'])
        expect(`${message}${JSON.stringify(facts)}${stack?.split('\n')[0]}`).not.toContain(secret)
    }
  })
})
