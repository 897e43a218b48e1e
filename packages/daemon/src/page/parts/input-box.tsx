import type { JSX, RefObject } from 'preact'
import { useState } from 'preact/hooks'
import type { DeskState } from '../desk-state.ts'
import { recognise } from '../scan-input.ts'
import { damageWords, INPUT_WORDS, inputStateWords } from '../words/input-words.ts'
import { PictureIcon, QrIcon, WarnIcon } from './icons.tsx'
import { useWord } from './words.tsx'

/** Takes what a scanner types, what a person types, and a picture that is chosen; dropped and pasted ones come from the
 * whole page. Nothing in it is kept by the browser. */
export function InputBox(given: {
  readonly box: RefObject<HTMLTextAreaElement>
  readonly picture: DeskState['picture']
  readonly onText: (text: string) => void
  readonly onPicture: (picture: Blob) => void
}): JSX.Element {
  const word = useWord()
  const [text, setText] = useState('')
  const recognised = recognise(text)
  const saying = inputStateWords(recognised)
  const damage = recognised.kind === 'ready' ? damageWords(recognised.damage) : []
  const { picture } = given
  const submit = (): void => {
    if (recognised.kind === 'ready') given.onText(text)
    else given.box.current?.focus()
  }
  return (
    <form
      class="input"
      autocomplete="off"
      onSubmit={event => {
        event.preventDefault()
        submit()
      }}
    >
      <label for="scan">{word(INPUT_WORDS.label)}</label>
      <div class="input-row">
        <span class="input-box">
          <QrIcon />
          <textarea
            id="scan"
            ref={given.box}
            rows={recognised.kind === 'lines' || text.includes('\n') ? 3 : 1}
            value={text}
            onInput={event => setText(event.currentTarget.value)}
            onKeyDown={event => {
              // Enter reads; only between the lines of an MRZ it is a line end.
              if (event.key !== 'Enter' || event.isComposing || recognised.kind === 'lines') return
              event.preventDefault()
              submit()
            }}
            maxLength={8000}
            autocomplete="off"
            autocapitalize="off"
            spellcheck={false}
            aria-describedby="scan-hint scan-state"
            aria-invalid={recognised.kind === 'refused'}
          />
        </span>
        <button type="submit" class="primary">
          {word(INPUT_WORDS.read)} <kbd>Enter</kbd>
        </button>
      </div>
      <div class="input-foot">
        <p id="scan-hint" class="hint">
          {word(INPUT_WORDS.hint)}
        </p>
        <label class="file">
          <PictureIcon />
          {word(INPUT_WORDS.picture)}
          <input
            type="file"
            class="hidden"
            accept="image/png,image/jpeg,image/webp"
            onChange={event => {
              const [file] = event.currentTarget.files ?? []
              event.currentTarget.value = ''
              if (file) given.onPicture(file)
            }}
          />
        </label>
      </div>
      <div id="scan-state" class="input-state" role="status">
        {saying === null ? null : (
          <p class={recognised.kind === 'refused' ? 'refused' : recognised.kind === 'ready' ? 'ready' : ''}>
            {recognised.kind === 'refused' ? <WarnIcon /> : null}
            {word(saying)}
          </p>
        )}
        {damage.map(one => (
          <p key={one.en} class="warned">
            <WarnIcon />
            {word(one)}
          </p>
        ))}
        {picture === 'looking' ? <p>{word(INPUT_WORDS.pictureReading)}</p> : null}
        {typeof picture === 'object' ? (
          <p class="refused">
            <WarnIcon />
            {word(picture.trouble)}
          </p>
        ) : null}
      </div>
    </form>
  )
}
