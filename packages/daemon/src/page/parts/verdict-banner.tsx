import { CHECK_DEFINITIONS } from '@cccd/verifier'
import type { JSX, RefObject } from 'preact'
import type { VerdictSummary } from '../../api/readings.ts'
import type { Text } from '../words/language.ts'
import { headlineOf, VERDICT_WORDS } from '../words/verdict-words.ts'
import { ColourSign } from './verdict-sign.tsx'
import { Both, useWord } from './words.tsx'

const TITLES: ReadonlyMap<string, Text> = new Map(CHECK_DEFINITIONS.map(({ id, title }) => [id, title]))

/** The one large verdict: colour, word and sign, and why, in words. Takes the focus when it comes. */
export function VerdictBanner(given: {
  readonly verdict: VerdictSummary
  readonly place: RefObject<HTMLElement>
}): JSX.Element {
  const word = useWord()
  const { colour, because } = given.verdict
  const { word: large, means, todo } = VERDICT_WORDS[colour]
  const [first] = because
  const headline = first === undefined ? means : headlineOf(first.reason, first)
  // What the headline says already is not said twice.
  const told = because.filter(({ vi }) => vi.replace(/\.$/, '') !== headline.vi)
  return (
    <section
      class={`banner verdict ${colour}`}
      ref={given.place}
      tabIndex={-1}
      aria-labelledby="verdict-word"
      aria-describedby="verdict-why"
    >
      <div class="banner-sign">
        <ColourSign colour={colour} />
      </div>
      <div class="banner-text">
        <h2 id="verdict-word" class="banner-word">
          <Both text={large} />
        </h2>
        <div id="verdict-why">
          <p class="banner-headline">
            <Both block text={headline} />
          </p>
          <p class="banner-means">
            {first === undefined ? null : `${word(means)} `}
            {word(todo)}
          </p>
        </div>
        {told.length === 0 ? null : (
          <ul class="reasons" aria-label={word({ vi: 'Lý do', en: 'Reasons' })}>
            {told.map(reason => (
              <li key={`${reason.id} ${reason.reason}`}>
                <strong>{word(TITLES.get(reason.id) ?? { vi: reason.id, en: reason.id })}:</strong> {word(reason)}
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  )
}
