import type { JSX } from 'preact'
import type { ServiceCondition } from '../../api/readers.ts'
import { type DeskState, readerInView } from '../desk-state.ts'
import type { Preferences } from '../preferences.ts'
import type { Trouble } from '../trouble.ts'
import { WORDS } from '../words/desk-words.ts'
import type { Text } from '../words/language.ts'
import { CardIcon, KeyboardIcon, LockIcon, MoonIcon, ReaderIcon, SunIcon, SystemThemeIcon } from './icons.tsx'
import { useWord } from './words.tsx'

const READER_WORDS: Readonly<Record<'empty' | 'card' | 'busy' | 'mute' | 'gone', Text & { tone: string }>> = {
  empty: { vi: 'Đầu đọc sẵn sàng', en: 'Reader ready', tone: 'good' },
  card: { vi: 'Có thẻ trên đầu đọc', en: 'A card is on the reader', tone: 'good' },
  busy: { vi: 'Đầu đọc đang đọc thẻ', en: 'The reader is at work', tone: 'work' },
  mute: { vi: 'Thẻ không trả lời: đặt lại', en: 'The card is silent: place it again', tone: 'bad' },
  gone: { vi: 'Không có đầu đọc', en: 'No reader', tone: 'bad' },
}

const SERVICE_WORDS: Readonly<Record<Exclude<ServiceCondition, 'ready'>, Text>> = {
  lost: { vi: 'Mất dịch vụ đầu đọc', en: 'The smart card service is lost' },
  missing: { vi: 'Chưa có dịch vụ đầu đọc', en: 'There is no smart card service' },
}

/** The reader at a glance, in words and a sign. */
export function readerGlance(state: DeskState): { readonly words: Text; readonly tone: string; readonly name: string } {
  const { readers, link } = state
  if (link === 'lost') return { words: { vi: 'Mất kết nối', en: 'Not connected' }, tone: 'bad', name: '' }
  if (readers === null)
    return { words: { vi: 'Đang tìm đầu đọc…', en: 'Looking for readers…' }, tone: 'work', name: '' }
  if (readers.service !== 'ready') return { words: SERVICE_WORDS[readers.service], tone: 'bad', name: '' }
  const reader = readerInView(state)
  if (reader === null) return { words: READER_WORDS.gone, tone: 'bad', name: '' }
  const { tone, ...words } = READER_WORDS[reader.state]
  return { words, tone, name: reader.name }
}

const PLUG_IN: Trouble = {
  code: 'NO_READER',
  words: { vi: 'Không thấy đầu đọc thẻ.', en: 'There is no card reader.' },
  hint: {
    vi: 'Cắm đầu đọc vào cổng USB; trang tự nhận ra.',
    en: 'Plug it into a USB port; the page notices by itself.',
  },
}

const SERVICE_HINT: Text = {
  vi: 'Chờ vài giây. Nếu vẫn vậy, gọi người quản trị (Linux: pcscd; Windows: “Smart Card”).',
  en: 'Wait a few seconds. If it stays so, call the administrator (Linux: pcscd; Windows: “Smart Card”).',
}

/** Why no card can be read now, and what to do about it; null when one can. */
export function readerTrouble({ readers, link }: DeskState): Trouble | null {
  if (readers === null || link === 'lost') return null
  if (readers.service === 'ready') return readers.readers.length === 0 ? PLUG_IN : null
  const { problem } = readers
  const words = problem ?? SERVICE_WORDS[readers.service]
  return { code: problem?.code ?? 'NO_SMARTCARD_SERVICE', words, hint: SERVICE_HINT }
}

interface Given {
  readonly state: DeskState
  readonly preferences: Preferences
  readonly onLanguage: () => void
  readonly onTheme: () => void
  readonly onShortcuts: () => void
  readonly onEndShift: () => void
  readonly onReader: (name: string | null) => void
}

export function StatusBar(given: Given): JSX.Element {
  const { state, preferences } = given
  const word = useWord()
  const paired = state.session === 'paired'
  const names = state.readers?.readers.map(({ name }) => name) ?? []
  const glance = readerGlance(state)
  return (
    <header class="bar">
      <div class="bar-title">
        <CardIcon />
        <h1>{word(WORDS.title)}</h1>
      </div>
      {paired ? (
        <div class={`reader tone-${glance.tone}`}>
          <ReaderIcon />
          <p class="reader-words" role="status">
            <span class="reader-state">{word(glance.words)}</span>
            {names.length > 1 ? null : <span class="reader-name">{glance.name}</span>}
          </p>
          {names.length > 1 ? (
            <select
              class="reader-choice"
              aria-label={word({ vi: 'Chọn đầu đọc', en: 'Choose the reader' })}
              value={state.chosenReader ?? ''}
              onChange={event => given.onReader(event.currentTarget.value || null)}
            >
              <option value="">{word({ vi: 'Đầu đọc nào cũng được', en: 'Any reader' })}</option>
              {names.map(name => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          ) : null}
        </div>
      ) : null}
      <div class="bar-tools">
        <button type="button" class="tool" onClick={given.onLanguage} aria-keyshortcuts="Alt+L">
          <span aria-hidden="true">{preferences.language === 'vi' ? 'EN' : 'VI'}</span>
          <span class="hidden" lang={preferences.language === 'vi' ? 'en' : 'vi'}>
            {preferences.language === 'vi' ? 'English' : 'Tiếng Việt'}
          </span>
        </button>
        <button type="button" class="tool" onClick={given.onTheme} title={word(WORDS.theme)}>
          <ThemeIcon theme={preferences.theme} />
          <span class="hidden">
            {word(WORDS.theme)}: {word(THEME_WORDS[preferences.theme])}
          </span>
        </button>
        <button type="button" class="tool" onClick={given.onShortcuts} title={`${word(WORDS.shortcuts)} (F1)`}>
          <KeyboardIcon />
          <span class="hidden">{word(WORDS.shortcuts)}</span>
        </button>
        {paired ? (
          <button type="button" class="tool" onClick={given.onEndShift} title={word(WORDS.endShift)}>
            <LockIcon />
            <span class="hidden">{word(WORDS.endShift)}</span>
          </button>
        ) : null}
      </div>
    </header>
  )
}

const THEME_WORDS: Readonly<Record<Preferences['theme'], Text>> = {
  system: { vi: 'theo máy', en: 'as the system' },
  light: { vi: 'sáng', en: 'light' },
  dark: { vi: 'tối', en: 'dark' },
}

function ThemeIcon({ theme }: { theme: Preferences['theme'] }): JSX.Element {
  switch (theme) {
    case 'system':
      return <SystemThemeIcon />
    case 'light':
      return <SunIcon />
    case 'dark':
      return <MoonIcon />
  }
}
