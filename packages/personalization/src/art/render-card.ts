/** The drawing of a card: the layout with its frames filled, for one person, one density of dots and one set of panels. */
import { FormatError } from '@cccd/mrz'
import type { CardFace, EmbeddedPicture, QrModules } from './card-face.ts'
import { drawableText } from './drawable-text.ts'
import { fitText } from './fit-text.ts'
import { type FontFace, faceOf } from './font.ts'
import type { ArtField, Frame, MrzFrame, PortraitFrame, QrFrame, TextFrame } from './frame.ts'
import { type CardSide, type Dpi, dotSize, dots, pixelSize } from './geometry.ts'
import type { CardLayout, Condition, LayoutSide } from './layout.ts'
import { formatXml, type XmlElement, xml } from './xml.ts'

export interface RenderOptions {
  readonly dpi: Dpi
  readonly fonts: readonly FontFace[]
  /** Draws the marks MẪU / SPECIMEN; true when absent. */
  readonly specimen?: boolean
  /** `all`: one picture; `colour`: without what the black panel prints; `k`: that alone. `all` when absent. */
  readonly panel?: 'all' | 'colour' | 'k'
  /** Draws what a picture for people shows and no printer prints, as the chip; true for `all` when absent. */
  readonly preview?: boolean
  /** `ground`: what stands before the first thing that is the holder's own, the same on every card; `over`: the rest. Laid on
   * one another they are the whole. `whole` when absent. */
  readonly layer?: 'whole' | 'ground' | 'over'
}

/** What was done so that a field fits. Nothing else was changed. */
export interface ArtFinding {
  readonly side: CardSide
  readonly field: ArtField
  readonly did: 'shrunk' | 'broken' | 'abbreviated' | 'cropped' | 'omitted' | 'level-lowered'
  /** Millimetres, of `shrunk`. */
  readonly size?: number
  /** Of `broken`. */
  readonly lines?: number
  /** The part of the picture that lies outside, of `cropped`. */
  readonly part?: number
}

export interface DrawnCard {
  /** SVG texts, in millimetres, as wide as whole dots. */
  readonly front: string
  readonly back: string
  readonly findings: readonly ArtFinding[]
}

/**
 * Draws both sides. Throws FormatError: ART_OVERFLOW and ART_CHARACTER with the field that does not fit or cannot be
 * printed, LAYOUT_MALFORMED for a layout of the other card, FONT_UNUSABLE for a font that was not given.
 */
export function renderCard(face: CardFace, layout: CardLayout, options: RenderOptions): DrawnCard {
  const findings: ArtFinding[] = []
  const front = renderSide(face, layout.front, options)
  const back = renderSide(face, layout.back, options)
  findings.push(...front.findings, ...back.findings)
  return { front: front.svg, back: back.svg, findings }
}

/** Draws one side; as `renderCard`. */
export function renderSide(
  face: CardFace,
  layout: LayoutSide,
  options: RenderOptions,
): { readonly svg: string; readonly findings: readonly ArtFinding[] } {
  if (face.card !== layout.card) {
    throw new FormatError('LAYOUT_MALFORMED', `the layout is that of the card of ${layout.card}`)
  }
  const { dpi, specimen = true, panel = 'all' } = options
  const holds: Readonly<Record<Condition, boolean>> = {
    specimen,
    portrait: face.portrait !== null,
    'no-portrait': face.portrait === null,
    preview: options.preview ?? panel === 'all',
  }
  const findings: ArtFinding[] = []
  const frames = new Map(layout.frames.map(({ element, frame }) => [element, frame]))
  const drawing: Drawing = { face, side: layout.side, dpi, fonts: options.fonts, findings }

  function drawn(element: XmlElement, inherited: 'k' | 'colour'): readonly XmlElement[] {
    const { attributes } = element
    const when = attributes['data-when'] as Condition | undefined
    if (when !== undefined && !holds[when]) return []
    const frame = frames.get(element)
    if (frame)
      return filled(frame, drawing)
        .filter(one => panel === 'all' || one.panel === panel)
        .map(one => one.element)
    const own = (attributes['data-panel'] as 'k' | 'colour' | undefined) ?? inherited
    if (element.name === 'defs') return [element]
    if (element.name === 'g' || element.name === 'svg') {
      return [
        {
          ...element,
          attributes: plain(attributes),
          children: element.children.flatMap(child => (typeof child === 'string' ? [] : drawn(child, own))),
        },
      ]
    }
    return panel === 'all' || own === panel ? [stripped(element)] : []
  }

  const { width, height } = pixelSize(dpi)
  const dot = dotSize(dpi)
  const parts = layout.root.children.filter(child => typeof child !== 'string')
  const first = parts.findIndex(isPersonal)
  const layer = options.layer ?? 'whole'
  const children = parts.flatMap((child, i) => {
    const wanted = layer === 'whole' || child.name === 'defs' || (i < first || first < 0) === (layer === 'ground')
    return wanted ? drawn(child, 'colour') : []
  })
  const root = xml(
    'svg',
    {
      ...plain(layout.root.attributes),
      xmlns: 'http://www.w3.org/2000/svg',
      'xmlns:xlink': 'http://www.w3.org/1999/xlink',
      width,
      height,
      // Whole dots: a dot of the printer is a pixel of the picture, everywhere on the card.
      viewBox: `0 0 ${(width * dot).toFixed(6)} ${(height * dot).toFixed(6)}`,
    },
    children,
  )
  return { svg: formatXml(root), findings }
}

