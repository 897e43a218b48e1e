import { isIP } from 'node:net'
import { z } from 'zod'

/** Where the desk listens. Loopback is always 127.0.0.1 and ::1; anything else is named, with its TLS key. */
export interface ListenConfig {
  /** 0 takes any free port; the port file tells which. */
  readonly port: number
  /** A Unix socket (a named pipe on Windows) for local programs and `cccd pair`: true for the default place, a path, or false. */
  readonly socket: boolean | string
  readonly addresses: readonly NamedAddress[]
}

/** An address beyond loopback, for desks whose programs run on other machines. */
export interface NamedAddress {
  /** An IP address of this machine. */
  readonly host: string
  readonly port: number
  /** The names by which it is called; Host must be one of them (with the port), nothing else. */
  readonly names: readonly string[]
  readonly tls: { readonly cert: string; readonly key: string }
}

const DEFAULT_PORT = 27_107

const port = z.int().min(0).max(65_535)
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/
const name = z.string().refine(text => isIP(text) !== 0 || HOST_NAME.test(text), {
  error:
    'tên máy chữ thường hoặc địa chỉ IP, không có cổng / a host name in lower case or an IP address, without a port',
})

const namedAddress = z.strictObject({
  host: z
    .string()
    .refine(host => isIP(host) !== 0, { error: 'phải là địa chỉ IP / has to be an IP address' })
    .refine(host => !isLoopback(host), { error: 'địa chỉ nội bộ đã có sẵn / loopback is listened on anyway' })
    .refine(host => host !== '0.0.0.0' && host !== '::', {
      error: 'phải nêu rõ địa chỉ, không nhận mọi địa chỉ / an address has to be named, not all of them',
    }),
  port: port.min(1),
  names: z.array(name).min(1).max(20),
  tls: z.strictObject({ cert: z.string().min(1), key: z.string().min(1) }),
})

export const listenConfigSchema: z.ZodType<ListenConfig> = z.strictObject({
  port: port.default(DEFAULT_PORT),
  socket: z.union([z.boolean(), z.string().min(1)]).default(true),
  addresses: z.array(namedAddress).max(8).default([]),
})

/** Whether an address can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === '::1' || /^127\./.test(host) || /^::ffff:127\./i.test(host)
}
