import { createContext, type JSX } from 'preact'
import { useContext } from 'preact/hooks'
import { type Language, otherLanguage, type Text } from '../words/language.ts'

export const LanguageContext = createContext<Language>('vi')

export function useLanguage(): Language {
  return useContext(LanguageContext)
}

/** One text in the language of the page. */
export function useWord(): (text: Text) => string {
  const language = useLanguage()
  return text => text[language]
}

/** A text in the language of the page and, smaller beside it, in the other. */
export function Both({ text, block }: { text: Text; block?: boolean }): JSX.Element {
  const language = useLanguage()
  const other = otherLanguage(language)
  return (
    <>
      <span class="first">{text[language]}</span>
      {text.vi === text.en ? null : (
        <span class={block ? 'second block' : 'second'} lang={other}>
          {text[other]}
        </span>
      )}
    </>
  )
}

/** A key as it is written on the keyboard. */
export function Key({ name }: { name: string }): JSX.Element {
  return <kbd>{name}</kbd>
}
