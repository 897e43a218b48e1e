import type { JSX } from 'preact'
import type { InsuranceCard, InsuranceKind } from '../../connectors/insurance-answer.ts'
import type { InsuranceView } from '../desk-state.ts'
import type { Text } from '../words/language.ts'
import { CopyIcon, HealthIcon } from './icons.tsx'
import { SourceMark } from './source-mark.tsx'
import { TroubleBox } from './trouble-box.tsx'
import { ColourSign } from './verdict-sign.tsx'
import { Both, Key, useWord } from './words.tsx'

const TONES: Readonly<Record<InsuranceKind, 'green' | 'yellow' | 'red'>> = {
  valid: 'green',
  'valid-changed': 'green',
  child: 'green',
  elsewhere: 'yellow',
  unknown: 'yellow',
  'clerk-refused': 'yellow',
  'request-wrong': 'yellow',
  'gateway-fault': 'yellow',
  'account-refused': 'yellow',
  'not-found': 'yellow',
  'number-wrong': 'yellow',
  'holder-differs': 'red',
  expired: 'red',
  withdrawn: 'red',
}

const SHOWN: readonly (readonly [keyof InsuranceCard, Text])[] = [
  ['cardNumber', { vi: 'Số thẻ BHYT', en: 'Card number' }],
  ['insuranceNumber', { vi: 'Mã số BHXH', en: 'Insurance number' }],
  ['facilityCode', { vi: 'Nơi đăng ký KCB ban đầu', en: 'First-care facility' }],
  ['validFrom', { vi: 'Có giá trị từ', en: 'Valid from' }],
  ['validTo', { vi: 'Có giá trị đến', en: 'Valid to' }],
  ['fiveYearsFrom', { vi: 'Đủ 5 năm liên tục từ', en: 'Five years in a row from' }],
  ['areaCode', { vi: 'Khu vực', en: 'Area' }],
  ['newCardNumber', { vi: 'Số thẻ mới', en: 'New card number' }],
  ['newValidFrom', { vi: 'Thẻ mới có giá trị từ', en: 'New card valid from' }],
  ['newValidTo', { vi: 'Thẻ mới có giá trị đến', en: 'New card valid to' }],
  ['newFacilityName', { vi: 'Nơi KCB trên thẻ mới', en: 'Facility on the new card' }],
]

/** What the insurance gateway says of this person; asked for by the clerk, never by itself. */
export function InsurancePanel(given: {
  readonly view: InsuranceView
  readonly onAsk: () => void
  readonly onCopy: (text: string) => void
}): JSX.Element {
  const { view } = given
  const word = useWord()
  return (
    <section class="panel insurance" aria-labelledby="insurance-title">
      <h2 id="insurance-title">
        <HealthIcon />
        <Both text={{ vi: 'Bảo hiểm y tế', en: 'Health insurance' }} />
      </h2>
      <div role="status">
        {view.kind === 'asking' ? <p>{word({ vi: 'Đang hỏi cổng BHYT…', en: 'Asking the gateway…' })}</p> : null}
        {view.kind === 'answer' ? <Answer answer={view.answer} onCopy={given.onCopy} /> : null}
      </div>
      {view.kind === 'trouble' ? <TroubleBox trouble={view.trouble} /> : null}
      {view.kind === 'answer' && view.answer.state === 'answered' ? null : (
        <button type="button" onClick={given.onAsk} disabled={view.kind === 'asking'} aria-keyshortcuts="F6">
          {word({ vi: 'Tra cứu thẻ BHYT', en: 'Look up the insurance card' })} <Key name="F6" />
        </button>
      )}
    </section>
  )
}

function Answer(given: {
  readonly answer: Extract<InsuranceView, { kind: 'answer' }>['answer']
  readonly onCopy: (text: string) => void
}): JSX.Element {
  const { answer } = given
  const word = useWord()
  if (answer.state === 'unavailable') {
    return <TroubleBox trouble={{ code: answer.code, words: answer }} />
  }
  const tone = TONES[answer.kind]
  const rows = SHOWN.flatMap(([key, label]) => {
    const value = answer.card[key]
    return value === undefined || value === '' ? [] : [{ key, label, value }]
  })
  return (
    <>
      <p class={`insurance-word ${tone}`}>
        <ColourSign colour={tone} />
        <span>
          <Both block text={answer} /> <code>{answer.code}</code>
        </span>
      </p>
      {answer.note === '' ? null : <p class="hint">{answer.note}</p>}
      <dl class="fields">
        {rows.map(({ key, label, value }) => (
          <div key={key} class="field">
            <dt>
              <Both text={label} />
            </dt>
            <dd class="value">{value}</dd>
            <dd class="field-tools">
              <SourceMark source="insurance-gateway" />
              <button
                type="button"
                class="copy"
                onClick={() => given.onCopy(value)}
                aria-label={`${word({ vi: 'Chép', en: 'Copy' })}: ${word(label)}`}
              >
                <CopyIcon />
              </button>
            </dd>
          </div>
        ))}
      </dl>
    </>
  )
}
