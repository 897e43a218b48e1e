import type { CommanderError } from 'commander'
import type { Text } from './language.ts'

const REMEDY: Text = { vi: 'Thêm --help để xem cách dùng.', en: 'Add --help for usage.' }

/** What the command line parser found wrong, as a sentence in both languages. Its own English stands where it is of a
 * kind not listed here. */
export function usageFault(error: CommanderError): Text {
  const said = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ')
  const near = /\(Did you mean (?:one of )?(.*)\?\)/.exec(said)?.[1]
  const name = /'([^']*)'/.exec(said)?.[1] ?? ''
  const sentence = VIETNAMESE[error.code]?.(name) ?? `Lệnh gõ sai: ${said}`
  const english = error.code === 'commander.help' ? 'a command is needed' : said
  return { vi: `${sentence}${near ? ` Có phải là: ${near}?` : ''}\n${REMEDY.vi}`, en: `${english}\n${REMEDY.en}` }
}

const VIETNAMESE: Readonly<Record<string, (name: string) => string>> = {
  'commander.help': () => 'Thiếu tên lệnh.',
  'commander.unknownCommand': name => `Không có lệnh “${name}”.`,
  'commander.unknownOption': name => `Không có tùy chọn “${name}”.`,
  'commander.optionMissingArgument': name => `Tùy chọn “${name}” cần một giá trị.`,
  'commander.missingArgument': name => `Thiếu đối số “${name}”.`,
  'commander.excessArguments': name => `Lệnh “${name}” nhận ít đối số hơn số đã cho.`,
  'commander.invalidArgument': name => `Giá trị của “${name}” không hợp lệ.`,
}
