import { computeExpiry, type FullDate, formatPartialDate } from '@cccd/mrz'
import type { HolderRecord } from '@cccd/personalization'
import sharp from 'sharp'

// Nobody here lives: province code 999 does not exist, names are syllables thrown together, and the faces are ovals.

/** What is special about a record. */
export type Kind =
  | 'plain'
  | 'a name of eleven words'
  | 'marks above and below every letter'
  | 'only the year of birth, no expiry'
  | 'month and year of birth'
  | 'over sixty'
  | 'under six, no portrait'
  | 'seven years old'
  | 'in the youth'
  | 'a minority’s name'
  | 'a long address, a former number'
  | 'married, parents told'
  | 'born on 29 February'
  | 'a name of one letter a word'

interface Sketch {
  readonly kind: Kind
  /** Years between which the birth lies. */
  readonly born: readonly [number, number]
  readonly issued: FullDate
  readonly birth?: 'yyyy' | 'MM/yyyy' | '29/02'
  readonly name?: readonly string[]
  readonly origin?: string
  readonly residence?: string
  readonly more?: Partial<HolderRecord>
}

const OLD_CARD: FullDate = { year: 2023, month: 5, day: 12 }
const NEW_CARD: FullDate = { year: 2025, month: 3, day: 3 }

/** Born and issued so that none of these cards expires before 2031. */
const SKETCHES: readonly Sketch[] = [
  { kind: 'plain', born: [1996, 1999], issued: OLD_CARD },
  {
    kind: 'a name of eleven words',
    born: [1974, 1980],
    issued: NEW_CARD,
    name: ['Công', 'Tằng', 'Tôn', 'Nữ', 'Huyền', 'Trần', 'Ngọc', 'Quỳnh', 'Phương', 'Uyển', 'Nhi'],
  },
  {
    kind: 'marks above and below every letter',
    born: [1996, 1999],
    issued: NEW_CARD,
    name: ['Đặng', 'Ẩn', 'Ỷ', 'Ẵm', 'Ộc', 'Ựa', 'Ễnh', 'Ữu'],
    origin: 'Ấp Ẳng Ẫm, Xã Ộp Ệch, Tỉnh Ựng Ỵ',
    residence: 'Ngõ Ẵng Ậy, Phường Ỡm Ờ, Quận Ễ Ệ, TP. Ữ Ự',
  },
  { kind: 'only the year of birth, no expiry', born: [1935, 1952], issued: OLD_CARD, birth: 'yyyy' },
  { kind: 'month and year of birth', born: [1955, 1961], issued: NEW_CARD, birth: 'MM/yyyy' },
  { kind: 'over sixty', born: [1945, 1960], issued: NEW_CARD },
  { kind: 'under six, no portrait', born: [2020, 2024], issued: NEW_CARD },
  { kind: 'seven years old', born: [2017, 2017], issued: NEW_CARD },
  { kind: 'in the youth', born: [2009, 2010], issued: NEW_CARD },
  {
    kind: 'a minority’s name',
    born: [1973, 1979],
    issued: OLD_CARD,
    name: ["Y'Mẫu", 'Êban', 'Niê', 'Kđăm'],
    more: { ethnicity: 'Ê Đê' },
  },
  {
    kind: 'a long address, a former number',
    born: [1997, 1999],
    issued: OLD_CARD,
    residence: 'Căn hộ A12.34 Tòa nhà Ví Dụ, Số 1234/56 Đường Thử Nghiệm Kéo Dài, Phường Mẫu, Thành phố Giả Định',
    more: { oldNumber: '999000002' },
  },
  {
    kind: 'married, parents told',
    born: [1975, 1981],
    issued: NEW_CARD,
    more: { parents: ['Trần Văn Giả', 'Lê Thị Định'], spouse: 'Phạm Thị Tưởng', oldNumber: '999000000001' },
  },
  { kind: 'born on 29 February', born: [1996, 1996], issued: NEW_CARD, birth: '29/02' },
  { kind: 'a name of one letter a word', born: [1996, 1999], issued: OLD_CARD, name: ['Ô', 'Ý', 'Ê', 'A'] },
]

