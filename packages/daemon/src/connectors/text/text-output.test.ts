import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ReadStream } from 'node:tty'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type Cable, cableMissing, layCable } from '../../../../../tools/rig/pseudo-terminal.ts'
import { invented } from '../../testing/invented-person.ts'
import { connectorsConfigSchema, type TextOutputConfig } from '../config.ts'
import { TextOutput } from './text-output.ts'

const person = invented()
const output = (given: object): TextOutput =>
  new TextOutput(
    connectorsConfigSchema.parse({ text: [{ id: 'a', label: 'a', template: '{fullName}{TAB}{ENTER}', ...given }] })
      .text[0] as TextOutputConfig,
  )

describe('a text that is given back', () => {
  test('is the template filled, with the line ends that were asked for', async () => {
    for (const [enter, sign] of [
      ['cr', '\r'],
      ['lf', '\n'],
      ['crlf', '\r\n'],
    ] as const)
      expect(await output({ enter }).send(person)).toEqual({ kind: 'reply', text: `TRẦN THỊ THỬ NGHIỆM\t${sign}` })
  })

  test('in plain letters loses its marks and nothing else', async () => {
    expect(await output({ encoding: 'ascii', template: 'Tên: {fullName}' }).send(person)).toEqual({
      kind: 'reply',
      text: 'Ten: TRAN THI THU NGHIEM',
    })
  })
})

