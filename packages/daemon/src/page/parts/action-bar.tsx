import type { JSX, RefObject } from 'preact'
import type { Visit } from '../desk-state.ts'
import type { ExportChoice } from '../export-choices.ts'
import { WORDS } from '../words/desk-words.ts'
import { ChevronIcon, CopyIcon, ExportIcon, NextIcon, StopIcon } from './icons.tsx'
import { Key, useWord } from './words.tsx'

/** The clerk's moves, always at the lower edge; the one that ends every visit is the largest. */
export function ActionBar(given: {
  readonly visit: Visit
  readonly exports: readonly ExportChoice[]
  readonly menu: RefObject<HTMLDetailsElement>
  readonly onNext: () => void
  readonly onCopyAll: () => void
}): JSX.Element {
  const word = useWord()
  const { stage } = given.visit
  const over = stage === 'done' || stage === 'failed'
  const closeMenu = (): void => given.menu.current?.removeAttribute('open')
  return (
    <section class="actions" aria-label={word({ vi: 'Thao tác', en: 'Actions' })}>
      {stage === 'done' ? (
        <>
          <button type="button" onClick={given.onCopyAll} aria-keyshortcuts="F4">
            <CopyIcon />
            <span class="label">{word(WORDS.copyAll)}</span>
            <Key name="F4" />
          </button>
          <details class="menu" ref={given.menu}>
            <summary class="button" aria-keyshortcuts="F8">
              <ExportIcon />
              <span class="label">{word(WORDS.export)}</span>
              <Key name="F8" />
              <ChevronIcon />
            </summary>
            <ul>
              {given.exports.map(({ id, title, run }) => (
                <li key={id}>
                  <button
                    type="button"
                    onClick={() => {
                      closeMenu()
                      run()
                    }}
                  >
                    {title}
                  </button>
                </li>
              ))}
            </ul>
          </details>
        </>
      ) : null}
      <button type="button" class={over ? 'primary next' : 'next'} onClick={given.onNext} aria-keyshortcuts="F2 Escape">
        {over ? <NextIcon /> : <StopIcon />}
        <span class="label">{word(over ? WORDS.nextPatient : WORDS.cancel)}</span>
        <Key name="F2" />
      </button>
    </section>
  )
}
