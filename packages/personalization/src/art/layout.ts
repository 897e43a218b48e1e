/**
 * A card's layout: one SVG for each side, in millimetres, drawn by whoever issues the card. Parsing refuses what could fetch
 * a file, run something or fall back to another font; `checkLayout` says what is missing or stands wrong.
 */
import { FormatError } from '@cccd/mrz'
import type { FontFace } from './font.ts'
import { type ArtField, type Frame, frameOf } from './frame.ts'
import { type Box, CARD_HEIGHT, CARD_WIDTH, type CardSide, type CardVariant, overlap } from './geometry.ts'
import { parseXml, type XmlElement } from './xml.ts'

export interface LayoutSide {
  readonly root: XmlElement
  readonly card: CardVariant
  readonly side: CardSide
  readonly frames: readonly PlacedFrame[]
}

/** A frame, and what of its surroundings matters. */
export interface PlacedFrame {
  readonly frame: Frame
  readonly element: XmlElement
  /** Whether it or a group around it is moved, turned or scaled. */
  readonly transformed: boolean
  /** Whether it is drawn only in some case. */
  readonly conditional: boolean
}

export interface CardLayout {
  readonly front: LayoutSide
  readonly back: LayoutSide
}

/** When an element with `data-when` is drawn. `preview`: in pictures for people, not in panels for the printer. */
export const CONDITIONS = ['specimen', 'portrait', 'no-portrait', 'preview'] as const
export type Condition = (typeof CONDITIONS)[number]

/** The fields that each side must have: the table of what is printed where. */
export const REQUIRED_FIELDS: Readonly<Record<CardVariant, Readonly<Record<CardSide, readonly ArtField[]>>>> = {
  '2021': {
    front: [
      'portrait',
      'dateOfExpiry',
      'qr',
      'personalNumber',
      'fullName',
      'dateOfBirth',
      'sex',
      'nationality',
      'placeOfOrigin',
      'placeOfResidence',
    ],
    back: ['identifyingFeatures', 'dateOfIssue', 'mrz'],
  },
  '2024': {
    front: ['portrait', 'personalNumber', 'fullName', 'dateOfBirth', 'sex', 'nationality'],
    back: ['placeOfResidence', 'placeOfBirth', 'qr', 'dateOfIssue', 'dateOfExpiry', 'mrz'],
  },
}

const DRAWN = new Set(
  'svg g defs title desc rect circle ellipse line polyline polygon path text tspan linearGradient radialGradient stop pattern clipPath mask symbol use image'.split(
    ' ',
  ),
)
const DATA_PICTURE = /^data:image\/(?:png|jpeg);base64,[A-Za-z0-9+/\s]*={0,2}$/

/** Reads one side. Throws FormatError LAYOUT_MALFORMED, with the place or the field. */
export function parseLayoutSide(text: string): LayoutSide {
  const found = parseXml(text)
  if (found.name !== 'svg') malformed('the root element is no svg')
  const { 'data-card': card, 'data-side': side, viewBox } = found.attributes
  if (card !== '2021' && card !== '2024') malformed('data-card of the svg is neither 2021 nor 2024')
  if (side !== 'front' && side !== 'back') malformed('data-side of the svg is neither front nor back')
  const box = (viewBox ?? '')
    .trim()
    .split(/[\s,]+/)
    .map(Number)
  if (box.length !== 4 || box[0] !== 0 || box[1] !== 0 || box[2] !== CARD_WIDTH || box[3] !== CARD_HEIGHT) {
    malformed(`the viewBox is not 0 0 ${CARD_WIDTH} ${CARD_HEIGHT}: a layout is drawn in millimetres`)
  }
  const root = cleaned(found)
  const frames: PlacedFrame[] = []
  collect(root, { transformed: false, conditional: false }, frames)
  return { root, card, side, frames }
}

function malformed(message: string): never {
  throw new FormatError('LAYOUT_MALFORMED', message)
}

