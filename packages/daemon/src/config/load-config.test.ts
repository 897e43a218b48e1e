import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultDeskConfig } from './desk-config.ts'
import { checkDeskConfig, deskConfigJsonSchema, parseDeskConfig, requireDeskConfig } from './load-config.ts'

const faultsOf = (value: unknown): readonly string[] => checkDeskConfig(value).faults.map(({ path }) => path)

describe('the configuration of the desk', () => {
  test('an empty file is the same as none', () => {
    expect(parseDeskConfig('{}').config).toEqual(defaultDeskConfig())
    expect(defaultDeskConfig().listen).toEqual({ port: 27107, socket: true, addresses: [] })
  })

  test('the place of a JSON fault is told by line and column', () => {
    expect(parseDeskConfig('{\n  "origins": [,]\n}').faults).toEqual([
      { path: '', vi: 'Tệp không phải JSON (dòng 2, cột 15)', en: 'The file is no JSON (line 2, column 15)' },
    ])
  })

  test('every fault is told at once, with its place and in both languages', () => {
    const { faults } = checkDeskConfig({ listen: { port: 'x' }, origins: ['https://a.example/'], unknown: 1 })
    expect(faults.map(({ path }) => path)).toEqual(['listen.port', 'origins.0', ''])
    expect(faults[0]).toMatchObject({ vi: /mong đợi/, en: /expected number/ })
    expect(faults[1]?.vi).toMatch(/phải đúng dạng/)
    expect(faults[1]?.en).toMatch(/has to be exactly/)
    expect(faults[2]?.en).toContain('unknown')
  })

  test.each([
    'null',
    '*',
    'https://*.example',
    'https://his.example/',
    'https://his.example:443',
    'HTTPS://his.example',
    'https://user@his.example',
    'his.example',
    'file://',
    'chrome-extension://abc',
    'https://his.example/desk',
    'https://hís.example',
  ])('the origin %s is refused, since no browser sends it so or it is a pattern', origin => {
    expect(faultsOf({ origins: [origin] })).toEqual(['origins.0'])
  })

  test.each(['https://his.example', 'http://10.0.0.7:8080', 'http://[fd00::7]:8080'])(
    'the origin %s is taken',
    origin => {
      expect(faultsOf({ origins: [origin] })).toEqual([])
    },
  )

  const tls = { cert: '/a', key: '/b' }
  test.each(['0.0.0.0', '::', '127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1', 'desk.example', ''])(
    'the address %s is refused as one to listen on',
    host => {
      expect(faultsOf({ listen: { addresses: [{ host, port: 1, names: ['a'], tls }] } })).toContain(
        'listen.addresses.0.host',
      )
    },
  )

  test('an address beyond loopback is refused without a TLS key and without its names', () => {
    expect(faultsOf({ listen: { addresses: [{ host: '10.0.0.7', port: 8443 }] } })).toEqual([
      'listen.addresses.0.names',
      'listen.addresses.0.tls',
    ])
    expect(faultsOf({ listen: { addresses: [{ host: '10.0.0.7', port: 8443, names: ['Desk:1'], tls }] } })).toEqual([
      'listen.addresses.0.names.0',
    ])
    expect(
      faultsOf({ listen: { addresses: [{ host: '10.0.0.7', port: 8443, names: ['desk.example', '10.0.0.7'], tls }] } }),
    ).toEqual([])
  })

  test('a malformed file is thrown as DESK_CONFIG_MALFORMED with the first place', () => {
    expect(() => requireDeskConfig(parseDeskConfig('{"listen":{"port":-1}}'), 'desk.json')).toThrow(
      expect.objectContaining({ code: 'DESK_CONFIG_MALFORMED', facts: { file: 'desk.json', field: 'listen.port' } }),
    )
  })

  test('whatever a file holds, it is a configuration or faults with words', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), text => {
        const { config, faults } = parseDeskConfig(text)
        expect(config === undefined).toBe(faults.length > 0)
        for (const fault of faults) expect([fault.vi, fault.en].every(words => words.length > 0)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  test('the schema for editors knows every section', () => {
    const { properties } = deskConfigJsonSchema() as { properties: Record<string, unknown> }
    expect(Object.keys(properties)).toEqual(
      expect.arrayContaining(['$schema', ...Object.keys(defaultDeskConfig()), 'audit']),
    )
  })
})
