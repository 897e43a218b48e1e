import type { CheckStatus, Colour } from '@cccd/verifier'
import type { JSX } from 'preact'
import type { Text } from '../words/language.ts'
import { CheckSign, CrossSign, DotSign, PauseSign, QuestionSign } from './icons.tsx'

/** Each colour has a shape of its own: nobody has to tell red from green. */
export function ColourSign({ colour }: { colour: Colour }): JSX.Element {
  switch (colour) {
    case 'green':
      return <CheckSign />
    case 'red':
      return <CrossSign />
    case 'yellow':
      return <QuestionSign />
    case 'grey':
      return <PauseSign />
  }
}

export const STATUS_WORDS: Readonly<Record<CheckStatus, Text>> = {
  successful: { vi: 'đạt', en: 'passed' },
  failed: { vi: 'không đạt', en: 'failed' },
  undetermined: { vi: 'chưa xác định', en: 'undetermined' },
  notSupported: { vi: 'thẻ không có', en: 'not on this card' },
  aborted: { vi: 'dở dang', en: 'broken off' },
}

export function StatusSign({ status }: { status: CheckStatus }): JSX.Element {
  switch (status) {
    case 'successful':
      return <CheckSign />
    case 'failed':
      return <CrossSign />
    case 'undetermined':
      return <QuestionSign />
    case 'notSupported':
      return <DotSign />
    case 'aborted':
      return <PauseSign />
  }
}
