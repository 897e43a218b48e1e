/** The two languages that operators see; Vietnamese is the first. */
export type Language = 'vi' | 'en'

/** A sentence in both languages. */
export interface Text {
  readonly vi: string
  readonly en: string
}

/** `--lang` first, then the locale of the environment; anything that is not English is answered in Vietnamese. A
 * variable that is set but empty counts as not set, as POSIX has it. */
export function languageOf(
  option: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Language {
  const wish = option || environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || ''
  return /^en\b|^en[_-]/i.test(wish) ? 'en' : 'vi'
}
