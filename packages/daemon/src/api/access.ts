import { z } from 'zod'

/** What a token may see; each route names the one that it needs. */
export const SCOPES = ['readers', 'qr', 'identity', 'portrait', 'evidence', 'verify'] as const
export type Scope = (typeof SCOPES)[number]

/** Who holds a token: a person at the desk, a program, or whoever looks after the desk. */
export const ROLES = ['clerk', 'integration', 'operator'] as const
export type Role = (typeof ROLES)[number]

export const scopeSchema: z.ZodType<Scope> = z.enum(SCOPES)
export const roleSchema: z.ZodType<Role> = z.enum(ROLES)
