// Reads with known secrets and searches for them wherever they have no business: errors, logs, transcripts, reports,
// temporary files. What a person asked for by name (the fields on stdout, the folder of --out) is not searched.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  CardToolkitError,
  deriveKey,
  digest,
  formatTranscript,
  recording,
  run,
  toHex,
  utf8,
  withStatusHandling,
} from '@cccd/card-core'
import { readDocument } from '@cccd/card-reader'
import { chipChannel, createChip, type Fault } from '@cccd/card-simulator'
import { writeDocumentFolder } from '@cccd/card-simulator/document-folder'
import { testDocument } from '@cccd/fixtures'
import { accessKeysFromQr, mrzInformation, transliterate } from '@cccd/mrz'
import { POLICIES, trustAnchors, verifyDocument } from '@cccd/verifier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Rig, rigMissing, startRig } from '../../tools/rig/pcscd.ts'
import { createOutput, reportError } from './output.ts'

const CCCD = fileURLToPath(new URL('../cccd.mjs', import.meta.url))
const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length))

const made = await testDocument({ aa: 'rsa' })
const { holder, qr, mrzLines: lines, document } = made

/** Every secret of the card, under a name that may be printed. */
function secrets(): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const add = (name: string, text: string | undefined): void => {
    if (text && text.length >= 4) found.set(name, text)
  }
  add('personal number', holder.personalNumber)
  add('document number', holder.personalNumber.slice(3))
  add('CAN', document.secrets.can)
  add('full name', holder.fullName)
  add('name in the MRZ', transliterate(holder.fullName))
  add('name in the MRZ, with fillers', transliterate(holder.fullName).replaceAll(' ', '<'))
  add('place of residence', holder.placeOfResidence)
  add('place of origin', holder.placeOfOrigin)
  for (const parent of holder.parents ?? []) add(`parent ${parent.length}`, parent)
  for (const [i, line] of lines.entries()) add(`MRZ line ${i + 1}`, line)
  add('QR', qr)
  const bacKey = document.secrets.bacKey
  if (bacKey) {
    const information = mrzInformation(bacKey)
    const kSeed = digest('sha1', utf8(information)).subarray(0, 16)
    add('MRZ information', information)
    add('kSeed', toHex(kSeed))
    add('kEnc', toHex(deriveKey(kSeed, 1, '3DES')))
    add('kMac', toHex(deriveKey(kSeed, 2, '3DES')))
  }
  if (document.secrets.can) add('kPi', toHex(deriveKey(utf8(document.secrets.can), 3, 'AES-128')))
  for (const key of document.secrets.chipAuthentication ?? []) add('chip key', toHex(key.privateKey))
  const active = document.secrets.activeAuthentication
  if (active) add('active key', toHex(active.pkcs8).slice(-64))
  const portrait = holder.portrait
  if (portrait) add('portrait', toHex(portrait.subarray(600, 632)))
  return found
}

/** The names of the secrets in a text: as they stand, as hex of their UTF-8, in base64, in either case. */
function secretsIn(text: string): string[] {
  const upper = text.toUpperCase()
  return [...secrets()].flatMap(([name, secret]) => {
    const bytes = /^[0-9A-F]{32,}$/.test(secret) ? Buffer.from(secret, 'hex') : Buffer.from(secret)
    // base64 of the middle, which is the same whatever stands before it but for three alignments.
    const encodings = [
      secret,
      bytes.toString('hex'),
      ...[0, 1, 2].map(skip =>
        bytes.subarray(skip, skip + 3 * Math.floor((bytes.length - skip) / 3)).toString('base64'),
      ),
    ]
    return encodings.some(one => one.length >= 6 && upper.includes(one.toUpperCase())) ? [name] : []
  })
}

/** All that an error could print anywhere: itself, its facts, its stack, its causes. */
function everythingOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const facts = error instanceof CardToolkitError ? JSON.stringify(error.facts) : ''
  return [error.name, error.message, facts, error.stack ?? '', everythingOf(error.cause ?? '')].join('\n')
}

