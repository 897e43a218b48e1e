import type { JSX, RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { mayReadAgain, type Visit } from '../desk-state.ts'
import type { ConsentText } from '../shapes.ts'
import { WORDS } from '../words/desk-words.ts'
import { damageWords } from '../words/input-words.ts'
import { CheckList } from './check-list.tsx'
import { ConsentPanel } from './consent-panel.tsx'
import { WarnIcon } from './icons.tsx'
import { InsurancePanel } from './insurance-panel.tsx'
import { PersonCard } from './person-card.tsx'
import { ProgressBanner } from './progress-banner.tsx'
import { TroubleBox } from './trouble-box.tsx'
import { VerdictBanner } from './verdict-banner.tsx'
import { Key, useWord } from './words.tsx'

/** One person at the desk, from the scan to the verdict. */
export function VisitView(given: {
  readonly visit: Visit
  readonly checks: RefObject<HTMLDetailsElement>
  readonly withInsurance: boolean
  readonly onCopy: (text: string) => void
  readonly onReadAgain: () => void
  readonly onNext: () => void
  readonly onInsurance: () => void
  readonly onConsent: (consent: ConsentText) => void
}): JSX.Element {
  const { visit } = given
  const word = useWord()
  const verdictPlace = useRef<HTMLElement>(null)
  const troublePlace = useRef<HTMLDivElement>(null)
  const judged = visit.verdict !== null
  const failed = visit.stage === 'failed'
  // The clerk's next look, and next Tab, starts at what was found.
  useEffect(() => {
    if (judged) verdictPlace.current?.focus({ preventScroll: false })
  }, [judged])
  useEffect(() => {
    if (failed && !judged) troublePlace.current?.focus()
  }, [failed, judged])
  return (
    <div class={`visit ${visit.verdict?.colour ?? 'open'}`}>
      {visit.verdict !== null ? <VerdictBanner verdict={visit.verdict} place={verdictPlace} /> : null}
      {visit.consent === null ? null : <ConsentPanel consent={visit.consent} onConsent={given.onConsent} />}
      {visit.verdict === null && visit.consent === null && !failed ? <ProgressBanner visit={visit} /> : null}
      {visit.trouble === null ? null : (
        <div class="panel trouble-panel" ref={troublePlace} tabIndex={-1}>
          <TroubleBox trouble={visit.trouble}>
            {mayReadAgain(visit) ? (
              <button type="button" onClick={given.onReadAgain} aria-keyshortcuts="F7">
                {word(WORDS.readAgain)} <Key name="F7" />
              </button>
            ) : (
              <button type="button" onClick={given.onNext}>
                {word(WORDS.scanAgain)} <Key name="F2" />
              </button>
            )}
          </TroubleBox>
        </div>
      )}
      {visit.damage.length === 0 ? null : (
        <div class="panel warned-panel">
          {damageWords(visit.damage).map(one => (
            <p key={one.en} class="warned">
              <WarnIcon />
              {word(one)}
            </p>
          ))}
        </div>
      )}
      {visit.fields.length === 0 && failed ? null : <PersonCard visit={visit} onCopy={given.onCopy} />}
      {visit.stage === 'done' && given.withInsurance ? (
        <InsurancePanel view={visit.insurance} onAsk={given.onInsurance} onCopy={given.onCopy} />
      ) : null}
      {visit.report === null ? null : <CheckList report={visit.report} place={given.checks} />}
    </div>
  )
}
