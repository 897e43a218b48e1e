import {
  askLocalDesk,
  type CodeReply,
  type CodeRequest,
  isExactOrigin,
  type ListedToken,
  ROLES,
  type Role,
  SCOPES,
  type Scope,
} from '@cccd/daemon/local'
import { FormatError, ServiceError } from '@cccd/mrz'
import { deskSettings, foldersOf } from '../desk-settings.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { table, UsageError } from '../output.ts'
import type { Context } from '../wiring.ts'

type Options = Record<string, unknown>

/** `cccd pair`: a one-time code from the running desk, by its socket; --list and --revoke look after what is paired. */
export async function pair(context: Context, options: Options): Promise<ExitCode> {
  const socket = await socketOf(context, options)
  if (options.list === true) return list(context, socket)
  if (typeof options.revoke === 'string') return revoke(context, socket, options.revoke)
  const body = codeRequest(options)
  const { code, expiresAt, page } = (await askLocalDesk(socket, {
    method: 'POST',
    path: '/local/codes',
    body,
  })) as CodeReply
  const { output, now } = context
  const minutes = Math.max(1, Math.round((Date.parse(expiresAt) - now().getTime()) / 60_000))
  const isForPage = body.origin === undefined
  output.result({ code, expiresAt, ...(isForPage && { page }) }, () => [
    output.pick({
      vi: `Mã ghép nối: ${code} (dùng một lần, trong ${minutes} phút)`,
      en: `Pairing code: ${code} (once, within ${minutes} minutes)`,
    }),
    ...(isForPage ? [output.pick({ vi: `Trang của máy đọc: ${page}`, en: `The desk’s page: ${page}` })] : []),
  ])
  return EXIT.ok
}

async function socketOf(context: Context, options: Options): Promise<string> {
  const { config, file, faults } = await deskSettings(context, options)
  if (!config) {
    throw new FormatError('DESK_CONFIG_MALFORMED', faults[0]?.en ?? 'the configuration is malformed', {
      ...(file !== undefined && { file }),
      ...(faults[0]?.path && { field: faults[0].path }),
    })
  }
  const { socket } = foldersOf(config, context, options)
  if (socket === undefined)
    throw new ServiceError('DESK_NOT_RUNNING', 'the configuration has no socket (listen.socket)')
  return socket
}

function codeRequest({ scopes, role, origin, program, minutes, days }: Options): CodeRequest {
  if (program === true && origin !== undefined) {
    throw new UsageError({
      vi: 'Chỉ dùng một trong hai: --origin hoặc --program.',
      en: 'Give --origin or --program, not both.',
    })
  }
  if (typeof origin === 'string' && !isExactOrigin(origin)) {
    throw new UsageError({
      vi: '--origin cần đúng dạng https://máy[:cổng], không có gì phía sau.',
      en: '--origin wants exactly https://host[:port], with nothing behind it.',
    })
  }
  return {
    ...(typeof scopes === 'string' && { scopes: scopesFrom(scopes) }),
    ...(typeof role === 'string' && { role: roleFrom(role) }),
    ...(typeof origin === 'string' && { origin }),
    ...(program === true && { origin: null }),
    ...(minutes !== undefined && { minutes: whole(minutes, '--minutes', 60) }),
    ...(days !== undefined && { days: whole(days, '--days', 3650) }),
  }
}

function scopesFrom(text: string): readonly Scope[] {
  const names = text.split(',').map(name => name.trim())
  const known = SCOPES.filter(scope => names.includes(scope))
  if (known.length === names.length) return known
  throw new UsageError({ vi: `--scopes nhận: ${SCOPES.join(',')}`, en: `--scopes takes: ${SCOPES.join(',')}` })
}

function roleFrom(text: string): Role {
  const role = ROLES.find(one => one === text)
  if (role) return role
  throw new UsageError({ vi: `--role nhận: ${ROLES.join(', ')}`, en: `--role takes: ${ROLES.join(', ')}` })
}

function whole(text: unknown, name: string, most: number): number {
  const value = typeof text === 'string' && /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= most) return value
  throw new UsageError({ vi: `${name} cần một số từ 1 đến ${most}.`, en: `${name} wants a number from 1 to ${most}.` })
}

async function list({ output }: Context, socket: string): Promise<ExitCode> {
  const { tokens } = (await askLocalDesk(socket, { method: 'GET', path: '/local/tokens' })) as {
    readonly tokens: readonly ListedToken[]
  }
  output.result({ tokens }, () =>
    tokens.length === 0
      ? [output.pick({ vi: 'Chưa có gì được ghép nối.', en: 'Nothing is paired.' })]
      : table(
          tokens.map(({ tokenId, label, origin, role, scopes, expiresAt }) => [
            tokenId,
            `${label} · ${origin ?? output.pick({ vi: '(chương trình)', en: '(a program)' })} · ${role} · ${scopes.join(',')} · ${expiresAt.slice(0, 10)}`,
          ]),
        ),
  )
  return EXIT.ok
}

async function revoke({ output }: Context, socket: string, id: string): Promise<ExitCode> {
  if (!/^[0-9a-f]{16}$/.test(id)) {
    throw new UsageError({
      vi: '--revoke cần mã 16 chữ số hex như cccd pair --list in ra.',
      en: '--revoke wants the 16 hex digits that cccd pair --list prints.',
    })
  }
  await askLocalDesk(socket, { method: 'DELETE', path: `/local/tokens/${id}` })
  output.result({ revoked: id }, () => [output.pick({ vi: `Đã thu hồi ${id}.`, en: `Revoked ${id}.` })])
  return EXIT.ok
}
