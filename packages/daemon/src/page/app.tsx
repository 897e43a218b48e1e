import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Desk } from './desk.ts'
import { exportChoices } from './export-choices.ts'
import { useKeys } from './keys.ts'
import { ActionBar } from './parts/action-bar.tsx'
import { Announcer } from './parts/announcer.tsx'
import { CardDrawer } from './parts/card-drawer.tsx'
import { UnplugIcon } from './parts/icons.tsx'
import { IdleView } from './parts/idle-view.tsx'
import { PairingScreen } from './parts/pairing-screen.tsx'
import { Shortcuts } from './parts/shortcuts.tsx'
import { StatusBar } from './parts/status-bar.tsx'
import { VisitView } from './parts/visit-view.tsx'
import { Both, LanguageContext } from './parts/words.tsx'
import { allFieldsText } from './person-text.ts'
import { applyPreferences, keptPreferences, nextTheme, type Preferences } from './preferences.ts'
import { useStore } from './store.ts'
import { WORDS } from './words/desk-words.ts'
import { otherLanguage } from './words/language.ts'

/** The whole page. */
export function App({ desk }: { desk: Desk }): JSX.Element {
  const state = useStore(desk.store)
  const [preferences, prefer] = useState<Preferences>(keptPreferences)
  const box = useRef<HTMLTextAreaElement>(null)
  const checks = useRef<HTMLDetailsElement>(null)
  const menu = useRef<HTMLDetailsElement>(null)
  const shortcuts = useRef<HTMLDialogElement>(null)
  const { visit, session, cards } = state
  const { language } = preferences
  const word = (text: { readonly vi: string; readonly en: string }): string => text[language]
  useEffect(() => applyPreferences(preferences), [preferences])
  const nobody = session === 'paired' && visit === null
  useEffect(() => {
    if (nobody) box.current?.focus()
  }, [nobody])

  const switchLanguage = (): void => prefer({ ...preferences, language: otherLanguage(language) })
  const copyAll = (): void => {
    if (visit !== null) void desk.visits.copy(allFieldsText(visit.fields, language))
  }
  useKeys({
    desk,
    box,
    checks,
    menu,
    shortcuts,
    on: { copyAll, switchLanguage },
  })

  return (
    <LanguageContext.Provider value={language}>
      {nobody ? (
        <a class="skip" href="#scan">
          {word(WORDS.skip)}
        </a>
      ) : null}
      <StatusBar
        state={state}
        preferences={preferences}
        onLanguage={switchLanguage}
        onTheme={() => prefer({ ...preferences, theme: nextTheme(preferences.theme) })}
        onShortcuts={() => shortcuts.current?.showModal()}
        onEndShift={() => void desk.endShift()}
        onReader={name => desk.chooseReader(name)}
      />
      {session === 'paired' && state.link === 'lost' ? (
        <div class="link-lost" role="alert">
          <UnplugIcon />
          <p>
            <strong>
              <Both block text={WORDS.linkLost} />
            </strong>
            <Both block text={WORDS.linkLostTodo} />
          </p>
        </div>
      ) : null}
      <main class={`desk${visit === null ? ' nobody' : ''}${cards === null ? '' : ' practising'}`}>
        {session === 'pairing' ? <PairingScreen pairing={state.pairing} onCode={code => void desk.pair(code)} /> : null}
        {nobody ? (
          <IdleView
            key="idle"
            state={state}
            box={box}
            onText={text => void desk.read(text)}
            onPicture={picture => void desk.readPicture(picture)}
          />
        ) : null}
        {session === 'paired' && visit !== null ? (
          <VisitView
            key={visit.number}
            visit={visit}
            checks={checks}
            withInsurance={state.connectors?.insurance.configured ?? false}
            onCopy={text => void desk.visits.copy(text)}
            onReadAgain={() => void desk.visits.again()}
            onNext={() => void desk.visits.next()}
            onConsent={consent => void desk.visits.again(consent)}
            onInsurance={() => void desk.visits.askInsurance()}
          />
        ) : null}
        {session === 'paired' && cards !== null ? (
          <CardDrawer cards={cards} onCard={id => void desk.tryCard(id)} onRemove={() => void desk.takeCardAway()} />
        ) : null}
      </main>
      {session === 'paired' && visit !== null ? (
        <ActionBar
          visit={visit}
          menu={menu}
          exports={exportChoices(state.connectors, { visits: desk.visits, word, copyAll })}
          onNext={() => void desk.visits.next()}
          onCopyAll={copyAll}
        />
      ) : null}
      <div class="notice-place" role="status">
        {state.notice === null ? null : <p class={`notice ${state.notice.tone}`}>{word(state.notice.words)}</p>}
      </div>
      <Announcer state={state} />
      <Shortcuts place={shortcuts} />
    </LanguageContext.Provider>
  )
}
