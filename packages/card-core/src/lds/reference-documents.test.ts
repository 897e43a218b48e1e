import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { equal, toHex } from '../bytes.ts'
import { digest } from '../crypto/hash.ts'
import { importPublicKey } from '../crypto/public-key.ts'
import { parseTlv } from '../tlv.ts'
import { parseBiometricTemplates } from './biometric-template.ts'
import { buildCom, parseCom } from './com.ts'
import { buildDg1, parseDg1 } from './dg1.ts'
import { buildDg2, parseDg2 } from './dg2.ts'
import { buildDg3, parseDg3 } from './dg3.ts'
import { buildDg5, buildDg7, parseDg5, parseDg7 } from './dg5-dg7.ts'
import { buildDg11, parseDg11 } from './dg11.ts'
import { buildDg12, parseDg12 } from './dg12.ts'
import { buildDg14, parseDg14 } from './dg14.ts'
import { buildDg15, parseDg15 } from './dg15.ts'
import { readImageSize, sniffImage } from './image.ts'
import { buildLdsSecurityObject, buildSod, LDS_SECURITY_OBJECT_OID, parseSod } from './sod.ts'

// Whole files from public sources. They are not part of the project: CCCD_TEST_DATA names the folder that holds them.

const folder = process.env.CCCD_TEST_DATA ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url))
const lds = join(folder, 'lds')
const absent = !existsSync(lds)
const file = (...path: readonly string[]) => new Uint8Array(readFileSync(join(lds, ...path)))

