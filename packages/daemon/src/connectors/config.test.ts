import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connectorsConfigSchema } from './config.ts'

const webhook = {
  url: 'https://his.example/hook',
  secretFile: '/etc/cccd/webhook.secret',
  outbox: { folder: '/var/lib/cccd/outbox', keyFile: '/var/lib/cccd/outbox.key' },
}
const insurance = {
  url: 'https://gateway.example',
  username: '99999_BV',
  passwordFile: '/etc/cccd/insurance.password',
  clerk: { fullName: 'TRẦN THỊ QUẦY', personalNumber: '999190000009' },
}

function issues(given: unknown): { path: string; message: string }[] {
  const result = connectorsConfigSchema.safeParse(given)
  return result.success ? [] : result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
}

describe('the configuration of connectors', () => {
  test('an empty one has no connector that talks to another machine', () => {
    const config = connectorsConfigSchema.parse({})
    expect(config.insurance).toBeUndefined()
    expect(config.webhook).toBeUndefined()
    expect(config.fhir.server).toBeUndefined()
    expect(config.text).toEqual([])
  })

  test('the presets: dropped history, no portrait to the webhook, a bounded outbox', () => {
    const config = connectorsConfigSchema.parse({ webhook, insurance })
    expect(config.insurance).toMatchObject({ history: 'drop', birthDate: 'slashes', timeoutMs: 8000 })
    expect(config.webhook).toMatchObject({ portrait: false, giveUpAfterHours: 72 })
    expect(config.webhook?.outbox).toMatchObject({ maxEntries: 1000, maxBytes: 67_108_864 })
  })

  test.each([
    ['ftp://his.example/', 'an http or https address'],
    ['his.example', 'an http or https address'],
    ['https://clerk:hush@his.example/', 'no user or password'],
    ['https://his.example/?token=hush', 'no query'],
    ['https://his.example/#hush', 'no query'],
  ])('the address %s is refused without being repeated', (url, why) => {
    const found = issues({ webhook: { ...webhook, url } })
    expect(found).toHaveLength(1)
    expect(found[0]?.path).toBe('webhook.url')
    expect(found[0]?.message).toContain(why)
    expect(JSON.stringify(found)).not.toContain('hush')
  })

  test('http to another machine must be asked for by name, to this one it need not', () => {
    expect(issues({ webhook: { ...webhook, url: 'http://his.example/' } })[0]?.message).toContain('plainHttp')
    expect(issues({ webhook: { ...webhook, url: 'http://127.0.0.1.his.example/' } })).toHaveLength(1)
    expect(issues({ webhook: { ...webhook, url: 'http://his.example/', plainHttp: true } })).toEqual([])
    for (const url of ['http://127.0.0.1:9/', 'http://[::1]:9/', 'http://localhost/'])
      expect(issues({ webhook: { ...webhook, url } })).toEqual([])
  })

  test('what is misspelt is refused with its place', () => {
    expect(issues({ webhok: webhook })[0]?.message).toContain('webhok')
    expect(issues({ webhook: { ...webhook, outbox: { ...webhook.outbox, maxEntrys: 1 } } })[0]?.path).toBe(
      'webhook.outbox',
    )
  })

  test('a secret cannot stand in the configuration itself', () => {
    expect(issues({ insurance: { ...insurance, password: 'x' } })).toHaveLength(1)
    expect(issues({ webhook: { ...webhook, secret: 'x' } })).toHaveLength(1)
    expect(issues({ fhir: { server: { url: 'https://fhir.example', token: 'x' } } })).toHaveLength(1)
  })

  test('a broken template is refused with its column, and an id may stand but once', () => {
    const output = { id: 'his', label: 'HIS', template: '{fullName}' }
    expect(issues({ text: [output] })).toEqual([])
    expect(issues({ text: [{ ...output, template: 'ab{nothing}' }] })[0]).toEqual({
      path: 'text.0.template',
      message: 'không có trường hay phím nào tên này / there is neither a field nor a key of this name (column 3)',
    })
    expect(issues({ text: [output, output] })[0]?.path).toBe('text.1.id')
  })

  test('any JSON is taken or refused, never a fault', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        connectorsConfigSchema.safeParse(a)
        connectorsConfigSchema.safeParse({
          webhook: a,
          insurance: b,
          text: [{ id: 'a', label: 'a', template: JSON.stringify(a) }],
        })
      }),
      { numRuns: 300 },
    )
  })
})
