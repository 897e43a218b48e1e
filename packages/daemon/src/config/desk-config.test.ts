import { readFileSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { defaultDeskConfig } from './desk-config.ts'
import { deskFolders } from './folders.ts'
import { checkDeskConfig, deskConfigJsonSchema, parseDeskConfig } from './load-config.ts'
import { withPathsFrom } from './paths.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const doc = readFileSync(join(root, 'docs', 'desk-config.md'), 'utf8')

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly default?: unknown
}

/** Every setting by its path, without the indices of arrays. */
function settings(schema: Schema, path = ''): (readonly [path: string, schema: Schema])[] {
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => [
      [`${path}${name}`, inner] as const,
      ...settings(inner, `${path}${name}.`),
    ]),
    ...[schema.items, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(inner =>
      inner ? settings(inner, path) : [],
    ),
  ]
}
const all = settings(deskConfigJsonSchema() as Schema)

describe('the documentation of the configuration', () => {
  test('has an example that is fine as it stands', () => {
    const example = /^```json\n([\s\S]*?)^```$/m.exec(doc)?.[1] as string
    expect(parseDeskConfig(example).faults).toEqual([])
  })

  test('names every setting of the desk itself, with the default that it has', () => {
    for (const [path, { default: value, properties, items }] of all) {
      if (path === '$schema' || /^(connectors|consent|audit|metrics)\b/.test(path)) continue
      const last = path.split('.').at(-1) as string
      if (path.startsWith('listen.addresses.')) {
        expect(doc).toContain(last)
        continue
      }
      if (properties && !items) continue
      const row = doc.split('\n').find(line => line.startsWith(`| \`${path}\` |`))
      expect([path, row === undefined]).toEqual([path, false])
      if (['string', 'number', 'boolean'].includes(typeof value)) {
        expect([path, row?.split('|')[2]?.replaceAll('`', '').trim()]).toEqual([path, String(value)])
      }
    }
    for (const section of ['consent.texts', 'audit', 'metrics', 'connectors'])
      expect(doc).toContain(`| \`${section}\` |`)
  })

  // To write it anew: CCCD_UPDATE_OPENAPI=1 npx vitest run packages/daemon/src/config, then npm run fix.
  test('has the schema beside it that an editor reads', () => {
    const path = join(root, 'packages', 'daemon', 'desk-config.schema.json')
    if (process.env.CCCD_UPDATE_OPENAPI === '1')
      writeFileSync(path, `${JSON.stringify(deskConfigJsonSchema(), null, 2)}\n`)
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(JSON.parse(JSON.stringify(deskConfigJsonSchema())))
  })
})