const FAMILY = ['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Huỳnh', 'Vũ', 'Đặng', 'Bùi', 'Đỗ', 'Ngô']
const MIDDLE = ['Văn', 'Thị', 'Hữu', 'Đức', 'Minh', 'Ngọc', 'Thanh', 'Hoài']
const GIVEN = ['Thử', 'Mẫu', 'Giả', 'Định', 'Nghiệm', 'Ảo', 'Ví', 'Dụ', 'Tưởng', 'Ước', 'Phỏng']

const at = <T>(list: readonly T[], n: number): T => list[n % list.length] as T
const two = (n: number): string => String(n).padStart(2, '0')

/** The n-th invented record; any two differ in number and person, and records `SKETCHES.length` apart are of one kind.
 * Its portrait is a file of its own, where it has one. */
export function inventedRecord(n: number): { readonly kind: Kind; readonly record: HolderRecord } {
  const sketch = at(SKETCHES, n)
  const { kind, issued, birth, name } = sketch
  const [first, last] = sketch.born
  const year = first + (Math.floor(n / SKETCHES.length) % (last - first + 1))
  const born: FullDate =
    birth === '29/02' ? { year, month: 2, day: 29 } : { year, month: 1 + (n % 12), day: 1 + ((n * 5) % 28) }
  const { dateOfExpiry } = computeExpiry({ dateOfBirth: born, dateOfIssue: issued })
  const female = n % 2
  const told = formatPartialDate(born)
  const portrait = kind === 'under six, no portrait' ? {} : { portrait: `${String(n).padStart(4, '0')}.jpg` }
  return {
    kind,
    record: {
      personalNumber: `999${(year < 2000 ? 0 : 2) + female}${two(year % 100)}${String(n).padStart(6, '0')}`,
      fullName: (name ?? [at(FAMILY, n), at(MIDDLE, n >> 2), at(GIVEN, n)]).join(' '),
      dateOfBirth: birth === 'yyyy' ? told.slice(6) : birth === 'MM/yyyy' ? told.slice(3) : told,
      sex: female ? 'female' : 'male',
      nationality: 'Việt Nam',
      ethnicity: 'Kinh',
      religion: 'Không',
      placeOfOrigin: sketch.origin ?? `Xã Giả Định ${n + 1}, Tỉnh Mẫu`,
      placeOfResidence: sketch.residence ?? `Số ${n + 1} Đường Ví Dụ, Phường Mẫu, Tỉnh Giả Định`,
      identifyingFeatures: at(['Không', 'Nốt ruồi cách 1cm dưới trước đuôi mắt trái'], n),
      dateOfIssue: formatPartialDate(issued),
      dateOfExpiry: dateOfExpiry && formatPartialDate(dateOfExpiry),
      ...sketch.more,
      ...portrait,
    },
  }
}

/** A drawn face of nobody, another one for each n; JPEG, 3:4. */
export async function inventedPortrait(n: number): Promise<Uint8Array> {
  const hue = (n * 47) % 360
  const [wide, high] = [80 + (n % 13), 104 + (n % 17)]
  const face = `<svg xmlns="http://www.w3.org/2000/svg" width="360" height="480" viewBox="0 0 360 480">
<rect width="360" height="480" fill="hsl(${(hue + 180) % 360} 25% 88%)"/><path d="M40 480q20-120 140-120t140 120z" fill="hsl(${hue} 40% 35%)"/>
<ellipse cx="180" cy="220" rx="${wide}" ry="${high}" fill="hsl(${25 + (n % 12)} 55% ${58 + (n % 20)}%)"/>
<path d="M${180 - wide} 200q8-110 ${wide} -110t${wide} 110q-40-60-${wide}-60t-${wide} 60z" fill="hsl(${20 + (n % 15)} 20% ${10 + (n % 25)}%)"/>
<circle cx="${150 - (n % 5)}" cy="215" r="8"/><circle cx="${210 + (n % 5)}" cy="215" r="8"/>
<path d="M150 280q30 ${10 + (n % 11)} 60 0" fill="none" stroke="#944" stroke-width="6"/></svg>`
  return Uint8Array.from(await sharp(Buffer.from(face)).jpeg({ quality: 85 }).toBuffer())
}
