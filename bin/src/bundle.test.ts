// A bundle made at a desk, through the real pcscd, and judged by other processes that have nothing but it and the anchors.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, rigMissing, startRig } from '../../tools/rig/pcscd.ts'
import { EXIT } from './exit-code.ts'
import { SAMPLE_HOLDER } from './sample.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const missing = rigMissing()
const CHALLENGE = 'B40102030405064B'
const NONCE = 'bank-session-0001'
const BANK = 'https://api.bank.example'

describe.skipIf(missing)(`evidence bundles by the command${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-bundle-'))
  const sample = join(folder, 'sample')
  const trust = join(sample, 'trust')
  const deskHome = mkdtempSync(join(folder, 'desk-'))
  const at = (name: string): string => join(folder, name)
  let rig: Rig
  let card: ChildProcess | undefined

  /** The desk's own process: its HOME keeps its key. */
  function desk(...args: string[]) {
    const env = { PATH: process.env.PATH, HOME: deskHome, LC_ALL: 'en_US.UTF-8', ...rig.env }
    const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, ...args], { encoding: 'utf8', env })
    return { status, stdout, stderr }
  }

  /** Another machine: no environment, an empty HOME that stays empty. */
  function bank(...args: string[]) {
    const home = mkdtempSync(join(folder, 'home-'))
    const env = { HOME: home, LC_ALL: 'en_US.UTF-8' }
    const { status, stdout, stderr } = spawnSync(process.execPath, [CCCD, 'verify', '--json', ...args], {
      encoding: 'utf8',
      env,
      cwd: home,
    })
    expect(readdirSync(home)).toEqual([])
    expect(stderr).toBe('')
    const answer = JSON.parse(stdout)
    const check = (id: string): string => {
      const { status: state, code, place } = answer.bundle.checks.find((one: { id: string }) => one.id === id)
      return place === undefined ? `${state} ${code}` : `${state} ${code} ${place}`
    }
    return { status, answer, stdout, check }
  }

  const read = (...args: string[]) =>
    desk('read', '--json', '--wait', '20', '--trust', trust, '--policy', 'kyc', '--qr', qr, ...args)
  let qr = ''
  let made: { file: string; requestId: string; nonce: string; kid: string; encrypted: boolean }

  beforeAll(async () => {
    rig = await startRig()
    const env = { ...process.env, ...rig.env, LC_ALL: 'en_US.UTF-8' }
    card = spawn(process.execPath, [CCCD, 'simulate', '--save', sample, '--port', String(rig.ports[0])], { env })
    await new Promise(resolve => card?.stdout?.once('data', resolve))
    qr = readFileSync(join(sample, 'qr.txt'), 'utf8').trim()

    const recipient = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(at('bank-public.jwk'), JSON.stringify(recipient.publicKey.export({ format: 'jwk' })))
    writeFileSync(at('bank-private.jwk'), JSON.stringify(recipient.privateKey.export({ format: 'jwk' })))
    writeFileSync(at('desk.jwks'), desk('key').stdout)
    const first = read(
      ...['--bundle', at('card.bundle'), '--nonce', NONCE, '--audience', BANK, '--challenge', CHALLENGE],
    )
    expect([first.status, first.stderr]).toEqual([EXIT.ok, ''])
    made = JSON.parse(first.stdout).bundle
    const second = read(
      ...['--bundle', at('sealed.bundle'), '--nonce', NONCE, '--bundle-recipient', at('bank-public.jwk')],
    )
    expect([second.status, second.stderr]).toEqual([EXIT.ok, ''])
  })
  afterAll(async () => {
    if (card && card.exitCode === null) {
      const ended = new Promise(resolve => card?.once('close', resolve))
      card.kill('SIGTERM')
      await ended
    }
    await rig?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const full = (): string[] => [
    ...['--bundle', at('card.bundle'), '--trust', trust, '--policy', 'kyc', '--desk-key', at('desk.jwks')],
    ...['--nonce', NONCE, '--origin', 'none', '--audience', BANK, '--challenge', CHALLENGE],
  ]

  test('what is written is for its owner alone', () => {
    expect(made).toMatchObject({ file: at('card.bundle'), nonce: NONCE, encrypted: false })
    for (const name of ['card.bundle', 'sealed.bundle']) expect(statSync(at(name)).mode & 0o777).toBe(0o600)
    const [key] = JSON.parse(readFileSync(at('desk.jwks'), 'utf8')).keys
    expect(key.kid).toBe(made.kid)
    expect(key).not.toHaveProperty('d')
  })

  test('another machine judges it green with the bundle, the anchors and the desk’s public key', () => {
    const { status, answer } = bank(...full())
    expect(status).toBe(EXIT.ok)
    expect(answer).toMatchObject({
      verdict: 'successful',
      colour: 'green',
      bundle: {
        signer: { kid: made.kid, trusted: true },
        requestId: made.requestId,
        binding: { origin: null, nonce: NONCE, audience: BANK },
        stored: { overall: 'successful', policy: 'kyc' },
      },
    })
    const proofs = answer.bundle.proofs.map(({ code }: { code: string }) => code)
    expect(proofs).toEqual(['FILES_ISSUED', 'AA_OWN_CHALLENGE', 'CA_NOT_REPLAYABLE', 'CAM_ABSENT', 'ACCESS_TOLD'])
    const fields = Object.fromEntries(
      answer.card.fields.map(({ key, value }: { key: string; value: string }) => [key, value]),
    )
    expect(fields).toMatchObject({
      personalNumber: SAMPLE_HOLDER.personalNumber,
      fullName: SAMPLE_HOLDER.fullName,
    })
  })

  test('with nothing but the bundle and the anchors the signer is unknown: yellow, or taken when asked for by name', () => {
    const plain = bank('--bundle', at('card.bundle'), '--trust', trust, '--policy', 'kyc')
    expect([plain.status, plain.check('signer')]).toEqual([EXIT.undetermined, 'open SIGNER_UNKNOWN'])
    expect(plain.answer.card.report.checks).toBeDefined()
    // All of kyc but what only a desk can tell: how the chip was opened.
    const policy = { id: 'any-desk', extends: 'kyc', requirements: { 'access.downgrade': 'optional' } }
    writeFileSync(at('any-desk.json'), JSON.stringify(policy))
    const any = ['--bundle', at('card.bundle'), '--trust', trust, '--policy', at('any-desk.json'), '--any-desk']
    const own = bank(...any, '--challenge', CHALLENGE)
    expect([own.status, own.check('challenge')]).toEqual([EXIT.ok, 'passed PASSED'])
    // Without one's own challenge nobody says when the chip signed.
    expect(bank(...any).status).toBe(EXIT.undetermined)
  })

  test('without anchors it is yellow, whatever the desk said', () => {
    const { status, answer, check } = bank(...full().filter(word => word !== '--trust' && word !== trust))
    expect([status, answer.verdict, check('report')]).toEqual([
      EXIT.undetermined,
      'undetermined',
      'noted REPORT_DIFFERS',
    ])
  })

  test.each<[string, string, string, string]>([
    ['--nonce', 'other', 'nonce', 'NONCE_DIFFERS payload.binding.nonce'],
    ['--origin', 'https://bank.example', 'origin', 'ORIGIN_DIFFERS payload.binding.origin'],
    ['--audience', 'https://other.example', 'audience', 'AUDIENCE_DIFFERS payload.binding.audience'],
    [
      '--challenge',
      '0000000000000000',
      'challenge',
      'CHALLENGE_DIFFERS payload.evidence.activeAuthentication.challenge',
    ],
  ])('another %s is refused with exit 6, and nothing of the holder is shown', (option, value, id, outcome) => {
    const args = full()
    args[args.indexOf(option) + 1] = value
    const { status, answer, check, stdout } = bank(...args)
    expect([status, answer.verdict, check(id)]).toEqual([EXIT.refused, 'refused', `refused ${outcome}`])
    expect(answer).not.toHaveProperty('card')
    for (const secret of [SAMPLE_HOLDER.personalNumber, SAMPLE_HOLDER.fullName]) expect(stdout).not.toContain(secret)
  })

  test('age, another desk, a replay and a changed byte are refused with exit 6', () => {
    const later = new Date(Date.now() + 2 * 86_400_000).toISOString()
    expect(bank(...full(), '--at', later).check('time')).toBe('refused EXPIRED payload.time')
    expect(bank(...full(), '--max-age', '1', '--at', later).status).toBe(EXIT.refused)

    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' })
    writeFileSync(at('stranger.jwk'), JSON.stringify(stranger))
    const other = full()
    other[other.indexOf('--desk-key') + 1] = at('stranger.jwk')
    const untrusted = bank(...other)
    expect([untrusted.status, untrusted.check('signer')]).toEqual([
      EXIT.refused,
      'refused SIGNER_NOT_TRUSTED jws.header.kid',
    ])

    expect(bank(...full(), '--seen', at('seen')).status).toBe(EXIT.ok)
    const again = bank(...full(), '--seen', at('seen'))
    expect([again.status, again.check('replay')]).toEqual([EXIT.refused, 'refused REPLAYED payload.requestId'])

    const text = readFileSync(at('card.bundle'), 'utf8')
    const middle = Math.floor(text.length / 2)
    const letter = text[middle] === 'A' ? 'B' : 'A'
    writeFileSync(at('changed.bundle'), `${text.slice(0, middle)}${letter}${text.slice(middle + 1)}`)
    const args = full()
    args[args.indexOf('--bundle') + 1] = at('changed.bundle')
    const changed = bank(...args)
    expect([changed.status, changed.check('signature')]).toEqual([
      EXIT.refused,
      'refused SIGNATURE_WRONG jws.signature',
    ])
  })

  test('an encrypted one opens with the recipient’s key alone', () => {
    const args = ['--bundle', at('sealed.bundle'), '--trust', trust, '--policy', 'kyc', '--desk-key', at('desk.jwks')]
    const opened = bank(...args, '--key', at('bank-private.jwk'))
    expect([opened.status, opened.check('encryption')]).toEqual([EXIT.ok, 'passed PASSED'])
    expect(bank(...args).check('encryption')).toBe('refused RECIPIENT_KEY_MISSING jwe')
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' })
    writeFileSync(at('other-private.jwk'), JSON.stringify(other))
    expect(bank(...args, '--key', at('other-private.jwk')).check('encryption')).toBe(
      'refused RECIPIENT_OTHER jwe.header.kid',
    )
  })

  test('the authority’s request is written for its owner alone, and not of a refused bundle', () => {
    expect(bank(...full(), '--authority-request', at('request.json')).status).toBe(EXIT.ok)
    expect(statSync(at('request.json')).mode & 0o777).toBe(0o600)
    const request = JSON.parse(readFileSync(at('request.json'), 'utf8'))
    expect(request).toMatchObject({
      requestId: made.requestId,
      challenge: Buffer.from(CHALLENGE, 'hex').toString('base64'),
      challengeSource: 'relying-party',
    })
    const dg1 = readFileSync(join(sample, 'EF.DG1.bin'))
    expect(Buffer.from(request.dg1, 'base64').equals(dg1)).toBe(true)
    const refused = full()
    refused[refused.indexOf('--nonce') + 1] = 'other'
    bank(...refused, '--authority-request', at('refused.json'))
    expect(existsSync(at('refused.json'))).toBe(false)
  })

  test('people are told in both languages what each proof is worth', () => {
    const env = { HOME: mkdtempSync(join(folder, 'home-')) }
    for (const [language, text] of [
      ['vi', 'Chip đã ký thử thách của chính bên kiểm tra'],
      ['en', "The chip signed the verifier's own challenge"],
    ] as const) {
      const { stdout, status } = spawnSync(process.execPath, [CCCD, 'verify', ...full(), '--lang', language], {
        encoding: 'utf8',
        env,
      })
      expect(status).toBe(EXIT.ok)
      expect(stdout).toContain(text)
    }
  })

  test('faults of what was typed and of key files are told before a card is asked for, and repeat nothing', () => {
    const none = { ...rig.env, PCSCLITE_CSOCK_NAME: at('nobody') }
    const early = (...args: string[]) => {
      const { status, stdout } = spawnSync(process.execPath, [CCCD, 'read', '--json', '--can', '123456', ...args], {
        encoding: 'utf8',
        env: { ...none, HOME: deskHome },
      })
      return { status, ...JSON.parse(stdout).error }
    }
    expect(early('--nonce', 'x')).toMatchObject({ status: EXIT.usage, code: 'USAGE' })
    expect(early('--bundle', at('b'), '--nonce', 'two words')).toMatchObject({ status: EXIT.usage })
    writeFileSync(at('bad.jwk'), '{"kty":"EC","secret":"hunter2"')
    const bad = early('--bundle', at('b'), '--bundle-recipient', at('bad.jwk'))
    expect(bad).toMatchObject({ status: EXIT.file, code: 'KEY_MALFORMED', facts: { file: at('bad.jwk') } })
    expect(JSON.stringify(bad)).not.toContain('hunter2')
    writeFileSync(at('sign.jwk'), JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x: 'AAAA' }))
    expect(early('--bundle', at('b'), '--bundle-recipient', at('sign.jwk'))).toMatchObject({
      code: 'KEY_MALFORMED',
      facts: { file: at('sign.jwk'), field: 'crv' },
    })
    expect(early('--bundle', join(folder, 'no', 'where'))).toMatchObject({ status: EXIT.file, code: 'ENOENT' })
    expect(existsSync(at('b'))).toBe(false)
  })

  test('verify takes a folder or a bundle, not both, and no expectation without a bundle', () => {
    for (const args of [
      [],
      ['./card', '--bundle', 'x'],
      ['./card', '--nonce', 'x'],
      ['--bundle', 'x', '--max-age', '-1'],
    ]) {
      const { status } = desk('verify', '--json', ...args)
      expect([args, status]).toEqual([args, EXIT.usage])
    }
    expect(desk('verify', '--bundle', at('nothing')).status).toBe(EXIT.file)
  })

  test('something huge, empty or foreign in place of a bundle is refused', () => {
    writeFileSync(at('huge'), 'A'.repeat(9_000_000))
    writeFileSync(at('empty'), '')
    expect(bank('--bundle', at('huge'), '--trust', trust).check('form')).toBe('refused TOO_LARGE bundle')
    expect(bank('--bundle', at('empty'), '--trust', trust).check('form')).toBe('refused NOT_A_BUNDLE bundle')
    expect(bank('--bundle', CCCD, '--trust', trust).status).toBe(EXIT.refused)
  })
})
