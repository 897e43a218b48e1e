import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { concat, equal, fromHex, toHex } from '../bytes.ts'
import { CardToolkitError } from '../error.ts'
import { decryptCbc, encryptCbc } from './cipher.ts'
import { ecdh } from './curve.ts'
import { type CurveName, curveParameters } from './curve-parameters.ts'
import type { HashName } from './hash.ts'
import type { SessionCipher } from './kdf.ts'
import { aesCmac } from './mac.ts'
import { importPublicKey } from './public-key.ts'
import { type SignatureAlgorithm, verifySignature } from './signature.ts'

// Wycheproof and NIST CAVP. The files are not part of the project: they are read from CCCD_TEST_DATA, else from
// ../shared/data beside the project, and without them these tests are skipped. Every vector that is not asserted is
// counted below, with the reason.

const data = process.env.CCCD_TEST_DATA ?? fileURLToPath(new URL('../../../../../shared/data', import.meta.url))
const folder = `${data}/crypto`
const absent = !existsSync(folder)
const title = (text: string): string => (absent ? `${text} (skipped: no test data at CCCD_TEST_DATA)` : text)

interface Vector {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly result: 'valid' | 'invalid' | 'acceptable'
  readonly [value: string]: unknown
}
interface Group {
  readonly tests: readonly Vector[]
  readonly [value: string]: unknown
}

function wycheproof(name: string): readonly Group[] {
  return (JSON.parse(readFileSync(`${folder}/wycheproof/${name}_test.json`, 'utf8')) as { testGroups: Group[] })
    .testGroups
}

const hex = (value: unknown): Uint8Array => fromHex(value as string)
const hashOf = (value: unknown): HashName => (value as string).replace('-', '').toLowerCase() as HashName

/** Runs `accepts` over all vectors of the files; an acceptable one may go either way. Returns how many were asserted. */
function expectResults(
  groups: readonly Group[],
  accepts: (vector: Vector, group: Group) => boolean | 'skipped',
): number[] {
  let asserted = 0
  let acceptable = 0
  let skipped = 0
  const wrong: string[] = []
  for (const group of groups) {
    for (const vector of group.tests) {
      const accepted = accepts(vector, group)
      if (accepted === 'skipped') skipped++
      else if (vector.result === 'acceptable') acceptable++
      else {
        asserted++
        if (accepted !== (vector.result === 'valid')) wrong.push(`${vector.tcId} ${vector.comment}`)
      }
    }
  }
  expect(wrong).toEqual([])
  return [asserted, acceptable, skipped]
}

const ECDSA = [
  'brainpoolP224r1_sha224',
  'brainpoolP256r1_sha256',
  'brainpoolP384r1_sha384',
  'brainpoolP512r1_sha512',
  'secp224r1_sha256',
  'secp256r1_sha256',
  'secp384r1_sha256',
  'secp384r1_sha384',
]
test.skipIf(absent).each(ECDSA)(title('ECDSA %s: the valid signatures verify, the others do not'), name => {
  const counts = expectResults(wycheproof(`ecdsa_${name}`), (vector, group) => {
    const publicKey = importPublicKey(hex(group.publicKeyDer))
    const algorithm = { kind: 'ecdsa', hash: hashOf(group.sha) } as const
    return verifySignature({ algorithm, publicKey, data: hex(vector.msg), signature: hex(vector.sig) })
  })
  expect(counts[2]).toBe(0)
  expect(counts[0]).toBeGreaterThan(400)
})

const RSA = [
  'rsa_signature_2048_sha256',
  'rsa_signature_3072_sha256',
  'rsa_signature_4096_sha256',
  'rsa_signature_4096_sha512',
  'rsa_pss_2048_sha1_mgf1_20',
  'rsa_pss_2048_sha256_mgf1_32',
  'rsa_pss_2048_sha256_mgf1_32_params',
  'rsa_pss_2048_sha256_mgf1sha1_20',
  'rsa_pss_3072_sha256_mgf1_32',
  'rsa_pss_4096_sha256_mgf1_32',
  'rsa_pss_4096_sha384_mgf1_48',
]
test.skipIf(absent).each(RSA)(title('%s: the valid signatures verify, the others do not'), name => {
  const counts = expectResults(wycheproof(name), (vector, group) => {
    const hash = hashOf(group.sha)
    const algorithm: SignatureAlgorithm =
      group.mgf === undefined
        ? { kind: 'rsa-pkcs1', hash }
        : { kind: 'rsa-pss', hash, mgfHash: hashOf(group.mgfSha), saltLength: group.sLen as number }
    const publicKey = importPublicKey(hex(group.publicKeyDer))
    return verifySignature({ algorithm, publicKey, data: hex(vector.msg), signature: hex(vector.sig) })
  })
  expect(counts[2]).toBe(0)
})

