import type { ScanDamage, ScanVia } from '@cccd/mrz'
import { z } from 'zod'
import type { Field } from '../person.ts'
import { fieldSchema } from './fields.ts'

export const SCAN_KINDS = ['card-qr', 'insurance-qr', 'mrz', 'vneid-or-unknown'] as const
export type ScanKind = (typeof SCAN_KINDS)[number]

const VIAS = ['camera', 'file', 'serial', 'hid', 'wedge', 'typed', 'unknown'] as const satisfies readonly ScanVia[]

const DAMAGES = [
  'SEPARATORS_LOST',
  'SEPARATORS_REPLACED',
  'TELEX_KEYS',
  'VNI_KEYS',
  'LETTERS_LOST',
  'NO_VIETNAMESE_LETTERS',
  'TEXT_CUT',
  'SEVERAL_TEXTS',
] as const satisfies readonly ScanDamage[]

export interface ScanRequest {
  readonly text: string
  readonly via?: ScanVia
  /** The QR text of the same card where it was scanned before, to settle a damaged MRZ. */
  readonly qr?: string
}

/** Something in a text that is not as it should be, and where. */
export interface ScanFinding {
  readonly code: string
  readonly field: string
  /** In an MRZ, from 1. */
  readonly line?: number
  readonly column?: number
}

/** What the insurance card says beside the person; dates are dd/MM/yyyy, null where the card has none. */
export interface InsuranceValues {
  readonly group: string | null
  readonly benefitLevel: number | null
  readonly provinceDigits: string | null
  readonly facility: { readonly provinceDigits: string; readonly facilityDigits: string } | null
  readonly validFrom: string | null
  readonly validTo: string | null
}

/** What a scanned text is and says; nothing of it is signed. */
export interface ScanView {
  readonly kind: ScanKind
  /** The text as it goes into the start of a reading: a repaired MRZ in place of the damaged one. */
  readonly text: string
  readonly source: 'qr' | 'mrz' | 'unknown'
  readonly via: ScanVia
  readonly values: readonly Field[]
  readonly insurance?: InsuranceValues
  /** What was done to a damaged MRZ. `ambiguous`: several readings hold every check digit; a person has to look. */
  readonly repair?: 'unchanged' | 'repaired' | 'ambiguous' | 'unrepairable'
  readonly findings: readonly ScanFinding[]
  readonly damage: readonly ScanDamage[]
  /** How many keys would be tried at the chip, and whether one of them is the CAN. None: the text opens no chip. */
  readonly accessKeys: { readonly tries: number; readonly can: boolean }
}

/** Something in a picture that may not be believed. Its text is told to nobody, but for the readings of an MRZ among
 * which a person has to choose. */
export interface ScanDoubt {
  readonly kind: ScanKind
  readonly doubt: string
  readonly candidates?: readonly string[]
}

export interface PictureScans {
  readonly texts: readonly ScanView[]
  readonly doubts: readonly ScanDoubt[]
}

/** No QR is longer. */
const LONGEST_TEXT = 8000

export const scanRequestSchema: z.ZodType<ScanRequest> = z
  .strictObject({
    text: z.string().min(1).max(LONGEST_TEXT),
    via: z.enum(VIAS).exactOptional(),
    qr: z.string().min(1).max(LONGEST_TEXT).exactOptional(),
  })
  .meta({ id: 'ScanRequest', description: 'A text from a scanner, a camera or a keyboard.' })

const kind = z.enum(SCAN_KINDS)
const date = z.string().nullable()

export const scanViewSchema: z.ZodType<ScanView> = z
  .object({
    kind,
    text: z.string(),
    source: z.enum(['qr', 'mrz', 'unknown']),
    via: z.enum(VIAS),
    values: z.array(fieldSchema),
    insurance: z
      .object({
        group: z.string().nullable(),
        benefitLevel: z.number().nullable(),
        provinceDigits: z.string().nullable(),
        facility: z.object({ provinceDigits: z.string(), facilityDigits: z.string() }).nullable(),
        validFrom: date,
        validTo: date,
      })
      .exactOptional(),
    repair: z.enum(['unchanged', 'repaired', 'ambiguous', 'unrepairable']).exactOptional(),
    findings: z.array(
      z.object({
        code: z.string(),
        field: z.string(),
        line: z.number().exactOptional(),
        column: z.number().exactOptional(),
      }),
    ),
    damage: z.array(z.enum(DAMAGES)),
    accessKeys: z.object({ tries: z.number(), can: z.boolean() }),
  })
  .meta({ id: 'Scan', description: 'What a scanned text is and says; nothing of it is signed.' })

export const scanReplySchema: z.ZodType<{ readonly scan: ScanView }> = z.object({ scan: scanViewSchema })

export const pictureScansSchema: z.ZodType<PictureScans> = z
  .object({
    texts: z.array(scanViewSchema),
    doubts: z.array(z.object({ kind, doubt: z.string(), candidates: z.array(z.string()).exactOptional() })),
  })
  .meta({ id: 'PictureScans', description: 'The texts of a picture that may be believed, and what may not.' })
