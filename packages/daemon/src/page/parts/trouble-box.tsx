import type { ComponentChildren, JSX } from 'preact'
import type { Trouble } from '../trouble.ts'
import { WarnIcon } from './icons.tsx'
import { Both, useWord } from './words.tsx'

/** An error: what it is and what to do in both languages, its code for whoever is called to help. */
export function TroubleBox({ trouble, children }: { trouble: Trouble; children?: ComponentChildren }): JSX.Element {
  const word = useWord()
  const { words, hint, code, triesLeft } = trouble
  return (
    <div class="trouble" role="alert">
      <WarnIcon />
      <div class="trouble-text">
        <p class="trouble-words">
          <Both block text={words} />
        </p>
        {hint === undefined ? null : (
          <p class="trouble-hint">
            <Both block text={hint} />
          </p>
        )}
        {triesLeft === undefined ? null : (
          <p class="trouble-hint">
            <Both
              block
              text={{ vi: `Thẻ còn cho thử ${triesLeft} lần.`, en: `The card allows ${triesLeft} more tries.` }}
            />
          </p>
        )}
        <p class="trouble-code">
          {word({ vi: 'Mã lỗi', en: 'Error code' })} <code>{code}</code>
        </p>
        {children}
      </div>
    </div>
  )
}