/** Whether what is drawn depends on the holder. */
function isPersonal({ attributes, children }: XmlElement): boolean {
  const when = attributes['data-when']
  if ('data-field' in attributes || when === 'portrait' || when === 'no-portrait') return true
  return children.some(child => typeof child !== 'string' && isPersonal(child))
}

function plain(attributes: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const kept: Record<string, string> = Object.create(null)
  for (const [name, value] of Object.entries(attributes)) if (!name.startsWith('data-')) kept[name] = value
  return kept
}

function stripped(element: XmlElement): XmlElement {
  return {
    ...element,
    attributes: plain(element.attributes),
    children: element.children.map(child => (typeof child === 'string' ? child : stripped(child))),
  }
}

interface Drawing {
  readonly face: CardFace
  readonly side: CardSide
  readonly dpi: Dpi
  readonly fonts: readonly FontFace[]
  readonly findings: ArtFinding[]
}

interface Part {
  readonly panel: 'k' | 'colour'
  readonly element: XmlElement
}

function filled(frame: Frame, drawing: Drawing): readonly Part[] {
  switch (frame.kind) {
    case 'text':
      return textParts(frame, drawing)
    case 'portrait':
      return drawing.face.portrait ? portraitParts(frame, drawing.face.portrait, drawing) : []
    case 'qr':
      return qrParts(frame, drawing.face.qr, drawing)
    case 'mrz':
      return mrzParts(frame, drawing)
  }
}

const groupOf = (field: ArtField): string => `field-${field}`

function textParts(frame: TextFrame, { face, side, fonts, findings }: Drawing): readonly Part[] {
  const { field, family, weight, ink, panel } = frame
  const clean = drawableText(face.texts[field], field)
  const text = frame.upper ? clean.toLocaleUpperCase('vi').normalize('NFC') : clean
  if (text === '') return []
  const fitted = fitText(text, frame, faceOf(fonts, family, weight))
  if (fitted.shrunk) findings.push({ side, field, did: 'shrunk', size: fitted.size })
  if (fitted.lines.length > 1) findings.push({ side, field, did: 'broken', lines: fitted.lines.length })
  if (fitted.abbreviated) findings.push({ side, field, did: 'abbreviated' })
  const style = 'font-kerning:none'
  const font = { 'font-family': family, 'font-weight': weight, 'font-size': fitted.size, fill: ink, style }
  const lines = fitted.lines.map((line, i) => xml('text', { ...fitted.places[i], ...font }, [line]))
  return [{ panel, element: xml('g', { id: groupOf(field) }, lines) }]
}

function portraitParts(
  frame: PortraitFrame,
  portrait: EmbeddedPicture,
  { side, dpi, findings }: Drawing,
): readonly Part[] {
  const { box, crop, panel } = frame
  if (!/^data:image\/(?:png|jpeg);base64,[A-Za-z0-9+/]+={0,2}$/.test(portrait.dataUri)) {
    throw new FormatError('IMAGE_MALFORMED', 'the portrait is no data URI of a PNG or JPEG', { field: 'portrait' })
  }
  const part = outsidePart(portrait, box)
  if (part > crop + 0.001) {
    throw new FormatError('ART_OVERFLOW', `the portrait fills its frame only with ${percent(part)} of it cut off`, {
      field: 'portrait',
    })
  }
  if (part > 0.001) findings.push({ side, field: 'portrait', did: 'cropped', part: Number(part.toFixed(3)) })
  const dot = dotSize(dpi)
  const [x, y] = [dots(box.x, dpi) * dot, dots(box.y, dpi) * dot]
  const [width, height] = [dots(box.x + box.width, dpi) * dot - x, dots(box.y + box.height, dpi) * dot - y]
  const picture = xml('image', {
    x,
    y,
    width,
    height,
    preserveAspectRatio: 'xMidYMid slice',
    'xlink:href': portrait.dataUri,
  })
  return [{ panel, element: xml('g', { id: groupOf('portrait') }, [picture]) }]
}

