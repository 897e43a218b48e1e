import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Field } from '../../person.ts'
import type { DrawnPicture, Portrait, Visit } from '../desk-state.ts'
import { nameRendered } from '../paint-mark.ts'
import { WORDS } from '../words/desk-words.ts'
import { differenceWords, FIELD_WORDS, shownValue, WIDE_FIELDS } from '../words/field-words.ts'
import { CopyIcon, PersonIcon, WarnIcon } from './icons.tsx'
import { SourceMark } from './source-mark.tsx'
import { Both, useLanguage, useWord } from './words.tsx'

/** Everything known of the person, each value with where it came from. Name and number stand large beside the portrait. */
export function PersonCard({ visit, onCopy }: { visit: Visit; onCopy: (text: string) => void }): JSX.Element {
  const word = useWord()
  const large = visit.fields.filter(({ name }) => name === 'fullName' || name === 'personalNumber')
  const others = visit.fields.filter(field => !large.includes(field))
  const printed = visit.fields.length > 0 && visit.fields.every(({ source }) => source !== 'chip')
  useLayoutEffect(nameRendered, [visit.fields])
  return (
    <section class="panel person" aria-label={word({ vi: 'Người trên thẻ', en: 'The person on the card' })}>
      <PortraitView portrait={visit.portrait} reading={visit.stage !== 'done' && visit.stage !== 'failed'} />
      <div class="person-data">
        {printed ? (
          <p class="printed-note">
            {word({
              vi: 'Mới chỉ là thông tin in trên thẻ hoặc gõ vào; chip chưa xác nhận.',
              en: 'Only what is printed or typed so far; the chip has not confirmed it.',
            })}
          </p>
        ) : null}
        <dl class="large-fields">
          {large.map(field => (
            <FieldRow key={field.name} field={field} visit={visit} onCopy={onCopy} />
          ))}
        </dl>
        <dl class="fields">
          {others.map(field => (
            <FieldRow key={field.name} field={field} visit={visit} onCopy={onCopy} />
          ))}
        </dl>
      </div>
    </section>
  )
}

function FieldRow({
  field,
  visit,
  onCopy,
}: {
  field: Field
  visit: Visit
  onCopy: (text: string) => void
}): JSX.Element {
  const differences = visit.differences.filter(difference => difference.name === field.name)
  const language = useLanguage()
  const word = useWord()
  const { name, source } = field
  const label = FIELD_WORDS[name]
  const value = shownValue(name, field.value, language)
  return (
    <div class={`field field-${name}${WIDE_FIELDS.has(name) ? ' wide' : ''}`}>
      <dt>
        <Both text={label} />
      </dt>
      <dd class="value" data-field={name}>
        {name === 'personalNumber' ? <Grouped digits={value} /> : value}
      </dd>
      <dd class="field-tools">
        <SourceMark source={source} />
        <button
          type="button"
          class="copy"
          onClick={() => onCopy(value)}
          aria-label={`${word(WORDS.copy)}: ${word(label)}`}
          title={`${word(WORDS.copy)}: ${word(label)}`}
        >
          <CopyIcon />
        </button>
      </dd>
      {differences.map(({ source: other, kind }) => (
        <dd key={other} class="differs">
          <WarnIcon />
          {word(differenceWords(other, kind))}
        </dd>
      ))}
    </div>
  )
}

/** Twelve digits in groups of three: parted to the eye, whole when selected or read out. */
function Grouped({ digits }: { digits: string }): JSX.Element {
  const starts = [0, 3, 6, 9].filter(start => start < digits.length)
  return (
    <>
      {starts.map(start => (
        <span key={start} class="digits">
          {digits.slice(start, start === 9 ? undefined : start + 3)}
        </span>
      ))}
    </>
  )
}

function PortraitView({ portrait, reading }: { portrait: Portrait; reading: boolean }): JSX.Element {
  const word = useWord()
  if (portrait.kind === 'drawn') return <Drawn bitmap={portrait.bitmap} label={word(WORDS.portrait)} />
  const words = portrait.kind === 'none' ? WORDS.noPortrait : reading ? WORDS.portraitComing : WORDS.portraitUnread
  return (
    <div class="portrait empty">
      <PersonIcon />
      <span>{word(words)}</span>
    </div>
  )
}

/** Drawn on a canvas: the picture never has an address of its own, and goes with the element. */
function Drawn({ bitmap, label }: { bitmap: DrawnPicture; label: string }): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const place = canvas.current
    place?.getContext('2d')?.drawImage(bitmap as ImageBitmap, 0, 0)
    return () => {
      if (place) place.width = 0
    }
  }, [bitmap])
  return (
    <canvas class="portrait" ref={canvas} width={bitmap.width} height={bitmap.height} role="img" aria-label={label} />
  )
}