const folder = mkdtempSync(join(tmpdir(), 'cccd-text-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a text into a file', () => {
  const to = (path: string, more: object = {}): TextOutput =>
    output({ target: { kind: 'file', path }, enter: 'lf', ...more })

  test('is appended, whole, one after another, for the owner alone', async () => {
    const path = join(folder, 'line.txt')
    const target = to(path, { template: '{personalNumber} {fullName}{ENTER}' })
    await Promise.all(Array.from({ length: 20 }, () => target.send(person)))
    const line = '999190000001 TRẦN THỊ THỬ NGHIỆM\n'
    expect(readFileSync(path, 'utf8')).toBe(line.repeat(20))
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('in UTF-16 has its bytes', async () => {
    const path = join(folder, 'utf16.txt')
    expect(await to(path, { encoding: 'utf-16le', template: '{fullName}' }).send(person)).toEqual({
      kind: 'sent',
      bytes: 38,
    })
    expect(readFileSync(path).toString('utf16le')).toBe('TRẦN THỊ THỬ NGHIỆM')
  })

  test.skipIf(process.platform === 'win32')(
    'does not follow a link, and writes to nothing but files and pipes',
    async () => {
      const aim = join(folder, 'aim.txt')
      symlinkSync(aim, join(folder, 'link.txt'))
      mkdirSync(join(folder, 'dir'))
      for (const path of [join(folder, 'link.txt'), join(folder, 'dir'), '/dev/null', join(folder, 'no', 'such')])
        await expect(to(path).send(person)).rejects.toMatchObject({ code: 'TEXT_TARGET_FAILED', facts: { file: path } })
      expect(existsSync(aim)).toBe(false)
    },
  )

  test.skipIf(process.platform === 'win32')(
    'a pipe that somebody reads gets it, one that nobody reads is an error at once',
    async () => {
      const path = join(folder, 'pipe')
      expect(spawnSync('mkfifo', [path]).status).toBe(0)
      await expect(to(path).send(person)).rejects.toMatchObject({ facts: { step: 'nobody reads the pipe' } })
      const reader = spawn('head', ['-c', '29', path])
      const heard = new Promise<string>(resolve => {
        let text = ''
        reader.stdout.setEncoding('utf8').on('data', chunk => {
          text += String(chunk)
        })
        reader.on('close', () => resolve(text))
      })
      // The reader takes a moment to open its end.
      for (let i = 0; i < 200; i++) {
        try {
          await to(path).send(person)
          break
        } catch (error) {
          expect(error).toMatchObject({ facts: { step: 'nobody reads the pipe' } })
          await new Promise(resolve => setTimeout(resolve, 10))
        }
      }
      expect(await heard).toBe('TRẦN THỊ THỬ NGHIỆM\t\n')
    },
  )

  test('an error tells nothing of the person', async () => {
    const error = await to(join(folder, 'dir'))
      .send(person)
      .catch((thrown: unknown) => thrown)
    const { message, stack, facts } = error as Error & { facts: unknown }
    expect(`${message}${stack}${JSON.stringify(facts)}`).not.toMatch(/NGHIỆM|999190000001/)
  })
})

const missing = cableMissing()
describe.skipIf(missing)(`a text down a COM port${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let cable: Cable
  let far: ReadStream
  let heard = ''
  const outputs: TextOutput[] = []
  beforeAll(async () => {
    cable = await layCable()
    far = new ReadStream(openSync(join(dirname(cable.port), 'scanner'), 'r+'))
    far.setEncoding('utf8').on('data', text => {
      heard += text
    })
  })
  afterEach(async () => {
    for (const one of outputs.splice(0)) await one.close()
    heard = ''
  })
  afterAll(async () => {
    far?.destroy()
    await cable?.remove()
  })

  const to = (more: object = {}, serial: object = {}): TextOutput => {
    const one = output({ target: { kind: 'serial', path: cable.port, timeoutMs: 3000, ...serial }, ...more })
    outputs.push(one)
    return one
  }

  /** Waits until the other end has heard so much, and a moment longer for what should not come. */
  async function hear(length: number): Promise<string> {
    for (let i = 0; i < 600 && heard.length < length; i++) await new Promise(resolve => setTimeout(resolve, 5))
    await new Promise(resolve => setTimeout(resolve, 30))
    const all = heard
    heard = ''
    return all
  }

  test('arrives with its keys, in UTF-8 and in plain letters', async () => {
    const text = '999190000001\tTRẦN THỊ THỬ NGHIỆM\t15081990\t1\r'
    const template = '{personalNumber}{TAB}{fullName}{TAB}{dateOfBirth|ddMMyyyy}{TAB}{sex|0,1}{ENTER}'
    expect(await to({ template }).send(person)).toEqual({ kind: 'sent', bytes: Buffer.byteLength(text) })
    expect(await hear(text.length)).toBe(text)
    await outputs.pop()?.close()
    const sent = await to({ template, encoding: 'ascii' }, { dataBits: 7, parity: 'even', baud: 115_200 }).send(person)
    const plain = '999190000001\tTRAN THI THU NGHIEM\t15081990\t1\r'
    expect(sent).toEqual({ kind: 'sent', bytes: plain.length })
    expect(await hear(plain.length)).toBe(plain)
  })

  test('several at once arrive one after another, unmixed', async () => {
    const target = to({ template: '{personalNumber}{ENTER}' })
    await Promise.all(Array.from({ length: 5 }, () => target.send(person)))
    expect(await hear(5 * 13)).toBe('999190000001\r'.repeat(5))
  })

  test('a card with control characters presses no key', async () => {
    const card = invented({ fields: [{ name: 'fullName', value: 'A\rB\u0003\u001b[6n\tC', source: 'chip' }] })
    const sent = await to({ template: '{fullName}{ENTER}' }).send(card)
    expect(sent).toEqual({ kind: 'sent', bytes: 9 })
    expect(await hear(9)).toBe('A B[6n C\r')
  })

  test('a port that is not there is an error that says so, and the next text goes out', async () => {
    await expect(to({}, { path: '/dev/ttyNONE' }).send(person)).rejects.toMatchObject({
      code: 'TEXT_TARGET_FAILED',
      facts: { file: '/dev/ttyNONE', step: 'no such port' },
    })
    await to({ template: 'ok{ENTER}' }).send(person)
    expect(await hear(3)).toBe('ok\r')
  })

  test('a port that was unplugged between two texts is opened anew', async () => {
    const target = to({ template: '1{ENTER}' })
    await target.send(person)
    expect(await hear(2)).toBe('1\r')
    far.destroy()
    await cable.unplug()
    await expect(target.send(person)).rejects.toMatchObject({ code: 'TEXT_TARGET_FAILED' })
    await cable.plug()
    far = new ReadStream(openSync(join(dirname(cable.port), 'scanner'), 'r+'))
    far.setEncoding('utf8').on('data', text => {
      heard += text
    })
    await target.send(person)
    expect(await hear(2)).toBe('1\r')
  })

  test('a file in the place of a port is refused', async () => {
    const path = join(folder, 'no-port')
    writeFileSync(path, '')
    await expect(to({}, { path }).send(person)).rejects.toMatchObject({ code: 'TEXT_TARGET_FAILED' })
    expect(readFileSync(path, 'utf8')).toBe('')
  })
})
