import type { JSX, RefObject } from 'preact'
import { type DeskState, readerInView } from '../desk-state.ts'
import { WORDS } from '../words/desk-words.ts'
import { InputBox } from './input-box.tsx'
import { readerTrouble } from './status-bar.tsx'
import { TroubleBox } from './trouble-box.tsx'
import { Both } from './words.tsx'

/** Nobody is at the desk: what to do, large, and the box for the scan. */
export function IdleView(given: {
  readonly state: DeskState
  readonly box: RefObject<HTMLTextAreaElement>
  readonly onText: (text: string) => void
  readonly onPicture: (picture: Blob) => void
}): JSX.Element {
  const { state } = given
  const lies = state.readers?.service === 'ready' && readerInView(state)?.state === 'card'
  const trouble = readerTrouble(state)
  return (
    <section class="panel idle" aria-labelledby="place-card">
      {trouble === null ? <PlaceCardDrawing /> : null}
      <h2 id="place-card">
        <Both block text={lies ? WORDS.scanQr : WORDS.placeCard} />
      </h2>
      <p class="lead">
        <Both block text={lies ? WORDS.orType : WORDS.thenScan} />
      </p>
      {trouble === null ? null : <TroubleBox trouble={trouble} />}
      <InputBox box={given.box} picture={state.picture} onText={given.onText} onPicture={given.onPicture} />
    </section>
  )
}

function PlaceCardDrawing(): JSX.Element {
  return (
    <svg class="drawing" viewBox="0 0 260 132" aria-hidden="true" focusable="false">
      <ellipse class="shade" cx="130" cy="118" rx="112" ry="9" />
      <path class="pad" d="M44 84h172l22 26a6 6 0 0 1-5 8H27a6 6 0 0 1-5-8z" />
      <path class="pad-edge" d="M22 112a6 6 0 0 0 5 6h206a6 6 0 0 0 5-6v5a8 8 0 0 1-8 8H30a8 8 0 0 1-8-8z" />
      <path class="waves" d="M104 96a38 38 0 0 1 52 0M114 104a24 24 0 0 1 32 0" />
      <g class="card-falling">
        <rect class="card-body" x="72" y="10" width="116" height="62" rx="7" />
        <rect class="card-face" x="81" y="24" width="25" height="34" rx="3" />
        <circle class="card-head" cx="93.5" cy="35" r="6" />
        <path class="card-head" d="M83 58c0-9 4.5-13 10.5-13S104 49 104 58z" />
        <rect class="card-chip" x="157" y="24" width="21" height="16" rx="3.5" />
        <path class="card-lines" d="M115 28h34M115 38h28M115 48h52M115 57h40" />
      </g>
    </svg>
  )
}
