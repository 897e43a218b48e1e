/**
 * One call to a server that the operator named: bounded in time and size, over a connection of its own, without following
 * redirects. No error tells the address, a header or a body: they hold tokens and personal data.
 */
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { ConnectorError } from '@cccd/card-core'

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** From the first byte out to the last byte in. */
  readonly timeoutMs: number
  /** A longer answer is refused. */
  readonly maxBytes: number
  /** The status is all that matters: the body is not waited for, nor taken. */
  readonly statusOnly?: boolean
  /** Certificates in PEM instead of the system's. */
  readonly ca?: string
  /** Gives the call up, as when the desk closes. */
  readonly signal?: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  /** In lower case, without parameters; empty when there was none. */
  readonly contentType: string
  /** Retry-After as it came. */
  readonly retryAfter: string | null
  readonly body: Uint8Array
}

/** Makes the call. Throws ConnectorError CONNECTOR_TIMEOUT, CONNECTOR_UNREACHABLE, or CONNECTOR_REPLY_MALFORMED where the
 * answer is too large or a redirect. Any other status is an answer. */
export function httpCall(call: HttpCall): Promise<HttpAnswer> {
  const { url, method } = call
  const body = typeof call.body === 'string' ? new TextEncoder().encode(call.body) : call.body
  return new Promise((resolve, reject) => {
    let settled = false
    const end = (settle: () => void): void => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      call.signal?.removeEventListener('abort', abandon)
      settle()
    }
    const fail = (error: ConnectorError): void =>
      end(() => {
        reject(error)
        sent.destroy()
      })
    const abandon = (): void => fail(new ConnectorError('CONNECTOR_UNREACHABLE', 'the call was given up'))
    const timer = setTimeout(() => {
      fail(new ConnectorError('CONNECTOR_TIMEOUT', `no whole answer within ${call.timeoutMs} ms`))
    }, call.timeoutMs)
    const options = {
      method,
      // A connection of its own: none is left open, and none that the other end has given up is used again.
      agent: false as const,
      headers: {
        accept: 'application/json',
        'user-agent': 'cccd-desk',
        ...(body === undefined ? {} : { 'content-length': String(body.length) }),
        ...call.headers,
      },
      ...(call.ca === undefined ? {} : { ca: call.ca }),
    }
    const sent = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options)
    sent.on('error', error => fail(unreachable(error)))
    sent.on('response', response => {
      const status = response.statusCode ?? 0
      if (status >= 300 && status < 400) {
        fail(malformed('a redirect is not followed', status))
        return
      }
      const [contentType = ''] = (response.headers['content-type'] ?? '').split(';')
      const answered = (body: Uint8Array): void =>
        end(() =>
          resolve({
            status,
            contentType: contentType.trim().toLowerCase(),
            retryAfter: response.headers['retry-after'] ?? null,
            body,
          }),
        )
      if (call.statusOnly === true) {
        answered(new Uint8Array())
        sent.destroy()
        return
      }
      const chunks: Uint8Array[] = []
      let length = 0
      response.on('data', (chunk: Uint8Array) => {
        length += chunk.length
        if (length > call.maxBytes) fail(malformed(`an answer of more than ${call.maxBytes} bytes`, status))
        else chunks.push(chunk)
      })
      response.on('error', error => fail(unreachable(error)))
      response.on('close', () => {
        if (!response.complete) fail(new ConnectorError('CONNECTOR_UNREACHABLE', 'the answer broke off'))
      })
      response.on('end', () => {
        if (response.complete) answered(joined(chunks, length))
      })
    })
    if (call.signal?.aborted) abandon()
    else {
      call.signal?.addEventListener('abort', abandon)
      sent.end(body)
    }
  })
}

/** The JSON value of an answer. Throws ConnectorError CONNECTOR_REPLY_MALFORMED when its type is another or it is none. */
export function jsonOf(answer: HttpAnswer): unknown {
  if (!/^(?:application|text)\/(?:[\w.-]+\+)?json$/.test(answer.contentType))
    throw malformed('the answer is not declared as JSON', answer.status)
  try {
    // A byte order mark in front is dropped by the decoder.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(answer.body)) as unknown
  } catch {
    throw malformed('the answer is no JSON', answer.status)
  }
}

/** What a status that is no success means. */
export function refusalOf(status: number): ConnectorError {
  return status >= 500
    ? new ConnectorError('CONNECTOR_SERVER_FAILED', `the server answered ${status}`, { httpStatus: status })
    : new ConnectorError('CONNECTOR_REFUSED', `the server answered ${status}`, { httpStatus: status })
}

/** An answer that is not what it should be; the message says what, never what it held. */
export function malformed(message: string, httpStatus?: number): ConnectorError {
  return new ConnectorError('CONNECTOR_REPLY_MALFORMED', message, httpStatus === undefined ? {} : { httpStatus })
}

/** Only the system's short code: a message of the library can hold the address. */
function unreachable(error: unknown): ConnectorError {
  const code = (error as { code?: unknown }).code
  const step = typeof code === 'string' && /^[A-Z0-9_]{1,60}$/.test(code) ? code : 'connection'
  return new ConnectorError('CONNECTOR_UNREACHABLE', `no connection to the server (${step})`, { step })
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
