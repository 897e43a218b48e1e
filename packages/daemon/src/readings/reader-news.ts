import type { ErrorCode } from '@cccd/card-core'
import type { ReaderEvent, ServiceProblem } from '../api/readers.ts'
import { ERROR_REPLIES } from '../http/error-table.ts'
import type { ReaderNews } from './reader-watch.ts'

/** Why the smart card service is not there, in words. */
export function problemOf(code: ErrorCode): ServiceProblem {
  const { vi, en } = ERROR_REPLIES[code]
  return { code, vi, en }
}

/** News of a reader or of the service as an event of the API. */
export function readerEvent(news: ReaderNews): ReaderEvent {
  if (news.type === 'reader') return { type: 'reader', ...news.reader }
  const { service, problem } = news
  return { type: 'service', service, ...(problem === undefined ? {} : { problem: problemOf(problem) }) }
}
