import type { JSX } from 'preact'
import type { DeskState } from '../desk-state.ts'
import { headlineOf, VERDICT_WORDS } from '../words/verdict-words.ts'
import { stageWords } from './progress-banner.tsx'
import { useWord } from './words.tsx'

/** Says to a screen reader what others see: each step politely, the verdict at once. */
export function Announcer({ state }: { state: DeskState }): JSX.Element {
  const word = useWord()
  const { visit } = state
  const verdict = visit?.verdict ?? null
  const [because] = verdict?.because ?? []
  const large = verdict === null ? '' : word(VERDICT_WORDS[verdict.colour].word)
  const why = because === undefined ? '' : word(headlineOf(because.reason, because))
  return (
    <div class="hidden">
      <div role="status" id="said-step">
        {visit === null || verdict !== null || visit.stage === 'failed' ? '' : word(stageWords(visit))}
      </div>
      <div role="alert" id="said-verdict">
        {[large, why].filter(Boolean).join('. ')}
      </div>
    </div>
  )
}
