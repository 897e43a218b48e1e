import type { ReadPerson } from '../../person.ts'
import type { TextOutputConfig } from '../config.ts'
import { sendToFile } from './file-line.ts'
import { SerialLine } from './serial-line.ts'
import { parseTemplate, renderTemplate, type Template, toAscii } from './template.ts'

const ENTER = { cr: '\r', lf: '\n', crlf: '\r\n' } as const

/** What became of a text: given back to whoever asked, or sent. */
export type TextOutcome =
  | { readonly kind: 'reply'; readonly text: string }
  | { readonly kind: 'sent'; readonly bytes: number }

/** One configured output. Texts to the same target go one after another. */
export class TextOutput {
  readonly config: TextOutputConfig
  readonly #template: Template
  readonly #line: SerialLine | undefined
  #before: Promise<unknown> = Promise.resolve()

  /** Throws FormatError CONNECTOR_CONFIG_MALFORMED when the template is none. */
  constructor(config: TextOutputConfig) {
    this.config = config
    this.#template = parseTemplate(config.template)
    this.#line = config.target.kind === 'serial' ? new SerialLine(config.target) : undefined
  }

  /** The text for this person, sent to its target. Throws ConnectorError TEXT_TARGET_FAILED. */
  async send(person: ReadPerson): Promise<TextOutcome> {
    const { target, encoding, enter } = this.config
    const rendered = renderTemplate(this.#template, person, ENTER[enter])
    const text = encoding === 'ascii' ? toAscii(rendered) : rendered
    const line = this.#line
    if (target.kind === 'reply') return { kind: 'reply', text }
    const bytes = new Uint8Array(Buffer.from(text, encoding === 'utf-16le' ? 'utf16le' : 'utf8'))
    const sending = this.#before.then(() => (line !== undefined ? line.send(bytes) : sendToFile(target.path, bytes)))
    this.#before = sending.then(
      () => undefined,
      () => undefined,
    )
    await sending
    return { kind: 'sent', bytes: bytes.length }
  }

  /** Waits for what is being sent and lets go of the port. */
  async close(): Promise<void> {
    await this.#before
    this.#line?.close()
  }
}
