import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { DeskState } from '../desk-state.ts'
import { LockIcon } from './icons.tsx'
import { TroubleBox } from './trouble-box.tsx'
import { Both, useWord } from './words.tsx'

/** The code that `cccd pair` shows, typed where the address did not bring it. */
export function PairingScreen(given: {
  readonly pairing: DeskState['pairing']
  readonly onCode: (code: string) => void
}): JSX.Element {
  const word = useWord()
  const box = useRef<HTMLInputElement>(null)
  const [code, setCode] = useState('')
  const { busy, trouble } = given.pairing
  useEffect(() => {
    if (!busy) box.current?.focus()
  }, [busy])
  return (
    <section class="panel pairing" aria-labelledby="pairing-title">
      <div class="pairing-sign">
        <LockIcon />
      </div>
      <h2 id="pairing-title">
        <Both block text={{ vi: 'Ghép nối trang với máy này', en: 'Pair this page with this machine' }} />
      </h2>
      <p class="lead">
        <Both
          block
          text={{
            vi: 'Chạy lệnh cccd pair trên máy này rồi nhập mã tám ký tự mà lệnh hiện ra.',
            en: 'Run cccd pair on this machine and enter the eight characters that it shows.',
          }}
        />
      </p>
      <form
        class="pairing-form"
        autocomplete="off"
        onSubmit={event => {
          event.preventDefault()
          if (!busy && code.trim() !== '') given.onCode(code.trim())
        }}
      >
        <label for="pairing-code">{word({ vi: 'Mã ghép nối', en: 'Pairing code' })}</label>
        <input
          id="pairing-code"
          ref={box}
          type="text"
          class="code"
          value={code}
          onInput={event => setCode(event.currentTarget.value)}
          placeholder="XXXX-XXXX"
          maxLength={20}
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          aria-invalid={trouble !== null}
          aria-describedby={trouble === null ? undefined : 'pairing-trouble'}
        />
        <button type="submit" class="primary" disabled={busy}>
          {busy ? word({ vi: 'Đang ghép nối…', en: 'Pairing…' }) : word({ vi: 'Ghép nối', en: 'Pair' })}
        </button>
      </form>
      {trouble === null ? null : (
        <div id="pairing-trouble">
          <TroubleBox trouble={trouble} />
        </div>
      )}
    </section>
  )
}