describe('relative paths', () => {
  const config = {
    listen: {
      socket: 'd.sock',
      addresses: [{ host: '10.0.0.7', port: 1, names: ['a'], tls: { cert: 'a.crt', key: 'a.key' } }],
    },
    stateFolder: 'state',
    runtimeFolder: 'run',
    trustStore: 'trust',
    policies: ['ours.json'],
    audit: { folder: 'audit', keyFile: 'audit.key' },
    connectors: {
      insurance: {
        ...{ url: 'https://a.example', username: 'a', passwordFile: 'p', caFile: 'ca' },
        clerk: { fullName: 'A', personalNumber: '999190000001' },
      },
      fhir: { server: { url: 'https://a.example', tokenFile: 't', caFile: 'ca' } },
      webhook: { url: 'https://a.example', secretFile: 's', caFile: 'ca', outbox: { folder: 'o', keyFile: 'k' } },
      text: [
        { id: 'a', label: 'A', template: 'x', target: { kind: 'file', path: 'out.txt' } },
        { id: 'b', label: 'B', template: 'x', target: { kind: 'serial', path: 'COM3' } },
      ],
    },
  }

  test('count from the folder of the file, every one of them, and a device is none', () => {
    const { config: parsed, faults } = checkDeskConfig(config)
    expect(faults).toEqual([])
    const placed = withPathsFrom(parsed as NonNullable<typeof parsed>, '/etc/cccd')
    const found: string[] = []
    const collect = (value: unknown, name: string): void => {
      if (typeof value === 'string' && /file|folder|^cert$|^key$|^path$|socket|trustStore|^policies$/i.test(name))
        found.push(value)
      else if (Array.isArray(value)) for (const inner of value) collect(inner, name)
      else if (typeof value === 'object' && value !== null)
        for (const [key, inner] of Object.entries(value)) collect(inner, key)
    }
    collect(placed, '')
    expect(found.filter(path => !path.startsWith('/etc/cccd/'))).toEqual(['COM3'])
    // As many as the schema has settings of that kind: a new one that nobody places is noticed here.
    const names = all
      .map(([path]) => path)
      .filter(path => /(File|Folder|folder|\.cert|\.key|\.path|\.socket|trustStore|^policies)$/.test(path))
    expect(found.length).toBe(names.length)
    expect(found.every(path => path === 'COM3' || isAbsolute(path))).toBe(true)
  })

  test('that are absolute stay, and so does the name of a pipe', () => {
    const base = defaultDeskConfig()
    const pipe = '\\\\.\\pipe\\cccd'
    const placed = withPathsFrom(
      { ...base, listen: { ...base.listen, socket: pipe }, trustStore: '/var/trust' },
      '/etc',
    )
    expect([placed.listen.socket, placed.trustStore]).toEqual([pipe, '/var/trust'])
  })
})

describe('the folders of a desk', () => {
  const config = defaultDeskConfig()
  const linux = { platform: 'linux', home: '/home/a' } as const

  test.each([
    [{}, '/home/a/.local/state/cccd', '/home/a/.local/state/cccd'],
    [{ XDG_STATE_HOME: '/s', XDG_RUNTIME_DIR: '/run/user/7' }, '/s/cccd', '/run/user/7/cccd'],
    [
      { STATE_DIRECTORY: '/var/lib/cccd:/x', RUNTIME_DIRECTORY: '/run/cccd', XDG_RUNTIME_DIR: '/u' },
      '/var/lib/cccd',
      '/run/cccd',
    ],
    [{ STATE_DIRECTORY: '', XDG_RUNTIME_DIR: '' }, '/home/a/.local/state/cccd', '/home/a/.local/state/cccd'],
  ])('with %j are %s and %s', (environment, state, runtime) => {
    expect(deskFolders(config, { ...linux, environment })).toEqual({
      ...{ state, runtime, socket: `${runtime}/desk.sock`, portFile: `${runtime}/desk-port.json` },
      tokenFile: `${state}/tokens.json`,
    })
  })

  test('for training are apart from the real ones', () => {
    const real = deskFolders(config, { ...linux, environment: {} })
    const training = deskFolders(config, { ...linux, environment: {}, training: true })
    for (const name of ['state', 'runtime', 'socket', 'portFile', 'tokenFile'] as const)
      expect(training[name]).not.toBe(real[name])
  })

  test('of a configuration come before everything else', () => {
    const named = { ...config, stateFolder: '/a', runtimeFolder: '/b', listen: { ...config.listen, socket: false } }
    const environment = { STATE_DIRECTORY: '/x', RUNTIME_DIRECTORY: '/y' }
    expect(deskFolders(named, { ...linux, environment })).toMatchObject({
      state: '/a',
      runtime: '/b',
      socket: undefined,
    })
  })

  test('on Windows have a pipe of the user’s own instead of a socket', () => {
    const of = (home: string) => deskFolders(config, { platform: 'win32', home, environment: {} }).socket
    expect(of('C:\\Users\\a')).toMatch(/^\\\\\.\\pipe\\cccd-desk-[0-9a-f]{16}$/)
    expect(of('C:\\Users\\a')).not.toBe(of('C:\\Users\\b'))
  })
})
