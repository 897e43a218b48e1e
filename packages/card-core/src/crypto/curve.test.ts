import { createECDH, createPrivateKey, createPublicKey, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concat, fromBigInt, fromHex, toHex, utf8 } from '../bytes.ts'
import { derContext, derOctetString, derOid, derSequence, derUnsigned } from '../der.ts'
import { FormatError } from '../error.ts'
import { decryptCbc, encryptCbc } from './cipher.ts'
import { ecdh, ecdhPoint, ecPublicKey, generateEcKeyPair, mapGeneratorGm, opensslName, validatePoint } from './curve.ts'
import { CURVE_NAMES, type CurveName, curveByParameterId, curveParameters } from './curve-parameters.ts'
import { encodeExplicitParameters, generatorPoint } from './ec-parameters.ts'
import { digest } from './hash.ts'
import { deriveKey, deriveSessionKeys, type SessionCipher } from './kdf.ts'
import { aesCmac, mac8 } from './mac.ts'

const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))
const point = (code: string) => expect.objectContaining({ name: 'FormatError', code })

interface PaceCase {
  readonly id: string
  readonly cipher: SessionCipher
  readonly curve: CurveName
  readonly parameterId: number
  readonly password: string
  readonly mrzInformation?: string
  readonly [value: string]: string | number | undefined
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../fixtures/vectors/pace-gm-ecdh.json', import.meta.url), 'utf8'),
) as {
  pace: PaceCase[]
  secureMessaging: Record<string, string>
  chipAuthentication: Record<string, string> & { curve: CurveName }
}

test.each(vectors.pace)('PACE with generic mapping, $id, comes out value by value', given => {
  const { curve, cipher } = given
  const v = given as unknown as Record<string, string>
  const hex = (name: string): Uint8Array => fromHex(v[name] as string)
  // One source writes a private key with a leading zero byte.
  const scalar = (name: string): Uint8Array => hex(name).slice(-curveParameters(curve).fieldLength)

  expect(curveByParameterId(given.parameterId)).toBe(curve)
  if (given.mrzInformation) expect(toHex(digest('sha1', utf8(given.mrzInformation)))).toBe(given.password)
  const kPi = deriveKey(fromHex(given.password), 3, cipher)
  expect(toHex(kPi)).toBe(v.kPi)
  expect(toHex(decryptCbc({ cipher, key: kPi, data: hex('encryptedNonce') }))).toBe(v.nonce)
  expect(toHex(encryptCbc({ cipher, key: kPi, data: hex('nonce') }))).toBe(v.encryptedNonce)

  expect(toHex(ecPublicKey(curve, scalar('mappingPrivateKeyIfd')))).toBe(v.mappingPublicKeyIfd)
  expect(toHex(ecPublicKey(curve, scalar('mappingPrivateKeyIc')))).toBe(v.mappingPublicKeyIc)
  const shared = ecdhPoint(curve, scalar('mappingPrivateKeyIfd'), hex('mappingPublicKeyIc'))
  expect(toHex(shared)).toBe(v.mappingSharedSecret)
  expect(ecdhPoint(curve, scalar('mappingPrivateKeyIc'), hex('mappingPublicKeyIfd'))).toEqual(shared)
  const generator = mapGeneratorGm(curve, hex('nonce'), shared)
  expect(toHex(generator)).toBe(v.mappedGenerator)

  expect(toHex(ecPublicKey(curve, scalar('ephemeralPrivateKeyIfd'), generator))).toBe(v.ephemeralPublicKeyIfd)
  expect(toHex(ecPublicKey(curve, scalar('ephemeralPrivateKeyIc'), generator))).toBe(v.ephemeralPublicKeyIc)
  const secret = ecdh(curve, scalar('ephemeralPrivateKeyIfd'), hex('ephemeralPublicKeyIc'))
  expect(toHex(secret)).toBe(v.sharedSecret)
  expect(ecdh(curve, scalar('ephemeralPrivateKeyIc'), hex('ephemeralPublicKeyIfd'))).toEqual(secret)

  const keys = deriveSessionKeys(secret, cipher)
  expect([toHex(keys.ksEnc), toHex(keys.ksMac)]).toEqual([v.ksEnc, v.ksMac])
  expect(toHex(mac8({ cipher, key: keys.ksMac, data: hex('tokenInputIfd') }))).toBe(v.tokenIfd)
  expect(toHex(mac8({ cipher, key: keys.ksMac, data: hex('tokenInputIc') }))).toBe(v.tokenIc)
})