describe.skipIf(absent)('test data of CCCD_TEST_DATA (skipped where that folder is absent)', () => {
  const bsi = (name: string) => file('bsi-tr03105-5-2013', name)

  test('BSI: every file has the MD5 sum that TR-03105-5.1 §8.3 prints', () => {
    const vectors = new URL('../../../../fixtures/vectors/lds.json', import.meta.url)
    const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as {
      cases: readonly { id: string; md5?: Readonly<Record<string, string>> }[]
    }
    const sums = cases.find(({ id }) => id === 'bsi-reference-data-set-md5')?.md5 ?? {}
    expect(Object.keys(sums)).toHaveLength(10)
    for (const [name, md5] of Object.entries(sums)) {
      expect({ [name]: createHash('md5').update(bsi(name)).digest('hex') }).toEqual({ [name]: md5 })
    }
  })

  test('BSI: EF.COM and DG1 come out to the byte from the printed MRZ', () => {
    const lines = ['P<D<<MUSTERMANN<<ERIKA<<<<<<<<<<<<<<<<<<<<<<', 'C11T002JM4D<<9608122F2310314<<<<<<<<<<<<<<<4']
    expect(buildDg1(lines)).toEqual(bsi('Datagroup1.bin'))
    expect(parseDg1(bsi('Datagroup1.bin')).mrz).toMatchObject({ lines, findings: [] })
    const com = parseCom(bsi('EF_COM.bin'))
    expect(com).toEqual({ ldsVersion: '0107', unicodeVersion: '040000', dataGroups: [1, 2, 3, 4, 14] })
    expect(buildCom(com)).toEqual(bsi('EF_COM.bin'))
  })

  test('BSI: DG2 is one JPEG 2000 face of the size its record declares, and is built again as it was', () => {
    const { faces } = parseDg2(bsi('Datagroup2.bin'))
    expect(faces).toHaveLength(1)
    const [face] = faces
    expect(face).toMatchObject({ format: 'jpeg2000', encoding: 'iso19794', width: 337, height: 449 })
    if (!face || face.format === 'unknown') return expect.unreachable()
    expect(readImageSize(face.image)).toMatchObject({ format: 'jpeg2000' })
    const { width = 0, height = 0, format, image } = face
    expect(buildDg2({ width, height, format, image })).toEqual(bsi('Datagroup2.bin'))
  })

  test('BSI: DG3 is two WSQ index fingers and is built again as it was', () => {
    const { fingers } = parseDg3(bsi('Datagroup3.bin'))
    expect(fingers.map(({ position, compression }) => [position, compression])).toEqual([
      [2, 'wsq'],
      [7, 'wsq'],
    ])
    for (const { image } of fingers) expect(toHex(image.subarray(0, 2))).toBe('FFA0')
    expect(buildDg3(fingers)).toEqual(bsi('Datagroup3.bin'))
  })

  test('BSI: DG4 has the same wrapping, with iris records inside', () => {
    const templates = parseBiometricTemplates(bsi('Datagroup4.bin'), 0x76)
    expect(templates.length).toBeGreaterThan(0)
    for (const { data } of templates) expect(toHex(data.subarray(0, 4))).toBe('49495200')
  })

  test('BSI: DG14 holds the chip authentication key, with explicit parameters of a known curve', () => {
    const infos = parseDg14(bsi('Datagroup14.bin'))
    const key = infos.find(info => info.kind === 'chipAuthenticationPublicKey')
    if (key?.kind !== 'chipAuthenticationPublicKey') return expect.unreachable()
    expect(key.spki).toEqual(bsi('DG14_pk.bin'))
    expect(importPublicKey(key.spki)).toMatchObject({ kind: 'ec', curve: 'brainpoolP224r1', explicitParameters: true })
    expect(buildDg14(infos)).toEqual(bsi('Datagroup14.bin'))
  })

  test('BSI: DG15 holds the active authentication key', () => {
    const { spki } = parseDg15(bsi('Datagroup15.bin'))
    expect(spki).toEqual(bsi('DG15_pk.bin'))
    expect(buildDg15(spki)).toEqual(bsi('Datagroup15.bin'))
  })

  test('BSI: the SOD lists DG1, 2, 3, 14 and 4 with their hashes, and does not list DG15', () => {
    const { signedData, ldsSecurityObject } = parseSod(bsi('EF_SOD.bin'))
    expect(signedData.contentType).toBe(LDS_SECURITY_OBJECT_OID)
    expect(ldsSecurityObject).toMatchObject({ version: 0, hash: 'sha256' })
    expect([...ldsSecurityObject.dataGroupHashes.keys()]).toEqual([1, 2, 3, 14, 4])
    for (const [n, hash] of ldsSecurityObject.dataGroupHashes) {
      expect({ [n]: equal(digest('sha256', bsi(`Datagroup${n}.bin`)), hash) }).toEqual({ [n]: true })
    }
    expect(ldsSecurityObject.dataGroupHashes.has(15)).toBe(false)
  })

  test('BSI: the LDS security object and the SOD around it are built again as they were', () => {
    const sod = bsi('EF_SOD.bin')
    const { ldsSecurityObject } = parseSod(sod)
    expect(buildLdsSecurityObject(ldsSecurityObject)).toEqual(ldsSecurityObject.raw)
    expect(buildSod(parseTlv(sod, 0x77).value)).toEqual(sod)
  })

  const asDg2 = (template: Uint8Array, constructed: boolean) => {
    const inner = (tag: number, value: Uint8Array) => {
      const length = value.length
      return Uint8Array.of(tag >> 8, tag & 0xff, 0x82, length >> 8, length & 0xff, ...value)
    }
    const header = [0xa1, 0x08, 0x87, 0x02, 0x01, 0x01, 0x88, 0x02, 0x00, constructed ? 0x2a : 0x08]
    const bit = inner(0x7f60, Uint8Array.of(...header, ...inner(constructed ? 0x7f2e : 0x5f2e, template)))
    const group = inner(0x7f61, Uint8Array.of(0x02, 0x01, 0x01, ...bit))
    return Uint8Array.of(0x75, 0x82, group.length >> 8, group.length & 0xff, ...group)
  }

  test('ISO 19794-5: the sample gives its JPEG, although it declares JPEG 2000', () => {
    const [face] = parseDg2(asDg2(file('gmrtd-dg2', 'iso19794', 'ISO19794_Test1_Data.bin'), false)).faces
    const jpeg = file('gmrtd-dg2', 'iso19794', 'ISO19794_Test1_Face.jpg')
    expect(face).toMatchObject({ format: 'jpeg', encoding: 'iso19794', width: 148, height: 70, faceImageType: 2 })
    expect(face?.image).toEqual(jpeg)
    expect(readImageSize(jpeg)).toEqual({ format: 'jpeg', width: 148, height: 70 })
  })

  test.each(['ICAO_39794_5_AP_MandFields.dat', 'ICAO_39794_5_AP_AllFields.dat'])(
    'ISO 39794-5: %s gives its picture',
    name => {
      const [face] = parseDg2(asDg2(file('gmrtd-dg2', 'iso39794', name), true)).faces
      expect(face).toMatchObject({ format: 'jpeg2000', encoding: 'iso39794', paddingLength: 0 })
      expect(face?.image).toEqual(file('gmrtd-dg2', 'iso39794', 'ICAO_39794_5_AP_Face.jpg'))
    },
  )

  test.each(['ICAO_39794_5_AP_DG2_MandFields.dat', 'ICAO_39794_5_AP_DG2_AllFields.dat'])(
    'ISO 39794-5: DG2 %s gives its picture',
    name => {
      const [face] = parseDg2(file('gmrtd-dg2', 'test_data', name)).faces
      expect(face?.image).toEqual(file('gmrtd-dg2', 'test_data', 'ICAO_39794_5_AP_DG2_Face.jpg'))
      expect(readImageSize(face?.image as Uint8Array)).toEqual({ format: 'jpeg2000', width: 413, height: 531 })
    },
  )

  test('ISO 39794-5: the DG2 with mandatory fields alone is built again as it was', () => {
    const sample = file('gmrtd-dg2', 'test_data', 'ICAO_39794_5_AP_DG2_MandFields.dat')
    const image = file('gmrtd-dg2', 'test_data', 'ICAO_39794_5_AP_DG2_Face.jpg')
    expect(toHex(buildDg2({ image, format: 'jpeg2000', encoding: 'iso39794' }))).toBe(toHex(sample))
  })

  test.each([
    ['iso19794', 'ISO19794_Test2_Data_InvalidImage.bin', false],
    ['iso39794', 'ICAO_39794_5_AP_MandFields_InvalidImage.dat', true],
  ] as const)('%s: a picture that is none is handed on whole, as unknown', (kind, name, constructed) => {
    const [face] = parseDg2(asDg2(file('gmrtd-dg2', kind, name), constructed)).faces
    expect(face).toMatchObject({ format: 'unknown', paddingLength: 0 })
  })

  test('tsemrtd: DG11 and DG12 with BCD dates are read and built again as they were', () => {
    const dg11 = parseDg11(file('tsemrtd', 'EF_DG11.bin'))
    expect(dg11).toMatchObject({
      nameOfHolder: 'Doe John',
      otherNames: ['William'],
      dateOfBirth: '19700101',
      dateForm: 'bcd',
    })
    expect(buildDg11(dg11)).toEqual(file('tsemrtd', 'EF_DG11.bin'))
    const dg12 = parseDg12(file('tsemrtd', 'EF_DG12.bin'))
    expect(dg12).toMatchObject({ dateOfIssue: '20240101', timeOfPersonalization: '20240101123059', dateForm: 'bcd' })
    expect(buildDg12(dg12)).toEqual(file('tsemrtd', 'EF_DG12.bin'))
  })

  test('tsemrtd: DG5 and DG7 each hold one JPEG 2000 and are built again as they were', () => {
    const portraits = parseDg5(file('tsemrtd', 'EF_DG5.bin'))
    const signatures = parseDg7(file('tsemrtd', 'EF_DG7.bin'))
    expect([...portraits, ...signatures].map(sniffImage)).toEqual(['jpeg2000', 'jpeg2000'])
    expect(buildDg5(portraits)).toEqual(file('tsemrtd', 'EF_DG5.bin'))
    expect(buildDg7(signatures)).toEqual(file('tsemrtd', 'EF_DG7.bin'))
  })

  const kinds = [
    'ecdsa-p256-sha256',
    'ecdsa-p384-sha384',
    'ecdsa-p521-sha512',
    'rsa-2048-sha256',
    'rsa-3072-sha384',
    'rsa-4096-sha512',
  ]
  const synthetic = kinds.map(kind => `johnny-silverhand-${kind}.sod`)

  test.each(synthetic)('synthetic SOD %s: bare CMS is no EF.SOD; in its tag it parses, with one certificate', name => {
    const cms = file('zkr-synthetic', name)
    expect(() => parseSod(cms)).toThrow(expect.objectContaining({ code: 'LDS_MALFORMED' }))
    const { signedData, ldsSecurityObject } = parseSod(buildSod(cms))
    expect(ldsSecurityObject.hash).toBe(/sha\d+/.exec(name)?.[0])
    expect(ldsSecurityObject.dataGroupHashes.size).toBeGreaterThan(0)
    expect(signedData.certificates).toHaveLength(1)
    expect(buildLdsSecurityObject(ldsSecurityObject)).toEqual(ldsSecurityObject.raw)
  })
})
