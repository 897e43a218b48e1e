import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WEBHOOK_SECRET } from '../testing/stand-in-webhook-receiver.ts'
import { connectorsConfigSchema } from './config.ts'
import { readHeaderSecret, readSecret, readSecretLines } from './secret-file.ts'
import { connectorFileFaults } from './secrets.ts'

const folder = mkdtempSync(join(tmpdir(), 'cccd-secret-'))
const file = (name: string, text: string | Uint8Array, mode = 0o600): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a secret file', () => {
  test('gives its line without the end, from any editor', async () => {
    for (const text of ['hush', 'hush\n', 'hush\r\n', '\uFEFFhush\n\n', ' hush '])
      expect(await readSecret('x', file('good', text))).toBe('hush')
    expect(await readSecretLines('x', file('two', 'new\nold\n'))).toEqual(['new', 'old'])
  })

  test.each<[string, string | Uint8Array, number]>([
    ['that is empty', '\n \n', 0o600],
    ['of two lines', 'hush\nhush\n', 0o600],
    ['that a group can read', 'hush', 0o640],
    ['that everybody can read', 'hush', 0o604],
    ['that is no text', Uint8Array.of(0x68, 0x75, 0xff), 0o600],
    ['that is too long', 'hush'.repeat(4000), 0o600],
  ])('%s is refused with setting and path, and nothing of what it holds', async (_, text, mode) => {
    const path = file('bad', text, mode)
    const error = await readSecret('webhook.secretFile', path).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'CONNECTOR_CONFIG_MALFORMED',
      facts: { field: 'webhook.secretFile', file: path },
    })
    const { message, stack } = error as Error
    expect(`${message}${stack}`).not.toContain('hush')
    expect(message.split(' / ')).toHaveLength(2)
  })

  test('for a header holds nothing but visible ASCII', async () => {
    expect(await readHeaderSecret('x', file('header', 'eyJ.abc-_~+/=\n'))).toBe('eyJ.abc-_~+/=')
    for (const text of ['hu sh', 'hush\u00e9', 'hu\tsh', 'hush\u0000'])
      await expect(readHeaderSecret('x', file('header', text))).rejects.toMatchObject({
        code: 'CONNECTOR_CONFIG_MALFORMED',
      })
  })

  test('that is not there, or is a folder, is refused', async () => {
    mkdirSync(join(folder, 'dir'))
    for (const name of ['dir', 'none'])
      await expect(readSecret('x', join(folder, name))).rejects.toMatchObject({ code: 'CONNECTOR_CONFIG_MALFORMED' })
  })
})

describe('the check of a configuration', () => {
  let paths: Record<'password' | 'token' | 'secret', string>
  beforeAll(() => {
    paths = {
      password: file('password', 'hush-password'),
      token: file('token', 'hush-token'),
      secret: file('secret', WEBHOOK_SECRET),
    }
  })
  const config = (given: Partial<typeof paths> & { readonly ca?: string } = {}) =>
    connectorsConfigSchema.parse({
      insurance: {
        url: 'https://gateway.example',
        username: 'x',
        passwordFile: given.password ?? paths.password,
        clerk: { fullName: 'LÊ VĂN QUẦY', personalNumber: '999090000009' },
      },
      fhir: { server: { url: 'https://fhir.example', tokenFile: given.token ?? paths.token } },
      webhook: {
        url: 'https://his.example',
        secretFile: given.secret ?? paths.secret,
        outbox: { folder: join(folder, 'box'), keyFile: join(folder, 'key') },
        ...(given.ca && { caFile: given.ca }),
      },
    })

  test('finds nothing where all is right', async () => {
    expect(await connectorFileFaults(config())).toEqual([])
    expect(await connectorFileFaults(connectorsConfigSchema.parse({}))).toEqual([])
  })

  test('finds every fault at once, in both languages, and repeats no secret', async () => {
    const weak = file('weak', 'whsec_aHVzaA==')
    const faults = await connectorFileFaults(
      config({ password: join(folder, 'none'), token: file('open', 'hush', 0o644), secret: weak }),
    )
    expect(faults.map(({ path }) => path)).toEqual([
      'connectors.insurance.passwordFile',
      'connectors.fhir.server.tokenFile',
      'connectors.webhook.secretFile',
    ])
    for (const { vi, en } of faults) expect(vi).not.toBe(en)
    expect(JSON.stringify(faults)).not.toMatch(/hush|aHVzaA/)
    expect(await connectorFileFaults(config({ ca: join(folder, 'none') }))).toHaveLength(1)
  })
})
