import { homedir } from 'node:os'
import { dirname } from 'node:path'
import {
  type ConfigFault,
  type DeskConfig,
  type DeskFolders,
  deskFolders,
  parseDeskConfig,
  withPathsFrom,
} from '@cccd/daemon/local'
import { readDeskConfigFile } from './desk-config-file.ts'
import { UsageError } from './output.ts'
import type { Context } from './wiring.ts'

/** A configuration of the desk as the options of `cccd serve` and `cccd pair` name it. */
export interface DeskSettings {
  /** The file; undefined where all is by default. */
  readonly file: string | undefined
  /** Undefined where there are faults. */
  readonly config: DeskConfig | undefined
  readonly faults: readonly ConfigFault[]
}

/** Reads --config and lays --port over it. Throws FormatError DESK_CONFIG_MALFORMED for a file that cannot be read. */
export async function deskSettings(context: Context, options: Record<string, unknown>): Promise<DeskSettings> {
  const { text, path } = await readDeskConfigFile(options.config, context.environment)
  const { config, faults } = parseDeskConfig(text)
  const port = portFrom(options.port)
  if (!config) return { file: path, config, faults }
  const placed = path === undefined ? config : withPathsFrom(config, dirname(path))
  const listen = port === undefined ? placed.listen : { ...placed.listen, port }
  return { file: path, config: { ...placed, listen }, faults }
}

/** Where this desk keeps its things; those of a training desk (--simulate) are apart. */
export function foldersOf(config: DeskConfig, context: Context, options: Record<string, unknown>): DeskFolders {
  return deskFolders(config, {
    platform: process.platform,
    home: homedir(),
    environment: context.environment,
    training: options.simulate === true,
  })
}

function portFrom(option: unknown): number | undefined {
  if (option === undefined) return undefined
  const port = typeof option === 'string' && /^\d{1,5}$/.test(option) ? Number(option) : Number.NaN
  if (port <= 65_535) return port
  throw new UsageError({
    vi: '--port cần một số từ 0 đến 65535; 0 là cổng nào đang trống.',
    en: '--port wants a number from 0 to 65535; 0 is whichever is free.',
  })
}
