import type { JSX } from 'preact'
import type { SimulatedCard } from '../shapes.ts'
import type { Text } from '../words/language.ts'
import { CardIcon } from './icons.tsx'
import { Both, useWord } from './words.tsx'

/** Simulated cards to practise with; nobody on them lives. Only where the desk runs with --simulate. */
export function CardDrawer(given: {
  readonly cards: readonly SimulatedCard[]
  readonly onCard: (id: string) => void
  readonly onRemove: () => void
}): JSX.Element {
  const word = useWord()
  return (
    <section class="panel drawer" aria-labelledby="drawer-title">
      <h2 id="drawer-title">
        <Both text={{ vi: 'Ngăn thẻ tập', en: 'Practice cards' }} />
      </h2>
      <p class="hint">
        {word({
          vi: 'Thẻ mô phỏng, người không có thật. Chọn một thẻ để đặt lên đầu đọc.',
          en: 'Simulated cards of invented people. Choose one to lay on the reader.',
        })}
      </p>
      <ul>
        {given.cards.map(card => (
          <li key={card.id}>
            <button type="button" data-card={card.id} onClick={() => given.onCard(card.id)}>
              <CardIcon />
              <span class="drawer-words">
                <span class="drawer-name">{word(card)}</span>
                <span class="drawer-lie">{word(lieWords(card.lie))}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <button type="button" class="quiet" onClick={given.onRemove}>
        {word({ vi: 'Nhấc thẻ ra', en: 'Take the card away' })}
      </button>
    </section>
  )
}

/** The drawer words both languages in one line, parted by a slash. */
function lieWords(lie: string): Text {
  const [vi = lie, en = vi] = lie.split(' / ')
  return { vi, en }
}