/** Without what drawing programs add for themselves; throws for what must not be in a layout. */
function cleaned(element: XmlElement): XmlElement {
  const attributes: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(element.attributes)) {
    if (name.includes(':') && name !== 'xlink:href' && name !== 'xml:space' && name !== 'xmlns:xlink') continue
    if (/^on/i.test(name)) malformed('a layout holds no scripts')
    if (name === 'filter') malformed('a layout holds no filters')
    if (/href$/i.test(name) && !value.startsWith('#') && !(element.name === 'image' && DATA_PICTURE.test(value))) {
      malformed('a layout refers to nothing outside of itself: pictures are data:image/png or data:image/jpeg')
    }
    if (/url\s*\((?!\s*['"]?#)/i.test(value) || /@import|expression\s*\(/i.test(value)) {
      malformed('a layout refers to nothing outside of itself')
    }
    attributes[name] = value
  }
  const when = attributes['data-when']
  if (when !== undefined && !CONDITIONS.some(one => one === when)) {
    malformed(`data-when is none of ${CONDITIONS.join(', ')}`)
  }
  const panel = attributes['data-panel']
  if (panel !== undefined && panel !== 'k' && panel !== 'colour') malformed('data-panel is neither k nor colour')
  const children: (XmlElement | string)[] = []
  for (const child of element.children) {
    if (typeof child === 'string') {
      if (element.name === 'text' || element.name === 'tspan') children.push(child)
    } else if (!child.name.includes(':') && child.name !== 'metadata') {
      if (!DRAWN.has(child.name)) {
        malformed(`a layout holds no ${/^[A-Za-z]{1,30}$/.test(child.name) ? child.name : 'such element'}`)
      }
      children.push(cleaned(child))
    }
  }
  return { name: element.name, attributes, children }
}

function collect(
  element: XmlElement,
  around: { readonly transformed: boolean; readonly conditional: boolean },
  frames: PlacedFrame[],
): void {
  const { attributes } = element
  const transformed = around.transformed || 'transform' in attributes || /transform/.test(attributes.style ?? '')
  const conditional = around.conditional || 'data-when' in attributes || element.name === 'defs'
  if ('data-field' in attributes) frames.push({ frame: frameOf(element), element, transformed, conditional })
  for (const child of element.children) {
    if (typeof child !== 'string') collect(child, { transformed, conditional }, frames)
  }
}

export interface LayoutFinding {
  readonly side: CardSide
  /** Absent where no field is meant. */
  readonly field?: ArtField
  readonly reason:
    | 'missing'
    | 'twice'
    | 'outside'
    | 'transformed'
    | 'conditional'
    | 'too-low'
    | 'overlap'
    | 'font'
    | 'letters'
    | 'no-specimen-mark'
    | 'wrong-side'
    | 'wrong-card'
}

/** Around the symbol nothing may stand: four modules of the smallest symbol that a card has. */
const QUIET_ZONE = 1.8

/**
 * What is wrong with a layout, fields in the order of the card; empty when it can be used. `fonts` are those that will be
 * at hand.
 */
export function checkLayout(layout: CardLayout, fonts: readonly FontFace[]): readonly LayoutFinding[] {
  const { card } = layout.front
  return (['front', 'back'] as const).flatMap(side => {
    const given = layout[side]
    const findings: LayoutFinding[] = []
    const find = (reason: LayoutFinding['reason'], field?: ArtField): void => {
      const known = findings.some(one => one.reason === reason && one.field === field)
      if (!known) findings.push(field ? { side, field, reason } : { side, reason })
    }
    if (given.side !== side) find('wrong-side')
    if (given.card !== card) find('wrong-card')
    for (const field of REQUIRED_FIELDS[card][side]) {
      const count = given.frames.filter(one => one.frame.field === field).length
      if (count === 0) find('missing', field)
      if (count > 1) find('twice', field)
    }
    for (const placed of given.frames) checkFrame(placed, given.frames, fonts, find)
    if (!hasMark(given.root)) find('no-specimen-mark')
    checkStaticText(given.root, { family: '', weight: '400', style: 'normal' }, fonts, find)
    return findings
  })
}

function checkFrame(
  { frame, transformed, conditional }: PlacedFrame,
  all: readonly PlacedFrame[],
  fonts: readonly FontFace[],
  find: (reason: LayoutFinding['reason'], field?: ArtField) => void,
): void {
  const { field, box } = frame
  if (transformed) find('transformed', field)
  if (conditional) find('conditional', field)
  if (box.x + box.width > CARD_WIDTH || box.y + box.height > CARD_HEIGHT) find('outside', field)
  const quiet = frame.kind === 'qr' ? QUIET_ZONE : 0
  const reach: Box = {
    x: box.x - quiet,
    y: box.y - quiet,
    width: box.width + 2 * quiet,
    height: box.height + 2 * quiet,
  }
  if (all.some(other => other.frame !== frame && overlap(reach, other.frame.box))) find('overlap', field)
  if (frame.kind === 'text' || frame.kind === 'mrz') {
    const face = fonts.find(one => one.family === frame.family && one.weight === frame.weight && !one.italic)
    if (!face) find('font', field)
    else if (frame.kind === 'text' && (face.above + face.below) * frame.size > box.height) find('too-low', field)
  }
  if (frame.kind === 'mrz') {
    if (29.8 * frame.pitch > box.width || 2 * frame.lineSpacing + frame.pitch > box.height) find('too-low', field)
  }
}

function hasMark(element: XmlElement): boolean {
  const own = element.attributes['data-when'] === 'specimen' && /SPECIMEN/.test(textOf(element))
  return own || element.children.some(child => typeof child !== 'string' && hasMark(child))
}

function textOf(element: XmlElement): string {
  return element.children.map(child => (typeof child === 'string' ? child : textOf(child))).join('')
}

interface Style {
  readonly family: string
  readonly weight: string
  readonly style: string
}

/** Texts that the layout itself holds: their font must be at hand and have their letters, since a renderer would silently
 * take another one. */
function checkStaticText(
  element: XmlElement,
  inherited: Style,
  fonts: readonly FontFace[],
  find: (reason: LayoutFinding['reason']) => void,
): void {
  const said = (name: string): string | undefined => {
    const declared = new RegExp(`(?:^|;)\\s*${name}\\s*:\\s*([^;]*)`).exec(element.attributes.style ?? '')?.[1]
    return (declared ?? element.attributes[name])?.trim()
  }
  const style: Style = {
    family: said('font-family')?.replace(/^(['"])(.*)\1$/, '$2') ?? inherited.family,
    weight: said('font-weight') ?? inherited.weight,
    style: said('font-style') ?? inherited.style,
  }
  if (said('font') !== undefined) find('font')
  for (const child of element.children) {
    if (typeof child !== 'string') checkStaticText(child, style, fonts, find)
    else if (child.trim() !== '') {
      const weight = style.weight === 'normal' ? '400' : style.weight === 'bold' ? '700' : style.weight
      const face = fonts.find(
        one =>
          one.family === style.family && String(one.weight) === weight && one.italic === (style.style === 'italic'),
      )
      if (!face) find('font')
      else if ([...child.replace(/\s/g, '')].some(letter => face.glyph(letter.codePointAt(0) as number) === null)) {
        find('letters')
      }
    }
  }
}
