import type { JSX } from 'preact'
import type { FieldSource } from '../../person.ts'
import { SOURCE_WORDS } from '../words/field-words.ts'
import { ChipIcon, HandIcon, HealthIcon, LinesIcon, QrIcon } from './icons.tsx'
import { useWord } from './words.tsx'

/** Where a value came from: a word and a sign, with the meaning for whoever asks. */
export function SourceMark({ source }: { source: FieldSource }): JSX.Element {
  const word = useWord()
  const words = SOURCE_WORDS[source]
  return (
    <span class={`source from-${source}`} title={word(words.means)}>
      <SourceSign source={source} />
      {word(words)}
      <span class="hidden">, {word(words.means)}</span>
    </span>
  )
}

function SourceSign({ source }: { source: FieldSource }): JSX.Element {
  switch (source) {
    case 'chip':
      return <ChipIcon />
    case 'qr':
      return <QrIcon />
    case 'mrz':
      return <LinesIcon />
    case 'typed':
      return <HandIcon />
    case 'insurance-gateway':
      return <HealthIcon />
  }
}
