import { type BundleCheck, type BundleVerdict, bundleSentence } from '@cccd/verifier'
import { describeCard } from './card-view.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import type { Text } from './language.ts'
import { type Output, table } from './output.ts'
import { exitOf } from './report-view.ts'

const TITLES: Readonly<Record<BundleCheck['id'], Text>> = {
  form: { vi: 'Dạng của gói', en: 'Form of the bundle' },
  encryption: { vi: 'Mã hóa', en: 'Encryption' },
  signature: { vi: 'Chữ ký', en: 'Signature' },
  signer: { vi: 'Máy đã ký', en: 'Desk that signed' },
  contents: { vi: 'Nội dung', en: 'Contents' },
  audience: { vi: 'Bên nhận', en: 'Audience' },
  origin: { vi: 'Trang yêu cầu', en: 'Origin' },
  nonce: { vi: 'Nonce', en: 'Nonce' },
  challenge: { vi: 'Thử thách cho chip', en: 'Challenge to the chip' },
  time: { vi: 'Thời điểm', en: 'Time' },
  report: { vi: 'Báo cáo trong gói', en: 'Report inside' },
  replay: { vi: 'Dùng lại', en: 'Replay' },
}

const SIGNS: Readonly<Record<BundleCheck['status'], string>> = {
  passed: '✔',
  refused: '✘',
  open: '?',
  noted: '!',
  notAsked: '·',
  notReached: '–',
}

const EVIDENCE: Readonly<Record<NonNullable<BundleVerdict['proofs']>[number]['evidence'], Text>> = {
  passiveAuthentication: { vi: 'Tệp đã ký', en: 'Signed files' },
  activeAuthentication: { vi: 'Xác thực chủ động (AA)', en: 'Active authentication (AA)' },
  chipAuthentication: { vi: 'Xác thực chip (CA)', en: 'Chip authentication (CA)' },
  paceCam: { vi: 'PACE-CAM', en: 'PACE-CAM' },
  access: { vi: 'Cách mở chip', en: 'How the chip was opened' },
}

const OVERALL: Readonly<Record<BundleVerdict['overall'], Text & { readonly sign: string }>> = {
  refused: { sign: '✘', vi: 'GÓI BỊ TỪ CHỐI (đỏ)', en: 'BUNDLE REFUSED (red)' },
  successful: { sign: '✔', vi: 'GÓI ĐẠT (xanh)', en: 'BUNDLE SUCCESSFUL (green)' },
  failed: { sign: '✘', vi: 'GÓI KHÔNG ĐẠT (đỏ)', en: 'BUNDLE FAILED (red)' },
  undetermined: { sign: '?', vi: 'GÓI CHƯA XÁC ĐỊNH (vàng)', en: 'BUNDLE UNDETERMINED (yellow)' },
  aborted: { sign: '–', vi: 'GÓI DỞ DANG (xám)', en: 'BUNDLE ABORTED (grey)' },
}

/** The verdict on a bundle as JSON (nothing of the holder but under `card`) and as lines; with its exit code. */
export async function showBundle(output: Output, verdict: BundleVerdict): Promise<ExitCode> {
  const { contents, report, checks, proofs, overall, colour, signer, encrypted, differences } = verdict
  const card =
    contents && report
      ? await describeCard(output, {
          files: contents.files,
          evidence: contents.evidence,
          report,
          printed: {},
        })
      : undefined
  const about = contents && {
    requestId: contents.requestId,
    time: contents.time,
    binding: contents.binding,
    ...(contents.reader !== undefined && { reader: contents.reader }),
    ...(contents.consent && { consent: contents.consent }),
    stored: {
      overall: contents.report.overall,
      policy: contents.policy,
      trustStore: contents.trustStore,
    },
  }
  output.result(
    {
      verdict: overall,
      colour,
      bundle: {
        checks: checks.map(check => ({ ...check, ...bundleSentence(check.code) })),
        ...(signer && { signer }),
        ...(encrypted !== undefined && { encrypted }),
        ...about,
        ...(proofs && { proofs: proofs.map(proof => ({ ...proof, ...bundleSentence(proof.code) })) }),
        ...(differences && { differences }),
      },
      ...(card && { card: card.data }),
    },
    () => [
      ...(card ? [...card.lines, ''] : []),
      ...bundleLines(output, verdict),
      '',
      `${OVERALL[overall].sign} ${output.pick(OVERALL[overall])}`,
    ],
  )
  if (overall === 'refused' || !report) return EXIT.refused
  return overall === 'undetermined' ? EXIT.undetermined : exitOf(report)
}

function bundleLines(output: Output, { checks, proofs = [], signer, differences = [] }: BundleVerdict): string[] {
  const said = ({ code }: BundleCheck): string => output.pick(bundleSentence(code))
  const surprising = differences.filter(({ explained }) => explained === undefined)
  return [
    output.pick({ vi: 'Gói bằng chứng', en: 'Evidence bundle' }),
    ...table(
      checks.map(check => [
        `${SIGNS[check.status]} ${output.pick(TITLES[check.id])}`,
        check.status === 'refused' ? `${check.code}: ${said(check)} [${check.place}]` : said(check),
      ]),
    ),
    ...(signer ? [`  ${output.pick({ vi: 'Khóa ký', en: 'Signing key' })} ${signer.kid}`] : []),
    ...(proofs.length > 0
      ? [
          output.pick({ vi: 'Chứng minh được gì khi kiểm tra lại', en: 'What each proof is worth offline' }),
          ...table(
            proofs.map(({ evidence, code }) => [output.pick(EVIDENCE[evidence]), output.pick(bundleSentence(code))]),
          ),
        ]
      : []),
    ...surprising.map(({ id, stored, own }) => `  ! ${id}: ${stored?.status ?? '–'} → ${own?.status ?? '–'}`),
  ]
}
