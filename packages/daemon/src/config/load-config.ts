import { FormatError } from '@cccd/mrz'
import { z } from 'zod'
import en from 'zod/v4/locales/en.js'
import vi from 'zod/v4/locales/vi.js'
import { type DeskConfig, deskConfigSchema } from './desk-config.ts'
import { jsonFaultPlace } from './json-place.ts'

/** One thing that is wrong with a configuration: where, and what, in both languages. */
export interface ConfigFault {
  /** Such as `listen.addresses.0.host`; empty for the whole. */
  readonly path: string
  readonly vi: string
  readonly en: string
}

export type ParsedConfig =
  | { readonly config: DeskConfig; readonly faults: readonly [] }
  | { readonly config: undefined; readonly faults: readonly ConfigFault[] }

/** Reads a configuration file's text. Returns every fault at once, so that one run of `--check` shows all of them. */
export function parseDeskConfig(text: string): ParsedConfig {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    const { line, column } = jsonFaultPlace(text) ?? { line: 1, column: 1 }
    const vi = `Tệp không phải JSON (dòng ${line}, cột ${column})`
    return { config: undefined, faults: [{ path: '', vi, en: `The file is no JSON (line ${line}, column ${column})` }] }
  }
  return checkDeskConfig(value)
}

/** As parseDeskConfig, for a value. */
export function checkDeskConfig(value: unknown): ParsedConfig {
  const result = deskConfigSchema.safeParse(value, { error: vi().localeError })
  if (result.success) return { config: result.data, faults: [] }
  // The same once more: the order of the issues does not depend on the language.
  const english = deskConfigSchema.safeParse(value, { error: en().localeError }).error?.issues ?? []
  const faults = flat(result.error.issues).map(({ path, message }, index) => {
    const other = flat(english)[index]?.message ?? message
    return { path: path.map(String).join('.'), vi: half(message, 0), en: half(other, 1) }
  })
  return { config: undefined, faults }
}

/** Throws FormatError DESK_CONFIG_MALFORMED with the first fault's place. */
export function requireDeskConfig(parsed: ParsedConfig, file: string): DeskConfig {
  if (parsed.config) return parsed.config
  const [first] = parsed.faults
  throw new FormatError('DESK_CONFIG_MALFORMED', `the configuration is malformed: ${first?.en ?? ''}`, {
    file,
    ...(first?.path && { field: first.path }),
  })
}

/** The schema of the configuration file, JSON Schema 2020-12, for editors. */
export function deskConfigJsonSchema(): object {
  return z.toJSONSchema(deskConfigSchema, { io: 'input', target: 'draft-2020-12' })
}

type Issue = z.core.$ZodIssue

/** A union says only that no branch fits: the branch that came furthest tells more. */
function flat(issues: readonly Issue[]): readonly Issue[] {
  return issues.flatMap(issue => {
    if (issue.code !== 'invalid_union') return [issue]
    const [best] = issue.errors.toSorted((a, b) => depth(b) - depth(a))
    if (!best || depth(best) === 0) return [issue]
    return flat(best.map(inner => ({ ...inner, path: [...issue.path, ...inner.path] })))
  })
}

function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map(({ path }) => path.length))
}

/** Our own messages hold both languages, parted by ` / `; those of zod come in the language asked for. */
function half(message: string, index: 0 | 1): string {
  const parts = message.split(' / ')
  return parts.length === 2 ? (parts[index] as string) : message
}