test.skipIf(absent)(title('a DigestInfo without NULL, acceptable to Wycheproof, is refused'), () => {
  const groups = wycheproof('rsa_signature_2048_sha256')
  const missing = groups.flatMap(group =>
    group.tests.filter(({ flags }) => flags.includes('MissingNull')).map(vector => ({ group, vector })),
  )
  expect(missing.length).toBeGreaterThan(0)
  for (const { group, vector } of missing) {
    const publicKey = importPublicKey(hex(group.publicKeyDer))
    const algorithm = { kind: 'rsa-pkcs1', hash: 'sha256' } as const
    expect(verifySignature({ algorithm, publicKey, data: hex(vector.msg), signature: hex(vector.sig) })).toBe(false)
  }
})

/** The private key as long as the order; null when it is no number from 1 to the order. */
function scalar(curve: CurveName, value: unknown): Uint8Array | null {
  const { fieldLength, n } = curveParameters(curve)
  const number = BigInt(`0x0${value as string}`)
  return number > 0n && number < n ? hex(number.toString(16).padStart(2 * fieldLength, '0')) : null
}

function agrees(curve: CurveName, vector: Vector, point: Uint8Array): boolean | 'skipped' {
  const privateKey = scalar(curve, vector.private)
  if (!privateKey) return 'skipped'
  try {
    const secret = ecdh(curve, privateKey, point)
    // An acceptable key may be refused, but when it is taken the secret must be right.
    if (vector.result !== 'invalid') expect(toHex(secret)).toBe((vector.shared as string).toUpperCase())
    return true
  } catch (error) {
    if (!(error instanceof CardToolkitError)) throw error
    return false
  }
}

const ECDH_SPKI = ['brainpoolP224r1', 'brainpoolP256r1', 'brainpoolP384r1'] as const
test.skipIf(absent).each(ECDH_SPKI)(title('ECDH %s with keys as SPKI: right secrets, and bad keys refused'), curve => {
  let withoutCofactor = 0
  const counts = expectResults(wycheproof(`ecdh_${curve}`), vector => {
    try {
      const key = importPublicKey(hex(vector.public))
      const agreed = key.kind === 'ec' && key.curve === curve && agrees(curve, vector, key.point)
      if (vector.comment !== 'no cofactor') return agreed
      // Wycheproof calls this invalid; RFC 3279 makes the cofactor optional and genuine documents leave it out.
      expect(agreed).toBe(true)
      withoutCofactor++
      return false
    } catch (error) {
      if (!(error instanceof CardToolkitError)) throw error
      return false
    }
  })
  expect(counts[2]).toBe(0)
  expect(counts[0]).toBeGreaterThan(500)
  expect(withoutCofactor).toBeGreaterThan(0)
})

const ECDH_POINT = ['secp224r1', 'secp256r1', 'secp384r1'] as const
test.skipIf(absent).each(ECDH_POINT)(
  title('ECDH %s with bare points: right secrets, and bad points refused'),
  curve => {
    const counts = expectResults(wycheproof(`ecdh_${curve}_ecpoint`), vector =>
      agrees(curve, vector, hex(vector.public)),
    )
    expect(counts[2]).toBe(0)
    expect(counts[0]).toBeGreaterThan(300)
  },
)

const AES: Readonly<Record<number, SessionCipher>> = { 16: 'AES-128', 24: 'AES-192', 32: 'AES-256' }

test.skipIf(absent)(
  title('AES-CMAC of Wycheproof: every tag, cut ones too; keys that are no AES keys are refused'),
  () => {
    let wrongKeys = 0
    const counts = expectResults(wycheproof('aes_cmac'), (vector, group) => {
      const key = hex(vector.key)
      if (!AES[key.length]) {
        wrongKeys++
        expect(() => aesCmac(key, hex(vector.msg))).toThrow(RangeError)
        return false
      }
      return equal(aesCmac(key, hex(vector.msg)).subarray(0, (group.tagSize as number) / 8), hex(vector.tag))
    })
    expect(counts[0]).toBe(311)
    expect(wrongKeys).toBeGreaterThan(0)
  },
)

