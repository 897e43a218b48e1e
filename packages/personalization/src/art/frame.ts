/**
 * The frames of a layout: rectangles of the SVG that carry `data-field` and, beside it, the rules by which the field is
 * fitted into them. docs/card-layouts.md is the operator's description of these attributes.
 */
import { FormatError } from '@cccd/mrz'
import type { Box } from './geometry.ts'
import type { XmlElement } from './xml.ts'

export const TEXT_FIELDS = [
  'personalNumber',
  'fullName',
  'dateOfBirth',
  'sex',
  'nationality',
  'placeOfOrigin',
  'placeOfResidence',
  'placeOfBirth',
  'identifyingFeatures',
  'dateOfIssue',
  'dateOfExpiry',
] as const

export type TextField = (typeof TEXT_FIELDS)[number]
export type ArtField = TextField | 'portrait' | 'qr' | 'mrz'

/** `k`: printed by the black panel; `colour`: by yellow, magenta and cyan. */
export type Panel = 'k' | 'colour'

export interface TextFrame {
  readonly kind: 'text'
  readonly field: TextField
  readonly box: Box
  readonly family: string
  readonly weight: number
  /** Millimetres: the size wished for, and the smallest one allowed. */
  readonly size: number
  readonly floor: number
  readonly lines: number
  /** From base line to base line, as a part of the size; more where letters would touch. */
  readonly lineHeight: number
  /** What is tried first when one line at `size` is too long. */
  readonly first: 'shrink' | 'break'
  readonly align: 'start' | 'middle' | 'end'
  readonly upper: boolean
  /** The last resort: none, or the usual abbreviations of places. */
  readonly abbreviate: 'none' | 'place'
  readonly ink: string
  readonly panel: Panel
}

export interface PortraitFrame {
  readonly kind: 'portrait'
  readonly field: 'portrait'
  readonly box: Box
  /** The part of the picture's width or height that may lie outside of the frame, so that it fills it. */
  readonly crop: number
  readonly panel: Panel
}

export interface QrFrame {
  readonly kind: 'qr'
  readonly field: 'qr'
  /** A square: the symbol without its quiet zone. */
  readonly box: Box
  /** The smallest module in millimetres. */
  readonly module: number
  readonly ink: string
  readonly panel: Panel
}

export interface MrzFrame {
  readonly kind: 'mrz'
  readonly field: 'mrz'
  readonly box: Box
  readonly family: string
  readonly weight: number
  /** Millimetres from character to character, and from line to line. 9303-3: ten characters to the inch. */
  readonly pitch: number
  readonly lineSpacing: number
  readonly ink: string
  readonly panel: Panel
}

export type Frame = TextFrame | PortraitFrame | QrFrame | MrzFrame

/** The frame that a rectangle with `data-field` stands for. Throws FormatError LAYOUT_MALFORMED, the field named. */
export function frameOf(element: XmlElement): Frame {
  const { attributes } = element
  const field = attributes['data-field'] as string
  const shown = /^[A-Za-z]{1,40}$/.test(field) ? field : '?'
  const fail = (message: string): never => {
    throw new FormatError('LAYOUT_MALFORMED', message, { field: shown })
  }
  const known = new Set(['x', 'y', 'width', 'height', 'rx', 'ry', 'id', 'class', 'style', 'fill', 'stroke'])
  const read = (name: string, otherwise?: string): string => {
    known.add(name)
    return attributes[name] ?? otherwise ?? fail(`the frame has no ${name}`)
  }
  const number = (name: string, range: readonly [number, number], otherwise?: number): number => {
    const text = read(name, otherwise === undefined ? undefined : String(otherwise))
    const value = /^[0-9]{1,4}(?:\.[0-9]{1,8})?(?:mm)?$/.test(text) ? Number.parseFloat(text) : Number.NaN
    if (!(value >= range[0] && value <= range[1])) fail(`${name} is no number from ${range[0]} to ${range[1]}`)
    return value
  }
  const choice = <T extends string>(name: string, choices: readonly [T, ...T[]]): T => {
    const text = read(name, choices[0])
    return choices.find(one => one === text) ?? fail(`${name} is none of ${choices.join(', ')}`)
  }
  if (element.name !== 'rect') fail('a frame must be a rect')
  read('data-field')
  read('data-when', '')
  const box: Box = {
    x: number('x', [0, 100], 0),
    y: number('y', [0, 100], 0),
    width: number('width', [0.5, 100]),
    height: number('height', [0.5, 100]),
  }
  const ink = (): string => {
    const text = read('data-ink', '#000000')
    return /^#[0-9A-Fa-f]{6}$/.test(text) ? text : fail('data-ink is no colour as #1a2b3c')
  }
  const frame = ((): Frame => {
    if (field === 'portrait') {
      return { kind: 'portrait', field, box, crop: number('data-crop', [0, 0.5], 0), panel: 'colour' }
    }
    if (field === 'qr') {
      if (Math.abs(box.width - box.height) > 0.001) fail('the frame of the QR must be a square')
      const panel = choice('data-panel', ['k', 'colour'])
      return { kind: 'qr', field, box, module: number('data-module', [0.1, 2], 0.25), ink: ink(), panel }
    }
    const family = read('data-font')
    const weight = number('data-weight', [1, 1000], 400)
    const panel = choice('data-panel', ['k', 'colour'])
    if (field === 'mrz') {
      const pitch = number('data-pitch', [1, 5], 2.54)
      const lineSpacing = number('data-line-spacing', [2, 12], 6.35)
      return { kind: 'mrz', field, box, family, weight, pitch, lineSpacing, ink: ink(), panel }
    }
    const text = TEXT_FIELDS.find(one => one === field) ?? fail('data-field names no field of a card')
    const size = number('data-size', [0.5, 20])
    return {
      kind: 'text',
      field: text,
      box,
      family,
      weight,
      size,
      floor: number('data-floor', [0.5, size], size),
      lines: Math.trunc(number('data-lines', [1, 9], 1)),
      lineHeight: number('data-line-height', [0.8, 3], 1.2),
      first: choice('data-first', ['shrink', 'break']),
      align: choice('data-align', ['start', 'middle', 'end']),
      upper: choice('data-case', ['as-is', 'upper']) === 'upper',
      abbreviate: choice('data-abbreviate', ['none', 'place']),
      ink: ink(),
      panel,
    }
  })()
  // A misspelt rule would be a rule that is not followed.
  const unknown = Object.keys(attributes).find(name => name.startsWith('data-') && !known.has(name))
  if (unknown !== undefined)
    fail(`${/^[a-z-]{1,40}$/.test(unknown) ? unknown : 'an attribute'} is no rule of this frame`)
  return frame
}