const percent = (part: number): string => `${Math.round(part * 100)} %`

/** The part of a picture that lies outside of a frame that it fills from its middle. */
function outsidePart(
  picture: { readonly width: number; readonly height: number },
  frame: { readonly width: number; readonly height: number },
): number {
  const [own, wanted] = [picture.width / picture.height, frame.width / frame.height]
  return own > wanted ? 1 - wanted / own : 1 - own / wanted
}

/** A printer's head sets a module right when it has this many dots to the side. */
const LEAST_DOTS = 3

function qrParts(frame: QrFrame, qr: QrModules, { dpi, side, findings }: Drawing): readonly Part[] {
  const { box, module, ink, panel } = frame
  if (qr.dark.length !== qr.size * qr.size || qr.size < 21) throw new RangeError('the QR symbol is not a square')
  // Its edges to the nearest dot; a symbol is as high as it is wide.
  const room = dots(box.x + box.width, dpi) - dots(box.x, dpi)
  if (box.width / qr.size < module - 0.0005 || room / qr.size < LEAST_DOTS) {
    throw new FormatError('ART_OVERFLOW', `a QR of ${qr.size} modules is too fine for its frame`, { field: 'qr' })
  }
  if (qr.level === 'L') findings.push({ side, field: 'qr', did: 'level-lowered' })
  // Every edge lies between two dots: modules differ by one dot at most, and none is grey.
  const edges = Array.from({ length: qr.size + 1 }, (_, i) => Math.round((i * room) / qr.size))
  const path: string[] = []
  for (let row = 0; row < qr.size; row++) {
    const [top, bottom] = [edges[row] as number, edges[row + 1] as number]
    for (let column = 0; column < qr.size; column++) {
      if (!qr.dark[row * qr.size + column]) continue
      const start = column
      while (column + 1 < qr.size && qr.dark[row * qr.size + column + 1]) column++
      const [left, right] = [edges[start] as number, edges[column + 1] as number]
      path.push(`M${left} ${top}H${right}V${bottom}H${left}Z`)
    }
  }
  const place = `scale(${dotSize(dpi)}) translate(${dots(box.x, dpi)} ${dots(box.y, dpi)})`
  // ISO/IEC 18004: four modules of quiet zone.
  const quiet = Math.ceil((4 * room) / qr.size)
  const white = xml('rect', {
    x: -quiet,
    y: -quiet,
    width: room + 2 * quiet,
    height: room + 2 * quiet,
    fill: '#ffffff',
  })
  const symbol = xml('path', { d: path.join(''), fill: ink, 'shape-rendering': 'crispEdges' })
  return [
    { panel: 'colour', element: xml('g', { transform: place }, [white]) },
    { panel, element: xml('g', { id: groupOf('qr'), transform: place }, [symbol]) },
  ]
}

function mrzParts(frame: MrzFrame, { face, fonts }: Drawing): readonly Part[] {
  const { box, pitch, lineSpacing, family, weight, ink, panel } = frame
  if (face.mrz.length !== 3 || face.mrz.some(line => !/^[A-Z0-9<]{30}$/.test(line))) {
    throw new FormatError('ART_CHARACTER', 'the MRZ has not three lines of thirty characters', { field: 'mrz' })
  }
  const font = faceOf(fonts, family, weight)
  const advance = font.glyph(0x3c)?.advance ?? 0
  for (const character of face.mrz.join('')) {
    // OCR-B gives every character the same room; another font would not read.
    if (advance === 0 || font.glyph(character.codePointAt(0) as number)?.advance !== advance) {
      throw new FormatError('FONT_UNUSABLE', `${family} ${weight} does not space the characters of an MRZ evenly`)
    }
  }
  const size = pitch / advance
  // The three lines in the middle of the frame; a capital of OCR-B is about 0.7 of the size high.
  const cap = 0.7 * size
  const left = box.x + (box.width - 30 * pitch) / 2
  const top = box.y + (box.height - 2 * lineSpacing - cap) / 2 + cap
  const lines = face.mrz.map((line, i) => {
    const x = Array.from({ length: 30 }, (_, k) => (left + k * pitch).toFixed(4)).join(' ')
    const y = top + i * lineSpacing
    return xml('text', { x, y, 'font-family': family, 'font-weight': weight, 'font-size': size, fill: ink }, [line])
  })
  return [{ panel, element: xml('g', { id: groupOf('mrz') }, lines) }]
}
