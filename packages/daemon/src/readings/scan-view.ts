import {
  accessAttempts,
  accessKeysFromScan,
  type CardQr,
  formatPartialDate,
  type InsuranceQr,
  type PartialDate,
  parseScan,
  type Scan,
  type ScanVia,
} from '@cccd/mrz'
import type { PrintedData } from '@cccd/verifier'
import type { InsuranceValues, ScanFinding, ScanView } from '../api/scans.ts'
import type { Field } from '../person.ts'
import { personFields } from './person-fields.ts'

/** What a text is and says. Never throws: a text that is nothing known comes back as it is. */
export function scanView(text: string, options: { readonly via?: ScanVia; readonly qr?: CardQr } = {}): ScanView {
  const scan = parseScan(text, options)
  const attempts = accessAttempts(accessKeysFromScan(scan))
  const { kind, damage, provenance } = scan
  return {
    ...{ kind, damage, source: provenance.source, via: provenance.via },
    ...contentOf(scan),
    accessKeys: { tries: attempts.length, can: attempts.some(attempt => attempt.kind === 'CAN') },
  }
}

type Content = Pick<ScanView, 'text' | 'values' | 'findings' | 'insurance' | 'repair'>

function contentOf(scan: Scan): Content {
  switch (scan.kind) {
    case 'card-qr':
      return { text: scan.text, values: printedFields({ qr: scan.qr }), findings: [...scan.qr.findings] }
    case 'mrz': {
      const { mrz, repair } = scan
      const findings = (mrz?.findings ?? []).map(
        ({ code, field, line, column }): ScanFinding => ({ code, field, line, column }),
      )
      if (mrz === null) return { text: scan.text, values: [], findings, repair: repair.status }
      return { text: mrz.lines.join('\n'), values: printedFields({ mrz }), findings, repair: repair.status }
    }
    case 'insurance-qr': {
      const { insurance } = scan
      return {
        text: scan.text,
        values: insuredFields(insurance),
        insurance: insuranceValues(insurance),
        findings: [...insurance.findings],
      }
    }
    case 'vneid-or-unknown': {
      const { personalNumber, insuranceCardNumber } = scan
      const typed = personalNumber === null ? [] : printedFields({ personalNumber })
      const insured: readonly Field[] =
        insuranceCardNumber === null
          ? []
          : [{ name: 'insuranceCardNumber', value: insuranceCardNumber, source: 'typed' }]
      return { text: scan.text, values: [...typed, ...insured], findings: [] }
    }
  }
}

function printedFields(printed: PrintedData): readonly Field[] {
  return personFields({}, printed)
}

function dateText(date: PartialDate | null): string | null {
  return date === null ? null : formatPartialDate(date)
}

function insuredFields(insurance: InsuranceQr): readonly Field[] {
  const values: readonly (readonly [Field['name'], string | null])[] = [
    ['fullName', insurance.fullName],
    ['dateOfBirth', dateText(insurance.dateOfBirth)],
    ['sex', insurance.sex],
    ['placeOfResidence', insurance.address],
    ['insuranceNumber', insurance.insuranceNumber],
    ['insuranceCardNumber', insurance.cardNumber],
  ]
  return values.flatMap(([name, value]) => (value ? [{ name, value, source: 'qr' as const }] : []))
}

function insuranceValues(insurance: InsuranceQr): InsuranceValues {
  const { group, benefitLevel, provinceDigits, facility, validFrom, validTo } = insurance
  return {
    ...{ group, benefitLevel, provinceDigits, facility },
    validFrom: dateText(validFrom),
    validTo: dateText(validTo),
  }
}
