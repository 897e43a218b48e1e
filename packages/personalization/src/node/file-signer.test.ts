import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKey, importPublicKey, SignerError, toHex, verifySignature } from '@cccd/card-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fileSigner, readKeyFile, writeKeyFile } from './file-signer.ts'

const algorithm = { kind: 'ecdsa', hash: 'sha384' } as const
const key = generateKey({ kind: 'ec', curve: 'brainpoolP384r1' })
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cccd-keys-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a key written to a file signs what its public key verifies', async () => {
  const path = join(folder, 'signer.pem')
  writeKeyFile(path, key.pkcs8)
  const signer = fileSigner({ path, algorithm })
  expect(toHex(signer.publicKey)).toBe(toHex(key.spki))
  const data = Uint8Array.of(1, 2, 3)
  const signature = await signer.sign(data)
  expect(verifySignature({ algorithm, publicKey: importPublicKey(key.spki), data, signature })).toBe(true)
})

test.skipIf(process.platform === 'win32')(
  'nobody but the owner may read a key file (modes mean nothing on Windows)',
  () => {
    const path = join(folder, 'mode.pem')
    writeKeyFile(path, key.pkcs8)
    expect(statSync(path).mode & 0o077).toBe(0)
  },
)

test('a key file is never overwritten', () => {
  const path = join(folder, 'once.pem')
  writeKeyFile(path, key.pkcs8)
  expect(() => writeKeyFile(path, generateKey({ kind: 'ec', curve: 'secp256r1' }).pkcs8)).toThrow(SignerError)
  expect(toHex(readKeyFile(path))).toBe(toHex(key.pkcs8))
})

test('a key file may be DER', () => {
  const path = join(folder, 'key.der')
  writeFileSync(path, key.pkcs8)
  expect(toHex(readKeyFile(path))).toBe(toHex(key.pkcs8))
})

test.each([
  ['missing', undefined],
  ['empty', ''],
  ['of another kind', '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'],
  ['damaged', '-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n'],
])('a key file that is %s gives a SignerError', (title, text) => {
  const path = join(folder, title)
  if (text !== undefined) writeFileSync(path, text)
  expect(() => fileSigner({ path, algorithm })).toThrow(SignerError)
})
