import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readingHangUps, readTty, type UnixPort } from './tty-read.ts'

/** A port on a file, which like a terminal that hung up reads as zero bytes at its end. */
function fileOf(text: string): { -readonly [K in keyof UnixPort]: UnixPort[K] } {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-tty-'))
  writeFileSync(join(folder, 'tty'), text)
  const fd = openSync(join(folder, 'tty'), 'r')
  onTestFinished(() => {
    closeSync(fd)
    rmSync(folder, { recursive: true, force: true })
  })
  return { isOpen: true, fd, poller: { once: () => undefined } }
}

const into = () => ({ buffer: Buffer.alloc(8), offset: 2, length: 6 })

test('zero bytes are a device that went away, after all that came before', async () => {
  const port = { ...fileOf('abc') }
  const { buffer, bytesRead } = await readTty(port, into())
  expect([bytesRead, buffer.toString('latin1', 2, 5)]).toEqual([3, 'abc'])
  await expect(readTty({ ...port, fd: fileOf('').fd }, into())).rejects.toMatchObject({ disconnect: true })
})

test('a port that we closed ourselves is no device that went away', async () => {
  const port = fileOf('')
  port.isOpen = false
  await expect(readTty(port, into())).rejects.toMatchObject({ canceled: true })
  await expect(readTty({ ...port, isOpen: true, fd: null }, into())).rejects.toMatchObject({ canceled: true })
})

test('other errors are handed on', async () => {
  await expect(readTty({ ...fileOf(''), fd: 1_000_000 }, into())).rejects.toMatchObject({ code: 'EBADF' })
})

test('ports of Windows, which have no poller, are left as they are', () => {
  const windows = { fd: 3, read: () => 'its own' }
  readingHangUps(windows)
  readingHangUps(undefined)
  expect(windows.read()).toBe('its own')
})
