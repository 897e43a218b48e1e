import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose'
import { afterAll, describe, expect, test } from 'vitest'
import { openDeskKey } from './desk-key.ts'

const folder = mkdtempSync(join(tmpdir(), 'cccd-key-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let count = 0
const fresh = (): string => join(folder, `desk-${++count}`, 'desk-key.json')
const signed = new TextEncoder().encode('{"a":1}')

describe("the desk's key", () => {
  test('is made on the first start, for its owner alone, and is the same on the next', async () => {
    const path = fresh()
    const first = await openDeskKey(path)
    if (process.platform !== 'win32') {
      expect(statSync(path).mode & 0o777).toBe(0o600)
      expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
    }
    const again = await openDeskKey(path)
    expect(again.kid).toBe(first.kid)
    const key = await importJWK(first.publicJwk as unknown as JWK, 'ES256')
    const { protectedHeader, payload } = await compactVerify(await again.sign(signed, 'test+jws'), key)
    expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: first.kid, typ: 'test+jws' })
    expect(new Uint8Array(payload)).toEqual(signed)
    expect(readdirSync(join(path, '..'))).toEqual(['desk-key.json'])
  })

  test('is named by its RFC 7638 thumbprint, and shows no private part', async () => {
    const { kid, publicJwk } = await openDeskKey()
    const { kty, crv, x, y } = publicJwk
    expect(kid).toBe(await calculateJwkThumbprint({ kty, crv, x, y }))
    expect(publicJwk).toEqual({ kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' })
  })

  test('is one, also when several desks start at once', async () => {
    const path = fresh()
    const keys = await Promise.all(Array.from({ length: 5 }, () => openDeskKey(path)))
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(1)
  })

  test.skipIf(process.platform === 'win32' || process.getuid === undefined)(
    'that others may read is refused, with the remedy',
    async () => {
      const path = fresh()
      await openDeskKey(path)
      chmodSync(path, 0o644)
      await expect(openDeskKey(path)).rejects.toMatchObject({
        code: 'KEY_MALFORMED',
        message: expect.stringContaining('0600'),
        facts: { file: path },
      })
    },
  )

  test.each([
    ['no JSON', () => '{"version":1,"key":{"d":"SECRET'],
    ['no key', () => '{"version":1}'],
    ['a key of another curve', (text: string) => text.replace('P-256', 'P-384')],
    ['a point that is none', (text: string) => text.replace(/"x":"...../, '"x":"AAAAA')],
  ])('in a file with %s is refused, without a word of its content', async (_what, spoil) => {
    const path = fresh()
    await openDeskKey(path)
    const text = readFileSync(path, 'utf8')
    const { d } = JSON.parse(text).key
    writeFileSync(path, spoil(text))
    const error = await openDeskKey(path).then(
      () => expect.fail('it opened'),
      (error: Error) => error,
    )
    expect(error).toMatchObject({ code: 'KEY_MALFORMED' })
    const told = `${error.message}${error.stack}${JSON.stringify(error)}${String(error.cause)}`
    expect(told).not.toContain(d)
    expect(told).not.toContain('SECRET')
  })
})
