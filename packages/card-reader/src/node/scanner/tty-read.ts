import { read } from 'node:fs'
import { promisify } from 'node:util'

/** What is used of an open port of serialport on Linux and macOS. */
export interface UnixPort {
  readonly isOpen: boolean
  readonly fd: number | null
  readonly poller: { once(event: 'readable', done: (error: Error | null) => void): unknown }
}

const readFrom = promisify(read)

/**
 * Reads a terminal device, in place of serialport's own way: a terminal that hung up reads as zero bytes, and serialport
 * 13 then reads again without end or pause and never says that the device went away (serialport/bindings-cpp issue 162).
 * Here it is an error, which closes the port. Errors with `canceled` mean that we closed it ourselves.
 */
export async function readTty(
  port: UnixPort,
  given: { readonly buffer: Buffer; readonly offset: number; readonly length: number },
): Promise<{ buffer: Buffer; bytesRead: number }> {
  const { buffer, offset, length } = given
  for (;;) {
    const { fd } = port
    if (!port.isOpen || fd === null) throw Object.assign(new Error('the port is closed'), { canceled: true })
    try {
      const { bytesRead } = await readFrom(fd, buffer, offset, length, null)
      if (bytesRead > 0) return { buffer, bytesRead }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (!port.isOpen) throw Object.assign(new Error('the port is closed'), { canceled: true })
      if (code !== 'EAGAIN' && code !== 'EINTR') throw error
      await new Promise<void>((resolve, reject) => {
        port.poller.once('readable', fault => (fault ? reject(fault) : resolve()))
      })
      continue
    }
    if (port.isOpen) throw Object.assign(new Error('the device hung up'), { disconnect: true })
  }
}

/** Makes an open port read that way; ports of Windows are left as they are. */
export function readingHangUps(port: object | undefined): void {
  if (port === undefined || !('poller' in port) || !('fd' in port)) return
  const unix = port as UnixPort
  Object.assign(port, {
    read: (buffer: Buffer, offset: number, length: number) => readTty(unix, { buffer, offset, length }),
  })
}
