import type { HolderRecord } from '../../intake/holder.ts'
import { REASON_WORDS, type RecordFinding, type RecordReason } from '../../intake/record-finding.ts'

export interface ReasonCount {
  readonly reason: RecordReason
  readonly severity: 'error' | 'warning'
  readonly field: string
  readonly count: number
}

/** What a batch was like, in numbers; holds no name and no number of anybody. */
export interface QualityReport {
  readonly batch: { readonly sha256: string; readonly format: string }
  readonly records: number
  readonly accepted: number
  readonly rejected: number
  /** Accepted ones with a warning. */
  readonly warned: number
  /** Most frequent first. */
  readonly reasons: readonly ReasonCount[]
  readonly bySex: Readonly<Record<string, number>>
  /** Accepted ones by decade of birth. */
  readonly byDecade: Readonly<Record<string, number>>
  /** Accepted ones by the first three digits of the number. */
  readonly byProvince: Readonly<Record<string, number>>
  readonly withoutPortrait: number
}

/** Gathers the report record by record. */
export class QualityCounter {
  #records = 0
  #accepted = 0
  #warned = 0
  #withoutPortrait = 0
  readonly #reasons = new Map<string, ReasonCount>()
  readonly #sex = new Map<string, number>()
  readonly #decade = new Map<string, number>()
  readonly #province = new Map<string, number>()

  get records(): number {
    return this.#records
  }

  get rejected(): number {
    return this.#records - this.#accepted
  }

  count(holder: HolderRecord | null, findings: readonly RecordFinding[]): void {
    this.#records++
    for (const { reason, severity, field } of findings) {
      const key = `${severity} ${field} ${reason}`
      const before = this.#reasons.get(key)?.count ?? 0
      this.#reasons.set(key, { reason, severity, field, count: before + 1 })
    }
    if (!holder) return
    this.#accepted++
    if (findings.length > 0) this.#warned++
    if (holder.portrait === undefined) this.#withoutPortrait++
    const add = (map: Map<string, number>, key: string): Map<string, number> => map.set(key, (map.get(key) ?? 0) + 1)
    add(this.#sex, holder.sex)
    add(this.#decade, `${holder.dateOfBirth.slice(-4, -1)}0`)
    add(this.#province, holder.personalNumber.slice(0, 3))
  }

  report(batch: QualityReport['batch']): QualityReport {
    const sorted = (map: Map<string, number>): Record<string, number> =>
      Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
    return {
      batch,
      records: this.#records,
      accepted: this.#accepted,
      rejected: this.rejected,
      warned: this.#warned,
      reasons: [...this.#reasons.values()].sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1)),
      bySex: sorted(this.#sex),
      byDecade: sorted(this.#decade),
      byProvince: sorted(this.#province),
      withoutPortrait: this.#withoutPortrait,
    }
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

/** Bars from the left, the longest as wide as there is room; an SVG that needs nothing from elsewhere. */
function bars(title: string, values: Readonly<Record<string, number>>): string {
  const rows = Object.entries(values).filter(([, count]) => count > 0)
  if (rows.length === 0) return ''
  const most = Math.max(...rows.map(([, count]) => count))
  const line = 22
  const drawn = rows.map(([name, count], index) => {
    const y = index * line
    const width = Math.max(1, Math.round((count / most) * 420))
    return `<text x="86" y="${y + 15}" text-anchor="end">${escaped(name)}</text><rect x="94" y="${y + 3}" width="${width}" height="15" rx="2"/><text x="${width + 102}" y="${y + 15}">${count.toLocaleString('vi-VN')}</text>`
  })
  const height = rows.length * line
  return `<figure><figcaption>${escaped(title)}</figcaption><svg viewBox="0 0 640 ${height}" width="640" height="${height}" role="img" aria-label="${escaped(title)}">${drawn.join('')}</svg></figure>`
}

const STYLE = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}
dl{display:grid;grid-template-columns:max-content auto;gap:.25rem 1.5rem}dd{margin:0;font-variant-numeric:tabular-nums}
table{border-collapse:collapse;width:100%}td,th{padding:.3rem .6rem;border-bottom:1px solid #8884;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}svg rect{fill:#2a6fb0}svg text{font-size:13px;fill:currentColor}
.error{color:#b3261e;font-weight:600}.warning{color:#8a5a00;font-weight:600}@media(prefers-color-scheme:dark){.error{color:#ff9d94}.warning{color:#ffce7a}}`

/** The report as one page that opens anywhere, Vietnamese first. */
export function qualityPage(report: QualityReport): string {
  const { records, accepted, rejected, warned } = report
  const share = (count: number): string =>
    records === 0 ? '' : ` (${((100 * count) / records).toLocaleString('vi-VN', { maximumFractionDigits: 2 })} %)`
  const number = (count: number): string => count.toLocaleString('vi-VN')
  const rows = report.reasons.map(({ reason, severity, field, count }) => {
    const { vi, en } = REASON_WORDS[reason]
    const level = severity === 'error' ? 'Lỗi / error' : 'Lưu ý / warning'
    return `<tr><td class="${severity}">${level}</td><td><code>${escaped(field)}</code></td><td>${escaped(vi)}<br><small>${escaped(en)}</small></td><td class="n">${number(count)}</td></tr>`
  })
  return `<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Chất lượng lô hồ sơ</title><style>${STYLE}</style></head><body>
<h1>Chất lượng lô hồ sơ <small lang="en">Data quality of the batch</small></h1>
<p><code>${escaped(report.batch.sha256)}</code></p>
<dl><dt>Hồ sơ / records</dt><dd>${number(records)}</dd><dt>Nhận / accepted</dt><dd>${number(accepted)}${share(accepted)}</dd>
<dt>Trả lại / sent back</dt><dd>${number(rejected)}${share(rejected)}</dd><dt>Nhận, có lưu ý / accepted with warnings</dt><dd>${number(warned)}${share(warned)}</dd>
<dt>Không ảnh / without portrait</dt><dd>${number(report.withoutPortrait)}</dd></dl>
<h2>Lý do / reasons</h2>
<table><thead><tr><th>Mức</th><th>Trường / field</th><th>Lý do / reason</th><th>Số / count</th></tr></thead><tbody>${rows.join('')}</tbody></table>
${bars('Giới tính / sex', report.bySex)}${bars('Thập niên sinh / decade of birth', report.byDecade)}${bars('Mã tỉnh / province code', report.byProvince)}
</body></html>
`
}
