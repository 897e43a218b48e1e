import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  buildCom,
  buildDg1,
  buildDg2,
  buildDg3,
  buildDg14,
  buildDg15,
  buildLdsSecurityObject,
  encodeEcSpki,
  encodeRsaSpki,
  importPublicKey,
  parseCom,
  parseDg1,
  parseDg2,
  parseDg3,
  parseDg14,
  parseDg15,
  parseSod,
  toBigInt,
} from '@cccd/card-core'
import { describe, expect, test } from 'vitest'

// The reference data set of BSI TR-03105-5.1 §8.3: its MD5 sums are published, its files are outside of this project. What
// is built again starts from what the parsers say, never from the bytes.

const data = process.env.CCCD_TEST_DATA ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url))
const folder = join(data, 'lds', 'bsi-tr03105-5-2013')
const absent = existsSync(folder) ? '' : 'the folder of CCCD_TEST_DATA is absent'
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)))
const published = (): Readonly<Record<string, string>> => {
  const vectors = new URL('../../../../fixtures/vectors/lds.json', import.meta.url)
  const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as {
    cases: readonly { id: string; md5?: Readonly<Record<string, string>> }[]
  }
  return cases.find(({ id }) => id === 'bsi-reference-data-set-md5')?.md5 ?? {}
}

/** A public key from its numbers. */
function rebuiltKey(spki: Uint8Array): Uint8Array {
  const key = importPublicKey(spki)
  if (key.kind === 'rsa') return encodeRsaSpki(toBigInt(key.modulus), toBigInt(key.exponent))
  return encodeEcSpki(key.curve, key.point, key.explicitParameters ? 'explicit' : 'named')
}

const REBUILT: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  'EF_COM.bin': bytes => buildCom(parseCom(bytes)),
  'Datagroup1.bin': bytes => buildDg1(parseDg1(bytes).mrz.lines),
  'Datagroup2.bin': bytes => {
    const faces = parseDg2(bytes).faces.flatMap(({ format, image, width, height }) =>
      format === 'unknown' || width === undefined || height === undefined ? [] : [{ format, image, width, height }],
    )
    return buildDg2(...faces)
  },
  'Datagroup3.bin': bytes => buildDg3(parseDg3(bytes).fingers),
  'DG14_pk.bin': rebuiltKey,
  'DG15_pk.bin': rebuiltKey,
}

/** What cannot be built again, and why. */
const NOT_REBUILT: Readonly<Record<string, string>> = {
  'Datagroup4.bin': 'irises, which the card does not have: there is no builder',
  'EF_SOD.bin': 'its signature needs the private key of its document signer, which is not published',
  'DG14_sk.pkcs8': 'a private key in a form that we write nowhere',
  'DG15_sk.pkcs8': 'a private key in a form that we write nowhere',
}

describe.skipIf(absent)(`the reference data set${absent && ` (skipped: ${absent})`}`, () => {
  test.each(Object.keys(REBUILT))('%s has its published MD5 sum when it is built again from its content', name => {
    const bytes = REBUILT[name]?.(file(name)) ?? new Uint8Array()
    expect(createHash('md5').update(bytes).digest('hex')).toBe(published()[name])
  })

  test('every file with a published sum is either built again or said to be none that can be', () => {
    const named = [...Object.keys(REBUILT), ...Object.keys(NOT_REBUILT)]
    expect(Object.keys(published()).filter(name => !named.includes(name))).toEqual([])
  })

  test('DG14 and DG15, whose sums are not published, come out as they are', () => {
    expect(buildDg14(parseDg14(file('Datagroup14.bin')))).toEqual(file('Datagroup14.bin'))
    expect(buildDg15(parseDg15(file('Datagroup15.bin')).spki)).toEqual(file('Datagroup15.bin'))
  })

  test('what the SOD signs is built again to the byte', () => {
    const { ldsSecurityObject } = parseSod(file('EF_SOD.bin'))
    expect(buildLdsSecurityObject(ldsSecurityObject)).toEqual(ldsSecurityObject.raw)
  })
})
