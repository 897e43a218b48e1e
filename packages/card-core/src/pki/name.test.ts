import { expect, test } from 'vitest'
import { concat, fromHex, utf8 } from '../bytes.ts'
import { DER, derOid, derSequence, derSetOf, parseDer } from '../der.ts'
import { tlv } from '../tlv.ts'
import { readName, sameName } from './name.ts'
import { attribute, name, OID_OF } from './testing/issue-certificate.ts'

const parse = (...rdns: Uint8Array[]) => readName(parseDer(derSequence(...rdns)))
const reference = parse(attribute('C', 'NL'), attribute('O', 'Kingdom of the Netherlands'), attribute('CN', 'CSCA NL'))

test('a name tells its country and reads in its own order', () => {
  expect(reference.country).toBe('NL')
  expect(reference.text).toBe('C=NL, O=Kingdom of the Netherlands, CN=CSCA NL')
  expect(readName(parseDer(name('X', 'vn'))).country).toBe('vn')
  expect(parse(attribute('CN', 'X'))).not.toHaveProperty('country')
})

test.each([
  [
    'in another order',
    [attribute('CN', 'CSCA NL'), attribute('O', 'Kingdom of the Netherlands'), attribute('C', 'NL')],
  ],
  [
    'in other string types',
    [
      attribute('C', 'NL', DER.printableString),
      attribute('O', 'Kingdom of the Netherlands', DER.teletexString),
      attribute('CN', 'CSCA NL', DER.printableString),
    ],
  ],
  [
    'in BMPString',
    [
      attribute('C', 'NL'),
      attribute('O', 'Kingdom of the Netherlands'),
      derSetOf(derSequence(derOid(OID_OF.CN), tlv(DER.bmpString, fromHex('00430053004300410020004E004C')))),
    ],
  ],
  [
    'in other case and blanks',
    [attribute('C', 'nl'), attribute('O', ' KINGDOM  of the netherlands'), attribute('CN', 'csca nl ')],
  ],
  [
    'in one set',
    [
      attribute('C', 'NL'),
      derSetOf(
        derSequence(derOid(OID_OF.O), tlv(DER.utf8String, utf8('Kingdom of the Netherlands'))),
        derSequence(derOid(OID_OF.CN), tlv(DER.utf8String, utf8('CSCA NL'))),
      ),
    ],
  ],
])('the same name %s is the same', (_, rdns) => {
  expect(sameName(reference, parse(...rdns))).toBe(true)
})

test.each([
  ['another country', [attribute('C', 'DE'), attribute('O', 'Kingdom of the Netherlands'), attribute('CN', 'CSCA NL')]],
  ['one attribute less', [attribute('C', 'NL'), attribute('CN', 'CSCA NL')]],
  [
    'a value under another attribute',
    [attribute('C', 'NL'), attribute('CN', 'Kingdom of the Netherlands'), attribute('O', 'CSCA NL')],
  ],
  ['values run together', [attribute('C', 'NL'), attribute('O', 'Kingdom of the Netherlands","2.5.4.3=csca nl')]],
])('a name with %s is another', (_, rdns) => {
  expect(sameName(reference, parse(...rdns))).toBe(false)
})

test('a value that is no string of its type is kept and told, not refused', () => {
  let odd = 0
  const broken = derSequence(
    derSetOf(derSequence(derOid(OID_OF.CN), tlv(DER.utf8String, fromHex('C328')))),
    derSetOf(derSequence(derOid(OID_OF.O), Uint8Array.of(DER.boolean, 1, 0xff))),
  )
  expect(readName(parseDer(broken), {}, () => odd++).text).toBe('CN=Ã(, O=#0101FF')
  expect(odd).toBe(2)
})

test.each([
  ['a set', derSetOf(attribute('C', 'VN'))],
  ['an attribute without value', derSequence(derSetOf(derSequence(derOid(OID_OF.C))))],
  ['an attribute of three', derSequence(derSetOf(derSequence(derOid(OID_OF.C), concat(name('a'), name('b')))))],
])('%s is no name', (_, der) => {
  expect(() => readName(parseDer(der), { code: 'CERTIFICATE_MALFORMED' })).toThrow(
    expect.objectContaining({ code: 'CERTIFICATE_MALFORMED' }),
  )
})
