import type { Language } from './words/language.ts'

// Kept over days on this machine; says nothing of any person.

export type Theme = 'system' | 'light' | 'dark'

const THEMES: readonly Theme[] = ['system', 'light', 'dark']

export interface Preferences {
  readonly language: Language
  readonly theme: Theme
}

export function keptPreferences(): Preferences {
  const language = localStorage.getItem('cccd.language') === 'en' ? 'en' : 'vi'
  const theme = THEMES.find(name => name === localStorage.getItem('cccd.theme')) ?? 'system'
  return { language, theme }
}

/** Keeps them and lets the page follow. */
export function applyPreferences({ language, theme }: Preferences): void {
  localStorage.setItem('cccd.language', language)
  localStorage.setItem('cccd.theme', theme)
  document.documentElement.lang = language
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme
}