test('the search finds a secret in every encoding it knows, and none in an innocent text', () => {
  expect(secretsIn(`log: ${holder.fullName.toLowerCase()}`)).toContain('full name')
  expect(secretsIn(Buffer.from(`xx${holder.fullName}`).toString('hex'))).toContain('full name')
  for (const before of ['', 'x', 'xx']) {
    expect(secretsIn(Buffer.from(`${before}${holder.placeOfResidence}`).toString('base64'))).toContain(
      'place of residence',
    )
  }
  expect(secretsIn(toHex(holder.portrait as Uint8Array))).toContain('portrait')
  expect(secretsIn('ACCESS_KEY_WRONG: no key fits this card')).toEqual([])
})

test('no error, at whatever APDU a fault strikes, holds a secret', async () => {
  const keys = accessKeysFromQr(qr)
  const kinds: ((at: number) => Fault)[] = [
    at => ({ kind: 'removed', at }),
    at => ({ kind: 'mute', at }),
    at => ({ kind: 'wrongMac', at }),
    at => ({ kind: 'answer', at, bytes: new Uint8Array() }),
    at => ({ kind: 'answer', at, bytes: Uint8Array.of(0x90) }),
    at => ({ kind: 'answer', at, bytes: Uint8Array.of(0x6f, 0) }),
    at => ({ kind: 'answer', at, bytes: random(40) }),
  ]
  let errors = 0
  for (const access of [['PACE', 'BAC'], ['BAC']] as const) {
    for (let at = 0; at < 24; at++) {
      for (const fault of kinds) {
        const chip = createChip(document, { access, random })
        const channel = withStatusHandling(chipChannel(chip, { faults: [fault(at)] }))
        try {
          await run(readDocument({ accessKeys: keys, random }), channel)
        } catch (error) {
          errors++
          expect(secretsIn(everythingOf(error))).toEqual([])
          const shown: string[] = []
          const streams = {
            stdout: { write: (text: string) => shown.push(text) },
            stderr: { write: (text: string) => shown.push(text) },
          }
          for (const json of [true, false])
            reportError(error, createOutput({ json, language: 'vi', streams }), streams, true)
          expect(secretsIn(shown.join(''))).toEqual([])
        }
      }
    }
  }
  expect(errors).toBeGreaterThan(100)
})

test('a redacted transcript holds no secret, one that names a test card says so', async () => {
  const read = async (options: { testCard?: string }): Promise<string> => {
    const tape = recording(chipChannel(createChip(document, { access: ['BAC'], random })), options)
    await run(readDocument({ accessKeys: accessKeysFromQr(qr), random }), withStatusHandling(tape.channel))
    return formatTranscript(tape.transcript())
  }
  expect(secretsIn(await read({}))).toEqual([])
  expect(await read({ testCard: 'fixture woman' })).toContain('fixture woman')
})

test('the report of a good and of an altered document holds no secret', async () => {
  const read = await run(
    readDocument({ accessKeys: accessKeysFromQr(qr), random }),
    withStatusHandling(chipChannel(createChip(document, { access: ['PACE', 'BAC'], random }))),
  )
  const { anchors } = trustAnchors({ certificates: [made.csca] })
  const judged = (files: typeof read.files): string =>
    JSON.stringify(verifyDocument({ files, evidence: read.evidence, anchors, policy: POLICIES.kyc, at: made.at }))
  expect(secretsIn(judged(read.files))).toEqual([])
  for (const name of ['EF.DG1', 'EF.DG13', 'EF.DG2', 'EF.SOD'] as const) {
    const bytes = Uint8Array.from(read.files[name] as Uint8Array)
    for (const at of [3, 8, Math.floor(bytes.length / 2), bytes.length - 3]) {
      const altered = Uint8Array.from(bytes)
      altered[at] = (altered[at] as number) ^ 0x41
      expect(secretsIn(judged({ ...read.files, [name]: altered }))).toEqual([])
    }
  }
})

