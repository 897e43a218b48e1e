/** Vietnamese first, English beside it. */
export type Language = 'vi' | 'en'

export interface Text {
  readonly vi: string
  readonly en: string
}

export function otherLanguage(language: Language): Language {
  return language === 'vi' ? 'en' : 'vi'
}
