import { between, type Chance, oneOf } from './seeded.ts'

export const CONDITION_NAMES = [
  'clean',
  'rotated',
  'blurred',
  'moved',
  'noisy',
  'specked',
  'pale',
  'shaded',
  'glaring',
  'tilted',
  'bent',
  'compressed',
  'covered',
  'copied',
  'photographed',
] as const

export type ConditionName = (typeof CONDITION_NAMES)[number]

/** What happened to a print on its way into a picture. Lengths are in modules or in sides of the symbol. */
export interface Damage {
  /** Radians. */
  readonly rotation: number
  /** By how much the symbol's size changes from one edge to the other, across and down. */
  readonly tilt: readonly [number, number]
  /** The arc that the symbol covers of a cylinder, in radians; 0 is flat. */
  readonly arc: number
  /** Brightness of ink and paper, 0 to 255. */
  readonly ink: number
  readonly paper: number
  /** How much of its light the dark end of the picture lacks, 0 to 1. */
  readonly shade: number
  /** Sides across, and brightness added in the middle. */
  readonly glare: { readonly size: number; readonly strength: number } | null
  /** Deviation of the bell, in modules. */
  readonly blur: number
  /** Length of the path, in modules. */
  readonly motion: number
  /** Deviation, in steps of brightness. */
  readonly noise: number
  /** Share of pixels that are black or white by fault. */
  readonly specks: number
  /** Share of the symbol that is covered, as a part of what its error correction can mend. */
  readonly covered: number
  readonly jpegQuality: number | null
  /** A copy in black and white. */
  readonly copied: boolean
}

const UNHARMED: Damage = {
  rotation: 0,
  tilt: [0, 0],
  arc: 0,
  ink: 30,
  paper: 235,
  shade: 0,
  glare: null,
  blur: 0.15,
  motion: 0,
  noise: 2,
  specks: 0,
  covered: 0,
  jpegQuality: null,
  copied: false,
}

const turned = (chance: Chance): number => between(chance, -0.05, 0.05)
const tilted = (chance: Chance, most: number): readonly [number, number] => [
  between(chance, -most, most),
  between(chance, -most, most),
]

/** The conditions, from harmless to hopeless within each: decoders part ways in between. */
export const CONDITIONS: Readonly<Record<ConditionName, (chance: Chance) => Damage>> = {
  clean: chance => ({ ...UNHARMED, rotation: turned(chance) }),
  rotated: chance => ({ ...UNHARMED, rotation: between(chance, -Math.PI, Math.PI) }),
  blurred: chance => ({ ...UNHARMED, rotation: turned(chance), blur: between(chance, 0.35, 0.95) }),
  moved: chance => ({ ...UNHARMED, rotation: turned(chance), motion: between(chance, 0.8, 2.6) }),
  noisy: chance => ({ ...UNHARMED, rotation: turned(chance), noise: between(chance, 15, 110) }),
  specked: chance => ({ ...UNHARMED, rotation: turned(chance), specks: between(chance, 0.02, 0.22) }),
  pale: chance => {
    const paper = between(chance, 90, 235)
    return { ...UNHARMED, rotation: turned(chance), paper, ink: paper - between(chance, 8, 40) }
  },
  shaded: chance => ({ ...UNHARMED, rotation: turned(chance), shade: between(chance, 0.5, 0.97), noise: 3 }),
  glaring: chance => ({
    ...UNHARMED,
    rotation: turned(chance),
    glare: { size: between(chance, 0.1, 0.6), strength: between(chance, 100, 400) },
  }),
  tilted: chance => ({ ...UNHARMED, rotation: between(chance, -0.4, 0.4), tilt: tilted(chance, 0.5) }),
  bent: chance => ({
    ...UNHARMED,
    rotation: turned(chance),
    arc: between(chance, 0.4, 2.2),
    tilt: tilted(chance, 0.1),
  }),
  compressed: chance => ({
    ...UNHARMED,
    rotation: turned(chance),
    jpegQuality: Math.round(between(chance, 3, 25)),
    blur: 0.3,
  }),
  covered: chance => ({ ...UNHARMED, rotation: turned(chance), covered: between(chance, 0.3, 1) }),
  copied: chance => ({
    ...UNHARMED,
    rotation: turned(chance),
    blur: between(chance, 0.2, 0.6),
    noise: between(chance, 5, 50),
    specks: between(chance, 0, 0.05),
    copied: true,
  }),
  photographed: chance => ({
    ...UNHARMED,
    rotation: between(chance, -Math.PI, Math.PI),
    tilt: tilted(chance, 0.25),
    arc: between(chance, 0, 0.5),
    ink: between(chance, 30, 80),
    paper: between(chance, 150, 235),
    shade: between(chance, 0, 0.5),
    glare: chance() < 0.3 ? { size: between(chance, 0.1, 0.3), strength: between(chance, 60, 200) } : null,
    blur: between(chance, 0.2, 0.6),
    motion: between(chance, 0, 0.8),
    noise: between(chance, 3, 20),
    jpegQuality: oneOf(chance, [30, 50, 75, 90]),
  }),
}
