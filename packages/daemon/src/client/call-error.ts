import type { ErrorCode } from '@cccd/mrz'
import type { DeskErrorCode } from '../api/errors.ts'

/** What went wrong between here and the desk, beside what the desk itself refuses. */
export type CallFault = 'DESK_UNREACHABLE' | 'REPLY_MALFORMED'

/** A call that did not give what was asked for. `vi` and `en` are for the person at the desk; `code` is for programs. */
export class DeskCallError extends Error {
  /** HTTP status; 0 where no reply came. */
  readonly status: number
  readonly code: ErrorCode | DeskErrorCode | CallFault
  readonly vi: string
  readonly en: string
  /** Where and why: `path` in the request, `retryAfterSeconds`, `scope`, `triesLeft`… */
  readonly facts: Readonly<Record<string, string | number>>
  constructor(
    given: Pick<DeskCallError, 'status' | 'code' | 'vi' | 'en'> & {
      readonly message: string
      readonly facts?: Readonly<Record<string, string | number>>
    },
    options?: ErrorOptions,
  ) {
    super(given.message, options)
    this.name = 'DeskCallError'
    this.status = given.status
    this.code = given.code
    this.vi = given.vi
    this.en = given.en
    this.facts = given.facts ?? {}
  }
}

/** Nothing answered. */
export function unreachable(cause: unknown): DeskCallError {
  const vi = 'Máy đọc trên máy này không trả lời. Khởi động cccd serve.'
  const en = 'The desk on this machine does not answer. Start cccd serve.'
  return new DeskCallError(
    { status: 0, code: 'DESK_UNREACHABLE', message: 'the desk does not answer', vi, en },
    { cause },
  )
}

/** Something answered that is no desk, or another version. */
export function malformed(status: number, cause?: unknown): DeskCallError {
  const vi = 'Máy đọc trả lời không đúng dạng. Kiểm tra phiên bản và địa chỉ.'
  const en = 'The desk answered in an unknown form. Check its version and address.'
  return new DeskCallError({ status, code: 'REPLY_MALFORMED', message: 'the reply is malformed', vi, en }, { cause })
}

/** The error of a reply that is no success. */
export async function refusalOf(response: Response): Promise<DeskCallError> {
  const { status } = response
  let value: unknown
  try {
    value = await response.json()
  } catch (cause) {
    return malformed(status, cause)
  }
  const error = isRecord(value) && isRecord(value.error) ? value.error : undefined
  if (typeof error?.code !== 'string' || typeof error.vi !== 'string' || typeof error.en !== 'string') {
    return malformed(status)
  }
  const facts: Record<string, string | number> = {}
  for (const [name, fact] of Object.entries(isRecord(error.facts) ? error.facts : {})) {
    if (typeof fact === 'string' || typeof fact === 'number') facts[name] = fact
  }
  return new DeskCallError({
    ...{ status, code: error.code as DeskErrorCode, vi: error.vi, en: error.en, facts },
    message: typeof error.message === 'string' ? error.message : error.en,
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
