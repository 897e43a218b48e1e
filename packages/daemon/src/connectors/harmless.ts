/** A value without anything that a keyboard, a port or a screen would obey: controls, invisible signs that turn the
 * direction of writing, line separators, lone surrogates. In NFC, other blanks become the plain one. */
export function harmless(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\t\r\n\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, '')
    .replace(/\p{Zs}/gu, ' ')
}
