// What packaging/ ships is held against the programs that read it, as far as they are on this machine.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { defaultDeskConfig } from '@cccd/daemon/local'
import { afterAll, describe, expect, test } from 'vitest'

const packaging = fileURLToPath(new URL('../../packaging', import.meta.url))
const read = (path: string): string => readFileSync(join(packaging, path), 'utf8')
const unit = read('systemd/cccd-desk.service')
const settings = unit.split('\n').filter(line => /^[A-Z]\w+=/.test(line))
const of = (name: string): string[] =>
  settings.filter(line => line.startsWith(`${name}=`)).map(line => line.slice(name.length + 1))
const folder = mkdtempSync(join(tmpdir(), 'cccd-unit-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the systemd unit', () => {
  test('gives up what a desk does not need', () => {
    const wanted = {
      ...{
        User: 'cccd-desk',
        UMask: '0077',
        NoNewPrivileges: 'yes',
        CapabilityBoundingSet: '',
        ProtectSystem: 'strict',
      },
      ...{
        ProtectHome: 'yes',
        PrivateDevices: 'yes',
        DevicePolicy: 'closed',
        PrivateTmp: 'yes',
        LimitCORE: '0',
        MemorySwapMax: '0',
      },
      ...{
        StateDirectoryMode: '0700',
        RuntimeDirectoryMode: '0700',
        IPAddressDeny: 'any',
        IPAddressAllow: 'localhost',
      },
      ...{
        RestrictNamespaces: 'yes',
        LockPersonality: 'yes',
        SystemCallArchitectures: 'native',
        RestrictSUIDSGID: 'yes',
      },
    }
    for (const [name, value] of Object.entries(wanted)) expect([name, of(name)]).toEqual([name, [value]])
    expect(of('RestrictAddressFamilies')).toEqual(['AF_UNIX AF_INET AF_INET6'])
    expect(of('SystemCallFilter')).toEqual(['@system-service', '~@privileged @resources'])
    expect(of('MemoryMax')).toHaveLength(1)
    // A JavaScript engine cannot live with it.
    expect(of('MemoryDenyWriteExecute')).toEqual([])
  })

  test('may open the port that the desk has by default, and reach no other machine', () => {
    expect(of('SocketBindAllow')).toEqual([`tcp:${defaultDeskConfig().listen.port}`])
    expect(of('SocketBindDeny')).toEqual(['any'])
  })

  const analyze = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' })
  const version = Number(/systemd (\d+)/.exec(analyze.stdout ?? '')?.[1])
  const missing =
    analyze.status === 0
      ? version >= 252
        ? ''
        : `systemd ${version} is older than 252`
      : 'systemd-analyze is not installed'

  test.skipIf(missing)(`is understood to the last line by systemd${missing ? ` (skipped: ${missing})` : ''}`, () => {
    const here = join(folder, 'cccd-desk.service')
    // Where Node lies is this machine's own affair; a setting that nobody knows is not.
    const check = (text: string): string => {
      writeFileSync(here, text.replace('/usr/bin/node', process.execPath).replace(/^Documentation=.*$/m, ''))
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', here], { encoding: 'utf8' })
      return `${status} ${stderr
        .split('\n')
        .filter(line => line.includes(here))
        .join('\n')}`
    }
    expect(check(unit)).toBe('0 ')
    for (const drop of ['connectors.conf', 'serial-port.conf'])
      expect([drop, check(`${unit}\n${read(`systemd/${drop}`)}`)]).toEqual([drop, '0 '])
    expect(check(unit.replace('LockPersonality=yes', 'LockPersonalty=yes'))).toContain('LockPersonalty')
  })

  test.skipIf(missing)(`leaves an exposure that systemd calls safe${missing ? ` (skipped: ${missing})` : ''}`, () => {
    const exposure = (text: string): number => {
      const here = join(folder, 'exposed.service')
      writeFileSync(here, text.replace('/usr/bin/node', process.execPath))
      const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', '--no-pager', here], {
        encoding: 'utf8',
      })
      return Number(/exposure level for [^:]+: ([\d.]+)/.exec(stdout)?.[1])
    }
    expect(exposure(unit)).toBeLessThan(1.5)
    expect(
      exposure(unit.replace(/^(Protect|Restrict|Private|SystemCall|Capability|IPAddress).*$/gm, '')),
    ).toBeGreaterThan(5)
  })

  test('runs as the account that the package makes and the polkit rule names', () => {
    expect(read('systemd/cccd-desk.sysusers.conf')).toMatch(/^u cccd-desk - "[^"]+" \/var\/lib\/cccd-desk$/m)
    expect(of('User')).toEqual(['cccd-desk'])
  })
})

describe('the polkit rule', () => {
  type Rule = (action: { id: string }, subject: { user: string }) => string
  let rule: Rule | undefined
  runInNewContext(read('polkit/50-cccd-desk.rules'), {
    polkit: { Result: { YES: 'yes', NOT_HANDLED: 'not handled' }, addRule: (given: Rule) => (rule = given) },
  })
  const ask = (id: string, user: string): string | undefined => rule?.({ id }, { user })

  test('lets the desk use readers and cards, nobody else and nothing else', () => {
    for (const id of ['org.debian.pcsc-lite.access_pcsc', 'org.debian.pcsc-lite.access_card']) {
      expect(ask(id, 'cccd-desk')).toBe('yes')
      expect(ask(id, 'nobody')).toBe('not handled')
    }
    expect(ask('org.freedesktop.systemd1.manage-units', 'cccd-desk')).toBe('not handled')
  })
})

test("Chrome's policy names exact pages by https alone", () => {
  const policy = JSON.parse(read('chrome/cccd-desk.json'))
  expect(Object.keys(policy)).toEqual(['LocalNetworkAccessAllowedForUrls'])
  for (const url of policy.LocalNetworkAccessAllowedForUrls) expect(new URL(url).origin).toBe(url)
})

test('nothing lies in packaging that no test looks at', () => {
  const files = readdirSync(packaging, { recursive: true })
    .map(name => String(name).replaceAll('\\', '/'))
    .filter(name => name.includes('.'))
  expect(files.toSorted()).toEqual([
    'chrome/cccd-desk.json',
    'polkit/50-cccd-desk.rules',
    'systemd/cccd-desk.service',
    'systemd/cccd-desk.sysusers.conf',
    'systemd/connectors.conf',
    'systemd/serial-port.conf',
    'windows/register-desk.ps1',
  ])
  // No PowerShell here: it is only held to what it starts.
  expect(read('windows/register-desk.ps1')).toContain("bin\\cccd.mjs' serve --config")
})
