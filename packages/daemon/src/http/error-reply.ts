import { CardToolkitError, type ErrorCode } from '@cccd/mrz'
import { DeskError, type DeskErrorCode, type DeskErrorFacts, type ErrorBody } from '../api/errors.ts'
import { ERROR_REPLIES } from './error-table.ts'

/** Status and body for an error. An unknown one is INTERNAL and tells nothing of itself: its message may hold anything. */
export function errorReply(error: unknown): { readonly status: number; readonly body: ErrorBody } {
  if (error instanceof CardToolkitError || error instanceof DeskError) {
    return replyOf(error.code, error.message, error.facts)
  }
  const status = (error as { statusCode?: unknown } | null)?.statusCode
  const code = (error as { code?: unknown } | null)?.code
  if (typeof status === 'number' && status >= 400 && status < 500) return ofHttp(status, code)
  return replyOf('INTERNAL', 'a fault of the program', {})
}

function replyOf(
  code: ErrorCode | DeskErrorCode,
  message: string,
  facts: DeskErrorFacts,
): { readonly status: number; readonly body: ErrorBody } {
  const { status, vi, en } = ERROR_REPLIES[code]
  return { status, body: { error: { code, message, vi, en, facts } } }
}

/** What fastify refused before a route saw it. */
function ofHttp(status: number, code: unknown): { readonly status: number; readonly body: ErrorBody } {
  switch (status) {
    case 404:
      return replyOf('NOT_FOUND', 'there is nothing here', {})
    case 413:
      return replyOf('BODY_TOO_LARGE', 'the body is too large', {})
    case 415:
      return replyOf('CONTENT_TYPE_REFUSED', 'this content type is not taken here', {})
    case 429:
      return replyOf('RATE_LIMITED', 'too many requests', {})
    default:
      return replyOf(
        'REQUEST_MALFORMED',
        typeof code === 'string' ? `refused: ${code}` : 'the request is malformed',
        {},
      )
  }
}
