/** The usual abbreviations of Vietnamese places, the last resort before an address is refused. */

// Longest first: "Thị trấn" before "Thị xã" needs no order, "Thành phố" and "Thôn" do not clash.
const PLACES: readonly (readonly [whole: string, short: string])[] = [
  ['Thành phố', 'TP.'],
  ['Thị trấn', 'TT.'],
  ['Thị xã', 'TX.'],
  ['Khu phố', 'KP.'],
  ['Đường', 'Đ.'],
  ['Phường', 'P.'],
  ['Huyện', 'H.'],
  ['Quận', 'Q.'],
  ['Tỉnh', 'T.'],
]

/** A place with the names of its administrative units abbreviated, where they begin a part of it: `Phường Mẫu, Thành phố
 * Thử` becomes `P. Mẫu, TP. Thử`. The names themselves stay. */
export function abbreviatePlace(text: string): string {
  return text
    .split(',')
    .map(part => {
      const blank = part.length - part.trimStart().length
      const own = part.slice(blank)
      const lower = own.toLocaleLowerCase('vi')
      // A name must follow: "Tỉnh" alone is a name.
      const found = PLACES.find(([whole]) => lower.startsWith(`${whole.toLocaleLowerCase('vi')} `))
      return found ? `${part.slice(0, blank)}${found[1]} ${own.slice(found[0].length).trimStart()}` : part
    })
    .join(',')
}
