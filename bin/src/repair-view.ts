import type { MrzChange, MrzDoubt, MrzRepair, RepairProof, UnprotectedSpan } from '@cccd/mrz'
import type { Text } from './language.ts'

type Pick = (text: Text) => string

/** What repair says of an MRZ, for people: each change with its proofs, candidates ranked, and what nothing protects. */
export function repairLines(repair: MrzRepair, pick: Pick): string[] {
  const { status, mrz, changes, candidates, unprotected, doubts } = repair
  return [
    ...doubts.map(doubt => `! ${pick(doubtText(doubt))}`),
    ...(status === 'repaired'
      ? [
          pick({ vi: '~ Sửa được, mỗi chỗ có căn cứ:', en: '~ It can be put right, each change with its proof:' }),
          ...changeLines(changes, pick),
          ...(mrz?.lines ?? []).map(line => `    ${line}`),
        ]
      : []),
    ...(candidates.length > 0
      ? [
          pick({
            vi: `? ${candidates.length} cách đọc có thể, khả dĩ nhất trước; hãy so với thẻ:`,
            en: `? ${candidates.length} possible readings, likeliest first; compare them with the card:`,
          }),
          ...candidates.flatMap((one, i) => [
            `  ${i + 1}.`,
            ...changeLines(one.changes, pick),
            ...one.mrz.lines.map(line => `    ${line}`),
            ...one.doubts.map(doubt => `    ! ${pick(doubtText(doubt))}`),
          ]),
        ]
      : []),
    ...(unprotected.length === 0 ? [] : [pick(unprotectedText(unprotected))]),
  ]
}

function changeLines(changes: readonly MrzChange[], pick: Pick): string[] {
  return changes.map(({ line, column, from, to, proofs }) => {
    const why = proofs.map(proof => pick(proofText(proof))).join(', ')
    return `    ${pick({
      vi: `dòng ${line}, cột ${column}: “${from}” thành “${to}” (${why})`,
      en: `line ${line}, column ${column}: “${from}” to “${to}” (${why})`,
    })}`
  })
}

function proofText(proof: RepairProof): Text {
  switch (proof.kind) {
    case 'layout':
      return { vi: `bố cục ${proof.rule}`, en: `layout ${proof.rule}` }
    case 'check-digit':
      return { vi: `chữ số kiểm tra ${proof.field}`, en: `check digit ${proof.field}` }
    case 'printed-twice':
      return {
        vi: `in hai lần, cũng ở dòng ${proof.line}, cột ${proof.column}`,
        en: `printed twice, also in line ${proof.line}, column ${proof.column}`,
      }
    case 'qr':
      return { vi: 'mã QR', en: 'the QR' }
    case 'agrees':
      return { vi: 'các ngày khớp nhau', en: 'dates agree' }
  }
}

function doubtText({ code, line, column, found, expected }: MrzDoubt): Text {
  return {
    vi: `${code}: dòng ${line}, cột ${column}: có “${found}”, nơi khác nói “${expected}”`,
    en: `${code}: line ${line}, column ${column}: “${found}”, and elsewhere “${expected}”`,
  }
}

function unprotectedText(spans: readonly UnprotectedSpan[]): Text {
  const names = [...new Set(spans.map(({ field }) => field))].join(', ')
  return {
    vi: `Không chữ số kiểm tra nào thấy được lỗi ở: ${names}. Hãy so với thẻ.`,
    en: `No check digit would notice a fault in: ${names}. Compare with the card.`,
  }
}
