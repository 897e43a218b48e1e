import { CardToolkitError } from '@cccd/card-core'
import { EXIT, type ExitCode, OUTCOMES } from './exit-code.ts'
import type { Language, Text } from './language.ts'

/** Where the command speaks: results to stdout, progress and errors to stderr; with `--json` every answer is one JSON
 * document on stdout, errors too. */
export interface Output {
  readonly json: boolean
  readonly language: Language
  /** The result: `data` with --json, else the lines that `human` makes. */
  result(data: unknown, human: () => readonly string[]): void
  /** A line for people on stderr; nothing with --json. */
  say(text: Text): void
  /** A transient line on a terminal's stderr, replaced by the next one; an empty text clears it. */
  status(text: string): void
  readonly isTerminal: boolean
  pick(text: Text): string
}

export interface Streams {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number }
}

export function createOutput(given: { json: boolean; language: Language; streams: Streams }): Output {
  const { json, language, streams } = given
  const isTerminal = streams.stderr.isTTY === true && !json
  let pending = false
  const clear = (): void => {
    if (pending) streams.stderr.write('\r\x1b[2K')
    pending = false
  }
  return {
    json,
    language,
    isTerminal,
    pick: text => text[language],
    result(data, human) {
      clear()
      streams.stdout.write(json ? jsonText(data) : `${human().map(printable).join('\n')}\n`)
    },
    say(text) {
      clear()
      if (!json) streams.stderr.write(`${printable(text[language])}\n`)
    },
    status(text) {
      if (!isTerminal) return
      clear()
      if (text === '') return
      streams.stderr.write(text.slice(0, (streams.stderr.columns ?? 80) - 1))
      pending = true
    },
  }
}

/** A fault of what was typed; ends with the usage exit code. */
export class UsageError extends Error {
  readonly text: Text
  constructor(text: Text) {
    super(text.en)
    this.text = text
  }
}

/** Tells an error and returns the exit code. Unknown errors are faults of the program: only their class and message are
 * shown, the stack with CCCD_DEBUG. */
export function reportError(error: unknown, output: Output, streams: Streams, debug: boolean): ExitCode {
  output.status('')
  if (error instanceof UsageError) {
    if (output.json)
      streams.stdout.write(
        jsonText({ error: { code: 'USAGE', message: error.text.en, facts: {}, hint: error.text, exit: EXIT.usage } }),
      )
    else streams.stderr.write(`${output.pick(error.text).split('\n').map(printable).join('\n')}\n`)
    return EXIT.usage
  }
  if (error instanceof CardToolkitError) {
    const { exit, vi, en } = OUTCOMES[error.code]
    if (output.json) {
      const { code, message, facts } = error
      streams.stdout.write(jsonText({ error: { code, message, facts: readableFacts(facts), hint: { vi, en }, exit } }))
    } else {
      const facts = Object.entries(readableFacts(error.facts)).map(([name, value]) => `${name} ${value}`)
      const where = facts.length ? ` (${facts.join(', ')})` : ''
      const title = output.language === 'vi' ? 'Lỗi' : 'Error'
      streams.stderr.write(`${printable(`${title} ${error.code}: ${error.message}${where}`)}\n`)
      streams.stderr.write(`→ ${output.language === 'vi' ? vi : en}\n`)
      streams.stderr.write(`  ${output.language === 'vi' ? en : vi}\n`)
    }
    return exit
  }
  const fault = error instanceof Error ? error : new Error(String(error))
  const code = (fault as { code?: unknown }).code
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) {
    const named = (fault as { path?: unknown }).path
    const path = typeof named === 'string' ? named : ''
    const text = fileFault(code, path)
    if (output.json)
      streams.stdout.write(
        jsonText({ error: { code, message: text.en, facts: path ? { path } : {}, hint: text, exit: EXIT.file } }),
      )
    else streams.stderr.write(`${printable(output.pick(text))}\n`)
    return EXIT.file
  }
  if (output.json)
    streams.stdout.write(
      jsonText({
        error: { code: 'INTERNAL', message: fault.name, facts: {}, hint: PROGRAM_FAULT, exit: EXIT.internal },
      }),
    )
  else streams.stderr.write(`${printable(`${output.pick(PROGRAM_FAULT)}: ${fault.name}: ${fault.message}`)}\n`)
  if (debug) streams.stderr.write(`${fault.stack}\n`)
  return EXIT.internal
}

const PROGRAM_FAULT: Text = { vi: 'Lỗi chương trình', en: 'Fault of the program' }

/** The sentence for a fault of the file system; the system does not always say which file it was. */
function fileFault(code: string, path: string): Text {
  const of = path ? `: ${path}` : ''
  switch (code) {
    case 'ENOENT':
      return { vi: `Không thấy tệp hoặc thư mục${of}`, en: `No such file or folder${of}` }
    case 'EACCES':
    case 'EPERM':
      return { vi: `Không có quyền truy cập${of}`, en: `No permission${of}` }
    case 'EROFS':
      return { vi: `Nơi này chỉ cho đọc, không ghi được${of}`, en: `This place is read-only${of}` }
    case 'ENOTDIR':
      return { vi: `Đây là tệp, không phải thư mục${of}`, en: `This is a file and no folder${of}` }
    case 'EISDIR':
      return { vi: `Đây là thư mục, không phải tệp${of}`, en: `This is a folder and no file${of}` }
    case 'ENOSPC':
      return { vi: `Đĩa đã đầy khi ghi${of}`, en: `The disk is full${of}` }
    default:
      return { vi: `Lỗi hệ thống ${code}${of}`, en: `System error ${code}${of}` }
  }
}

function readableFacts(facts: CardToolkitError['facts']): Record<string, string | number> {
  const readable: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined) continue
    readable[name] =
      name === 'sw'
        ? (value as number).toString(16).toUpperCase().padStart(4, '0')
        : name === 'tag'
          ? (value as number).toString(16).toUpperCase()
          : value
  }
  return readable
}

/** A line as it is safe on a terminal: what a card or a certificate says may hold control characters, which would move
 * the cursor or change what stands there already. */
export function printable(line: string): string {
  return line.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '�')
}

/** A JSON document that is safe on a terminal too: JSON leaves C1 controls and bidirectional overrides as they are. */
export function jsonText(value: unknown, indent = 2): string {
  const text = JSON.stringify(value, null, indent).replace(
    /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `${text}\n`
}

/** Two columns, the first as wide as its longest cell. */
export function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([name]) => [...name].length))
  return rows.map(([name, value]) => `  ${name}${' '.repeat(width - [...name].length)}  ${value}`)
}