test.skipIf(absent)(title('AES-CBC of Wycheproof: the valid texts encrypt and decrypt, bad padding is seen'), () => {
  const counts = expectResults(wycheproof('aes_cbc_pkcs5'), ({ key, iv, msg, ct }) => {
    const cipher = AES[hex(key).length] as SessionCipher
    const given = { cipher, key: hex(key), iv: hex(iv) }
    // Padding is the caller's here, so PKCS#7 is put on and taken off by the test.
    if (hex(ct).length === 0 || hex(ct).length % 16) return false
    const plain = decryptCbc({ ...given, data: hex(ct) })
    const count = plain.at(-1) as number
    const padding = plain.slice(-count)
    if (count < 1 || count > 16 || padding.some(byte => byte !== count)) return false
    const data = concat(hex(msg), new Uint8Array(16 - (hex(msg).length % 16)).fill(16 - (hex(msg).length % 16)))
    expect(encryptCbc({ ...given, data })).toEqual(hex(ct))
    return equal(plain.slice(0, -count), hex(msg))
  })
  expect(counts).toEqual([216, 0, 0])
})

/** The blocks of a CAVP file as name–value maps. */
function cavp(name: string, separator: RegExp): Map<string, string>[] {
  const blocks = readFileSync(`${folder}/nist-cavp/${name}.txt`, 'utf8').split(/\n\s*\n/)
  return blocks
    .map(
      block =>
        new Map(
          block.split(/\r?\n/).flatMap(line => {
            const match = line.startsWith('#') ? null : separator.exec(line)
            return match
              ? [[line.slice(0, match.index).trim(), line.slice(match.index + match[0].length).trim()] as const]
              : []
          }),
        ),
    )
    .filter(block => block.size > 0)
}

test.skipIf(absent).each(['aes_128_cbc', 'aes_256_cbc'])(title('CAVP %s: every answer both ways'), name => {
  const blocks = cavp(name, /:/)
  expect(blocks.length).toBeGreaterThan(100)
  for (const block of blocks) {
    const key = hex(block.get('Key'))
    const given = { cipher: AES[key.length] as SessionCipher, key, iv: hex(block.get('IV')) }
    const [plain, encrypted] = [hex(block.get('Plaintext')), hex(block.get('Ciphertext'))]
    expect(encryptCbc({ ...given, data: plain })).toEqual(encrypted)
    expect(decryptCbc({ ...given, data: encrypted })).toEqual(plain)
  }
})

test.skipIf(absent)(title('CAVP tdes_ecb: every answer of two-key 3DES; three-key ones are counted'), () => {
  let threeKeys = 0
  let asserted = 0
  for (const block of cavp('tdes_ecb', /:/)) {
    const key = hex(block.get('Key'))
    // Secure messaging of 9303 has two-key 3DES only.
    if (!equal(key.subarray(0, 8), key.subarray(16))) threeKeys++
    else {
      const given = { cipher: '3DES', key: key.subarray(0, 16) } as const
      const [plain, encrypted] = [hex(block.get('Plaintext')), hex(block.get('Ciphertext'))]
      if (plain.length === 8) {
        expect(toHex(encryptCbc({ ...given, data: plain }))).toBe(toHex(encrypted))
        expect(toHex(decryptCbc({ ...given, data: encrypted }))).toBe(toHex(plain))
        asserted++
      }
    }
  }
  expect(asserted).toBeGreaterThan(200)
  expect(threeKeys).toBe(0)
})

test.skipIf(absent).each(['cavp_aes128_cmac_tests', 'cavp_aes256_cmac_tests'])(title('%s: P passes, F fails'), name => {
  const blocks = cavp(name, / = /).filter(block => block.has('Mac'))
  expect(blocks.length).toBeGreaterThan(100)
  for (const block of blocks) {
    const message = hex(block.get('Msg')).subarray(0, Number(block.get('Mlen')))
    const mac = aesCmac(hex(block.get('Key')), message).subarray(0, Number(block.get('Tlen')))
    expect(equal(mac, hex(block.get('Mac')))).toBe(block.get('Result')?.startsWith('P'))
  }
})

test.skipIf(absent)(
  title('the vectors of CAVP that are not asserted are those of CMAC with 3DES, which 9303 does not use'),
  () => {
    expect(cavp('cavp_3des_cmac_tests', / = /).filter(block => block.has('Mac'))).toHaveLength(200)
  },
)
