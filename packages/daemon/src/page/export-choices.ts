import type { ConnectorList } from '../api/exports.ts'
import type { Visits } from './visits.ts'
import type { Text } from './words/language.ts'

/** One line of the export list. */
export interface ExportChoice {
  readonly id: string
  readonly title: string
  readonly run: () => void
}

/** What can be handed on from this desk: files and the clipboard always, the rest where it is set up. */
export function exportChoices(
  connectors: ConnectorList | null,
  given: { readonly visits: Visits; readonly word: (text: Text) => string; readonly copyAll: () => void },
): readonly ExportChoice[] {
  const { visits, word, copyAll } = given
  const choice = (id: string, title: Text, run: () => void): ExportChoice => ({ id, title: word(title), run })
  return [
    choice('text', { vi: 'Văn bản, vào khay nhớ tạm', en: 'Text, to the clipboard' }, copyAll),
    choice('fhir', { vi: 'Tệp HL7 FHIR (JSON)', en: 'HL7 FHIR file (JSON)' }, () => void visits.download('fhir')),
    choice('his', { vi: 'Tệp HIS, bảng XML1', en: 'HIS file, table XML1' }, () => void visits.download('his')),
    ...(connectors?.text ?? []).map(({ id, label, target }) => {
      const where = target === 'reply' ? { vi: 'khay nhớ tạm', en: 'clipboard' } : { vi: 'gửi đi', en: 'send' }
      const title = { vi: `${label} (${where.vi})`, en: `${label} (${where.en})` }
      return choice(`text-${id}`, title, () => void visits.writeText(id))
    }),
    ...(connectors?.webhook.configured
      ? [
          choice(
            'webhook',
            { vi: 'Gửi về phần mềm của đơn vị', en: 'Send to the house system' },
            () => void visits.deliver('webhook'),
          ),
        ]
      : []),
    ...(connectors?.fhir.server
      ? [
          choice(
            'fhir-server',
            { vi: 'Gửi về máy chủ FHIR', en: 'Send to the FHIR server' },
            () => void visits.deliver('fhir'),
          ),
        ]
      : []),
  ]
}