test('chip authentication of the EAC 2 worked example comes out value by value', () => {
  const v = vectors.chipAuthentication
  const { curve } = v
  const hex = (name: string): Uint8Array => fromHex(v[name] as string)
  const scalar = (name: string): Uint8Array => hex(name).slice(-32)
  expect(toHex(ecPublicKey(curve, scalar('staticPrivateKeyIc')))).toBe(v.staticPublicKeyIc)
  expect(toHex(ecPublicKey(curve, scalar('ephemeralPrivateKeyIfd')))).toBe(v.ephemeralPublicKeyIfd)
  const secret = ecdh(curve, scalar('ephemeralPrivateKeyIfd'), hex('staticPublicKeyIc'))
  expect(toHex(secret)).toBe(v.sharedSecret)
  // Version 2 puts the chip's nonce between secret and counter (TR-03110-3 A.2.3.2).
  const keys = deriveSessionKeys(concat(secret, hex('nonceIc')), 'AES-128')
  expect([toHex(keys.ksEnc), toHex(keys.ksMac)]).toEqual([v.ksEnc, v.ksMac])
  expect(toHex(aesCmac(keys.ksMac, hex('tokenInput')).slice(0, 8))).toBe(v.tokenIc)
})

test.each(CURVE_NAMES)('the parameters of %s are those that OpenSSL holds under the name', curve => {
  // OpenSSL, given every number, names the curve only when all agree; a point in common shows that they compute alike.
  const scalar = random(curveParameters(curve).fieldLength)
  scalar[0] = 0
  const own = createECDH(opensslName(curve))
  own.setPrivateKey(scalar)
  expect(toHex(ecPublicKey(curve, scalar, generatorPoint(curve)))).toBe(toHex(new Uint8Array(own.getPublicKey())))
  const sec1 = derSequence(derUnsigned(1), derOctetString(scalar), derContext(0, encodeExplicitParameters(curve)))
  const key = createPublicKey(createPrivateKey({ key: Buffer.from(sec1), format: 'der', type: 'sec1' }))
  expect(key.asymmetricKeyDetails?.namedCurve).toBe(opensslName(curve))
  const { n, p, fieldLength, oid } = curveParameters(curve)
  expect(fieldLength).toBe(Math.ceil(p.toString(2).length / 8))
  expect(fieldLength).toBe(Math.ceil(n.toString(2).length / 8))
  // and the object identifier is that of the name
  const named = derSequence(derUnsigned(1), derOctetString(scalar), derContext(0, derOid(oid)))
  const byOid = createPublicKey(createPrivateKey({ key: Buffer.from(named), format: 'der', type: 'sec1' }))
  expect(byOid.asymmetricKeyDetails?.namedCurve).toBe(opensslName(curve))
})

test('the parameter ids 8 to 18 name the eleven curves and others name none', () => {
  const ids = Array.from({ length: 32 }, (_, id) => curveByParameterId(id))
  expect(ids.filter(name => name !== undefined).sort()).toEqual([...CURVE_NAMES].sort())
  expect(ids.slice(0, 8).every(name => name === undefined)).toBe(true)
  expect([curveByParameterId(12), curveByParameterId(16), curveByParameterId(18)]).toEqual([
    'secp256r1',
    'brainpoolP384r1',
    'secp521r1',
  ])
})

