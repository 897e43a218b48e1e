import type { Field } from '../person.ts'
import { FIELD_WORDS, SOURCE_WORDS, shownValue } from './words/field-words.ts'
import type { Language } from './words/language.ts'

/** Every field as a line `label: value`; what the chip did not say is marked with where it came from. */
export function allFieldsText(fields: readonly Field[], language: Language): string {
  return fields
    .map(({ name, value, source }) => {
      const mark = source === 'chip' ? '' : ` (${SOURCE_WORDS[source][language]})`
      return `${FIELD_WORDS[name][language]}: ${shownValue(name, value, language)}${mark}`
    })
    .join('\n')
}
