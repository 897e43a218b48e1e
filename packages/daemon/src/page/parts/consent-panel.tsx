import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { ConsentText } from '../shapes.ts'
import { otherLanguage } from '../words/language.ts'
import { Both, useLanguage, useWord } from './words.tsx'

/** The text that the holder agrees to, for this one purpose; nothing is ticked beforehand and nothing read before. */
export function ConsentPanel(given: {
  readonly consent: ConsentText
  readonly onConsent: (consent: ConsentText) => void
}): JSX.Element {
  const { consent } = given
  const word = useWord()
  const language = useLanguage()
  const place = useRef<HTMLElement>(null)
  useEffect(() => place.current?.focus(), [])
  return (
    <section class="panel consent" ref={place} tabIndex={-1} aria-labelledby="consent-title">
      <h2 id="consent-title">
        <Both block text={{ vi: 'Cần sự đồng ý của người có thẻ', en: 'The holder has to agree first' }} />
      </h2>
      <p class="consent-text">{word(consent)}</p>
      <p class="consent-text second" lang={otherLanguage(language)}>
        {consent[otherLanguage(language)]}
      </p>
      <p class="hint">
        {word({ vi: 'Mục đích', en: 'Purpose' })}: {consent.purpose} · {word({ vi: 'bản', en: 'version' })}{' '}
        {consent.version}
      </p>
      <button type="button" class="primary" onClick={() => given.onConsent(consent)}>
        {word({ vi: 'Người có thẻ đồng ý: đọc thẻ', en: 'The holder agrees: read the card' })}
      </button>
    </section>
  )
}
