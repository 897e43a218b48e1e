/** A card's face in millimetres, and the dots that a printer lays on it. */

/** ISO/IEC 7810, ID-1. */
export const CARD_WIDTH = 85.6
export const CARD_HEIGHT = 53.98

/** Dots an inch that card printers have. */
export type Dpi = 300 | 600

export type CardVariant = '2021' | '2024'
export type CardSide = 'front' | 'back'

/** Millimetres; x to the right, y down, from the card's upper left corner. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The side of a dot in millimetres. */
export function dotSize(dpi: Dpi): number {
  return 25.4 / dpi
}

/** The whole dots nearest to a length in millimetres. */
export function dots(millimetres: number, dpi: Dpi): number {
  return Math.round((millimetres * dpi) / 25.4)
}

/** A card's picture in pixels: 1011 × 638 at 300 dpi, 2022 × 1275 at 600. */
export function pixelSize(dpi: Dpi): { readonly width: number; readonly height: number } {
  return { width: dots(CARD_WIDTH, dpi), height: dots(CARD_HEIGHT, dpi) }
}

/** Whether two boxes share more than a touch (a hundredth of a millimetre). */
export function overlap(a: Box, b: Box): boolean {
  const slack = 0.01
  return (
    a.x + slack < b.x + b.width &&
    b.x + slack < a.x + a.width &&
    a.y + slack < b.y + b.height &&
    b.y + slack < a.y + a.height
  )
}
