import { request } from 'node:http'
import { ServiceError } from '@cccd/mrz'

const TIMEOUT_MS = 5000
const MOST_BYTES = 1 << 20

/**
 * Asks the desk of this machine's user by its socket; returns the reply's JSON, undefined for none. Throws ServiceError
 * DESK_NOT_RUNNING when nothing answers there, DESK_REFUSED with the desk's own code for a refusal.
 */
export async function askLocalDesk(
  socket: string,
  given: { readonly method: 'GET' | 'POST' | 'DELETE'; readonly path: string; readonly body?: unknown },
): Promise<unknown> {
  const { status, text } = await exchange(socket, given)
  const value: unknown = text === '' ? undefined : parsed(text)
  if (status >= 200 && status < 300) return value
  const { code, message } = (value as { error?: { code?: unknown; message?: unknown } } | undefined)?.error ?? {}
  throw new ServiceError('DESK_REFUSED', `the desk refused: ${String(code ?? status)} ${String(message ?? '')}`.trim())
}

function exchange(
  socket: string,
  { method, path, body }: { readonly method: string; readonly path: string; readonly body?: unknown },
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void =>
      reject(new ServiceError('DESK_NOT_RUNNING', `no desk answers at ${socket}`, {}, { cause }))
    const headers = { host: 'localhost', ...(method === 'POST' && { 'content-type': 'application/json' }) }
    const call = request({ socketPath: socket, method, path, headers, timeout: TIMEOUT_MS }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > MOST_BYTES) call.destroy(new Error('the reply is too long'))
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', fail)
    })
    call.on('timeout', () => call.destroy(new Error('no answer in time')))
    call.on('error', fail)
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ServiceError('DESK_REFUSED', 'what answers there is no desk', {}, { cause })
  }
}