const missing = rigMissing()
describe.skipIf(missing)(`the command itself, through pcscd${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-secrets-'))
  const temporary = join(folder, 'tmp')
  const home = join(folder, 'home')
  const card = join(folder, 'card')
  let rig: Rig

  function cccd(
    args: readonly string[],
    input = '',
  ): Promise<{ status: number | null; stdout: string; stderr: string; args: string }> {
    return new Promise(resolve => {
      const env = { ...process.env, ...rig.env, TMPDIR: temporary, HOME: home, XDG_CONFIG_HOME: home, CCCD_DEBUG: '1' }
      const child = spawn(process.execPath, [CCCD, ...args], { env })
      let stdout = ''
      let stderr = ''
      child.stdout.on('data', chunk => (stdout += String(chunk)))
      child.stderr.on('data', chunk => (stderr += String(chunk)))
      child.stdin.end(input)
      child.once('close', status => resolve({ status, stdout, stderr, args: args.join(' ') }))
    })
  }

  /** What was left in the folders where nothing was asked for. */
  function leftBehind(): string[] {
    const files = (dir: string): string[] =>
      readdirSync(dir, { withFileTypes: true, recursive: true })
        .filter(entry => entry.isFile())
        .map(entry => join(entry.parentPath, entry.name))
    return [...files(temporary), ...files(home)]
  }

  beforeAll(async () => {
    mkdirSync(temporary)
    mkdirSync(home)
    rig = await startRig()
    await writeDocumentFolder(card, { files: document.files, secrets: document.secrets, access: ['PACE', 'BAC'] })
    mkdirSync(join(card, 'trust'))
    writeFileSync(join(card, 'trust', 'csca.cer'), made.csca)
  })
  afterAll(async () => {
    await rig?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('reading, failing and being lifted leave no secret on stderr, in the transcript, in a log or in a temporary file', async () => {
    const simulated = spawn(process.execPath, [CCCD, 'simulate', '--document', card, '--port', String(rig.ports[0])], {
      env: { ...process.env, TMPDIR: temporary },
    })
    let told = ''
    for (const stream of [simulated.stdout, simulated.stderr]) stream.on('data', chunk => (told += String(chunk)))
    await new Promise<void>(resolve => simulated.stdout.once('data', () => resolve()))
    try {
      const transcript = join(folder, 'transcript.json')
      // One that was there before, for everybody to read.
      writeFileSync(transcript, '', { mode: 0o644 })
      const good = await cccd(
        ['read', '--qr', '-', '--wait', '20', '--transcript', transcript, '--trust', join(card, 'trust')],
        qr,
      )
      expect(secretsIn(good.stderr)).toEqual([])
      expect(good.stdout).toContain(holder.fullName)
      expect(secretsIn(readFileSync(transcript, 'utf8'))).toEqual([])
      if (process.platform !== 'win32') expect(statSync(transcript).mode & 0o777).toBe(0o600)
      const wrong = await cccd(['read', '--can', '000001', '--wait', '20'])
      expect(wrong.status).not.toBe(0)
      expect(secretsIn(wrong.stdout + wrong.stderr)).toEqual([])
    } finally {
      simulated.kill('SIGTERM')
      await new Promise(resolve => simulated.once('close', resolve))
    }
    expect(secretsIn(told)).toEqual([])
    expect(secretsIn(rig.log())).toEqual([])
    expect(leftBehind()).toEqual([])
  })

  test('input that is refused is not repeated', async () => {
    const [first, second, third] = lines as [string, string, string]
    const broken = second.replace(/^(.{6})./, (_, head) => `${head}${second[6] === '0' ? '1' : '0'}`)
    for (const [args, input] of [
      [['read', '--qr', '-'], `${qr.slice(0, 11)}x${qr.slice(11)}`],
      [['read', '--mrz', '-'], [first, broken, third].join('\n')],
      [['read', '--mrz', '-'], [first, second, third.slice(1)].join('\n')],
      [['read', '--number', `${holder.personalNumber}0`], ''],
    ] as const) {
      const { status, stdout, stderr } = await cccd(args, input)
      expect(status).not.toBe(0)
      expect(secretsIn(stdout + stderr)).toEqual([])
    }
    expect(leftBehind()).toEqual([])
  })
})
