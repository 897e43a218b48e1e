/** The conditions under which pictures of invented cards are read, and the people on them. */
import { formatVietnameseMrz } from '@cccd/mrz'
import { type CardBack, seededRandom } from './card-back.ts'

export interface Condition {
  readonly name: string
  /** The picture with this number; `random` gives what varies within the condition. */
  of(random: () => number): Omit<CardBack, 'lines' | 'seed'>
}

const between = (random: () => number, low: number, high: number): number => low + (high - low) * random()

/** From easy to hard; the hardest are beyond what anybody reads. */
export const CONDITIONS: readonly Condition[] = [
  { name: 'scan 200 dpi', of: r => ({ dpi: 200, rotation: between(r, -2, 2), noise: 4, jpeg: 85 }) },
  { name: 'scan 300 dpi', of: r => ({ dpi: 300, rotation: between(r, -2, 2), noise: 4, jpeg: 85 }) },
  { name: 'scan 600 dpi', of: r => ({ dpi: 600, rotation: between(r, -2, 2), noise: 4, jpeg: 85 }) },
  { name: 'scan 150 dpi', of: r => ({ dpi: 150, rotation: between(r, -2, 2), noise: 4, jpeg: 85 }) },
  { name: 'on its head', of: r => ({ dpi: 250, rotation: 180 + between(r, -5, 5), noise: 4, jpeg: 85 }) },
  { name: 'any direction', of: r => ({ dpi: 250, rotation: between(r, 0, 360), noise: 4, jpeg: 85 }) },
  {
    name: 'perspective',
    of: r => ({ dpi: 280, rotation: between(r, -15, 15), perspective: 0.06, margin: 0.2, noise: 5, jpeg: 80 }),
  },
  { name: 'strong perspective', of: r => ({ dpi: 300, perspective: between(r, 0.08, 0.12), margin: 0.2, jpeg: 80 }) },
  { name: 'bent card', of: r => ({ dpi: 250, bend: between(r, 0.02, 0.05), noise: 5, jpeg: 80 }) },
  { name: 'shadow', of: r => ({ dpi: 250, light: 'shadow', rotation: between(r, -5, 5), noise: 6, jpeg: 80 }) },
  { name: 'uneven light', of: r => ({ dpi: 250, light: 'gradient', rotation: between(r, -5, 5), noise: 6, jpeg: 80 }) },
  { name: 'dim light', of: r => ({ dpi: 250, light: 'dim', rotation: between(r, -5, 5), noise: 5, jpeg: 80 }) },
  { name: 'glare', of: r => ({ dpi: 250, light: 'glare', rotation: between(r, -5, 5), noise: 4, jpeg: 80 }) },
  { name: 'blur 0.15–0.3 mm', of: r => ({ dpi: 300, blur: between(r, 0.15, 0.3), noise: 4, jpeg: 80 }) },
  { name: 'blur 0.3–0.45 mm', of: r => ({ dpi: 300, blur: between(r, 0.3, 0.45), noise: 4, jpeg: 80 }) },
  { name: 'noise 20–40', of: r => ({ dpi: 250, noise: between(r, 20, 40), rotation: between(r, -5, 5) }) },
  { name: 'noise 40–80', of: r => ({ dpi: 250, noise: between(r, 40, 80), rotation: between(r, -5, 5) }) },
  { name: 'faint print', of: r => ({ dpi: 250, ink: between(r, 0.15, 0.35), noise: 5, jpeg: 80 }) },
  {
    name: 'JPEG quality 10–25',
    of: r => ({ dpi: 220, jpeg: Math.round(between(r, 10, 25)), rotation: between(r, -5, 5) }),
  },
  {
    name: 'other cut, bold',
    of: r => ({ dpi: 250, font: 'OCR B S', weight: between(r, 0.08, 0.2), noise: 4, jpeg: 80 }),
  },
  {
    name: 'other cut, thin',
    of: r => ({ dpi: 250, font: 'OCR B S', weight: -between(r, 0.05, 0.14), noise: 4, jpeg: 80 }),
  },
  {
    name: 'phone, good',
    of: r => ({
      dpi: between(r, 180, 320),
      rotation: between(r, -20, 20),
      perspective: 0.04,
      margin: 0.3,
      bend: between(r, 0, 0.015),
      light: 'gradient',
      blur: between(r, 0, 0.12),
      noise: 6,
      jpeg: 80,
    }),
  },
  {
    name: 'phone, bad',
    of: r => ({
      dpi: between(r, 140, 250),
      rotation: between(r, -30, 30) + (r() < 0.5 ? 180 : 0),
      perspective: 0.07,
      margin: 0.4,
      bend: between(r, 0, 0.03),
      light: r() < 0.5 ? 'shadow' : 'dim',
      blur: between(r, 0.1, 0.3),
      noise: 12,
      jpeg: 50,
      ink: between(r, 0.5, 0.85),
      lineSpacing: between(r, 5.9, 6.5),
    }),
  },
  {
    name: 'copy of a copy',
    of: r => ({
      dpi: 200,
      rotation: between(r, -3, 3),
      blur: between(r, 0.1, 0.25),
      noise: 25,
      jpeg: 40,
      weight: between(r, -0.08, 0.2),
      font: r() < 0.5 ? 'OCR B' : 'OCR B S',
    }),
  },
]

const families = ['NGUYỄN', 'TRẦN', 'LÊ', 'PHẠM', 'HOÀNG', 'VŨ', 'ĐẶNG', 'QUÁCH', 'KHƯƠNG', 'DOÃN', 'ÂU', 'XA', 'THẠCH']
const middles = ['VĂN', 'THỊ', 'ĐỨC', 'HỮU', 'QUỐC', 'NGỌC', 'KIM', 'MINH', 'XUÂN', 'THỊ HOÀNG', 'BẢO', 'Ý', 'PHÚC']
const givens = [
  'AN',
  'BÌNH',
  'CHI',
  'DŨNG',
  'GIANG',
  'HUỆ',
  'KHOA',
  'LOAN',
  'OANH',
  'QUYÊN',
  'SƠN',
  'TÚ',
  'UYÊN',
  'VY',
  'YẾN',
]

/** The MRZ of an invented person of province 999. */
export function inventedLines(random: () => number): string[] {
  const one = (list: readonly string[]): string => list[Math.floor(random() * list.length)] as string
  const digits = (count: number): string => Array.from({ length: count }, () => Math.floor(random() * 10)).join('')
  const male = random() < 0.5
  const year = 1940 + Math.floor(random() * 70)
  const month = 1 + Math.floor(random() * 12)
  const day = 1 + Math.floor(random() * 28)
  const century = year < 2000 ? 0 : 2
  const yy = String(year % 100).padStart(2, '0')
  const forever = random() < 0.25
  return formatVietnameseMrz({
    personalNumber: `999${century + (male ? 0 : 1)}${yy}${digits(6)}`,
    sex: male ? 'male' : 'female',
    dateOfBirth: { year, month, day },
    dateOfExpiry: forever ? null : { year: 2026 + Math.floor(random() * 24), month, day },
    fullName: `${one(families)} ${one(middles)} ${one(givens)}`,
  })
}

/** The n-th picture of a condition, and what stands on it. */
export function pictureOf(condition: Condition, n: number): CardBack {
  const seed = CONDITIONS.indexOf(condition) * 100_003 + n
  const random = seededRandom(seed + 17)
  return { lines: inventedLines(random), seed, ...condition.of(random) }
}
