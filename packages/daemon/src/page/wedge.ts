// A scanner that types does not look where the focus is. Keys that come faster than a hand types, outside a text field,
// are gathered here and handed over as one text at Enter, so that they press no button and no scan is lost.

const MOST_MS_BETWEEN_KEYS = 60
/** The MRZ comes in three lines with Enter after each. */
const MS_AFTER_ENTER = 150
const FEWEST_KEYS = 12

/** What counts of a key press. */
export interface KeyPress {
  readonly key: string
  /** Milliseconds from any start. */
  readonly timeStamp: number
  readonly ctrlKey: boolean
  readonly altKey: boolean
  readonly metaKey: boolean
}

export interface WedgeKeys {
  /** Returns true when the key belongs to a scan and must press nothing. */
  key(press: KeyPress): boolean
}

/** Gathers the keys of a keyboard-wedge scanner; `onText` gets each whole text. */
export function wedgeKeys(
  onText: (text: string) => void,
  later: (call: () => void, ms: number) => () => void,
): WedgeKeys {
  let text = ''
  let last = Number.NEGATIVE_INFINITY
  let cancel: () => void = () => undefined
  return {
    key({ key, timeStamp, ctrlKey, altKey, metaKey }) {
      const isLetter = [...key].length === 1 && !ctrlKey && !metaKey && !altKey
      const gap = timeStamp - last
      const limit = text.endsWith('\n') ? MS_AFTER_ENTER : MOST_MS_BETWEEN_KEYS
      if (gap > limit) text = ''
      last = timeStamp
      if (isLetter) {
        cancel()
        text += key
        // The first keys could be a person's: they are let through until the pace tells.
        return text.length > 2
      }
      if (key !== 'Enter' || text.length < FEWEST_KEYS) return false
      text += '\n'
      cancel()
      cancel = later(() => {
        const whole = text.trim()
        text = ''
        onText(whole)
      }, MS_AFTER_ENTER)
      return true
    },
  }
}