test.each(CURVE_NAMES)('both ends agree on %s, on the mapped generator and on the secret over it', curve => {
  const chip = generateEcKeyPair(curve, random)
  const terminal = generateEcKeyPair(curve, random)
  const shared = ecdhPoint(curve, chip.privateKey, terminal.publicKey)
  expect(ecdhPoint(curve, terminal.privateKey, chip.publicKey)).toEqual(shared)
  const { fieldLength } = curveParameters(curve)
  expect(ecdh(curve, chip.privateKey, terminal.publicKey)).toEqual(shared.slice(1, 1 + fieldLength))

  const generator = mapGeneratorGm(curve, random(16), shared)
  const chipKey = generateEcKeyPair(curve, random, generator)
  const terminalKey = generateEcKeyPair(curve, random, generator)
  const secret = ecdh(curve, chipKey.privateKey, terminalKey.publicKey)
  expect(ecdh(curve, terminalKey.privateKey, chipKey.publicKey)).toEqual(secret)
  expect(secret).toHaveLength(fieldLength)
})

test.each(CURVE_NAMES)('a point that is not on %s is refused before it meets a private key', curve => {
  const { fieldLength, p, n } = curveParameters(curve)
  const own = generateEcKeyPair(curve, random)
  const good = own.publicKey
  const wrongY = good.slice()
  wrongY[wrongY.length - 1] = (wrongY[wrongY.length - 1] as number) ^ 1
  const aboveP = concat(Uint8Array.of(4), fromBigInt(p, fieldLength), good.subarray(1 + fieldLength))
  const compressed = concat(Uint8Array.of(2), good.subarray(1, 1 + fieldLength))
  const bad = [
    wrongY,
    aboveP,
    compressed,
    Uint8Array.of(0),
    new Uint8Array(),
    good.slice(1),
    new Uint8Array(good.length),
  ]
  for (const each of bad) {
    expect(() => validatePoint(curve, each)).toThrow(point('POINT_INVALID'))
    expect(() => ecdh(curve, own.privateKey, each)).toThrow(point('POINT_INVALID'))
    expect(() => ecdhPoint(curve, own.privateKey, each)).toThrow(point('POINT_INVALID'))
    expect(() => ecPublicKey(curve, own.privateKey, each)).toThrow(point('POINT_INVALID'))
    expect(() => mapGeneratorGm(curve, random(16), each)).toThrow(point('POINT_INVALID'))
  }
  for (const scalar of [new Uint8Array(fieldLength), fromBigInt(n, fieldLength), own.privateKey.slice(1)]) {
    expect(() => ecdh(curve, scalar, good)).toThrow(point('KEY_MALFORMED'))
    expect(() => ecPublicKey(curve, scalar)).toThrow(point('KEY_MALFORMED'))
  }
})

test('a key of the given randomness is that number, and useless randomness ends instead of hanging', () => {
  const { n } = curveParameters('secp521r1')
  const last = fromBigInt(n - 1n, 66)
  expect(generateEcKeyPair('secp521r1', () => last).privateKey).toEqual(last)
  expect(() => generateEcKeyPair('secp256r1', length => new Uint8Array(length))).toThrow(RangeError)
  expect(() => generateEcKeyPair('secp256r1', length => new Uint8Array(length).fill(0xff))).toThrow(RangeError)
})

test('a mapping that ends at infinity is refused, and a nonce of zero maps to the shared point', () => {
  const curve = 'brainpoolP256r1'
  const { n } = curveParameters(curve)
  const nonce = random(16)
  const s = BigInt(`0x${toHex(nonce)}`)
  const opposite = ecPublicKey(curve, fromBigInt(n - s, 32))
  expect(() => mapGeneratorGm(curve, nonce, opposite)).toThrow(point('POINT_INVALID'))
  expect(mapGeneratorGm(curve, new Uint8Array(16), opposite)).toEqual(opposite)
})

test('hostile points throw nothing but FormatError', () => {
  fc.assert(
    fc.property(fc.constantFrom(...CURVE_NAMES), fc.uint8Array({ maxLength: 140 }), (curve, bytes) => {
      try {
        validatePoint(curve, bytes)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
  )
})
