import { createHash } from 'node:crypto'
import type { CurveName, HashName } from '@cccd/card-core'
import type { AuthorityName } from '../../authority/authority-name.ts'
import type { Person } from './person.ts'

// What an authority is asked to do. Two people look at a request and sign its digest before anything is made of it.

/** A key to be made by the authority: an EC key, its parameters explicit as 9303-12 asks, or by name. */
export interface KeySpec {
  readonly curve: CurveName
  readonly form: 'explicit' | 'named'
  readonly hash: HashName
}

/** ISO 8601, UTC. */
export interface Dates {
  readonly notBefore: string
  readonly notAfter: string
  /** Until when the private key may sign. */
  readonly keyUntil: string
}

export type Act =
  | {
      readonly what: 'csca'
      readonly key: KeySpec
      readonly name: AuthorityName
      readonly dates: Dates
      /** The CSCA that the new one takes over from; a link certificate is made with its key. */
      readonly after?: string
    }
  | {
      readonly what: 'document-signer' | 'master-list-signer'
      readonly csca: string
      readonly key: KeySpec
      readonly name: AuthorityName
      readonly dates: Dates
      readonly count: number
      /** SubjectPublicKeyInfos in base64, of keys that live elsewhere (an HSM); then none is made here. */
      readonly publicKeys?: readonly string[]
      readonly documentTypes?: readonly string[]
    }
  | {
      readonly what: 'crl'
      readonly csca: string
      readonly days: number
      /** Added to what was revoked before. */
      readonly revoke: readonly { readonly serialNumber: string; readonly reason?: number }[]
    }
  | {
      readonly what: 'master-list'
      readonly signer: string
      readonly hash: HashName
      /** Certificates of other authorities, base64; the own ones are in it anyway. */
      readonly certificates: readonly string[]
    }
  | { readonly what: 'add-person'; readonly person: Person }
  | { readonly what: 'remove-person'; readonly name: string }

export interface CeremonyRequest {
  readonly number: number
  /** Ties the request to one authority: an approval is good nowhere else. */
  readonly authority: string
  readonly askedAt: string
  readonly act: Act
}

export interface Approval {
  readonly person: string
  readonly at: string
  /** Ed25519 over `approvalBytes`, base64. */
  readonly signature: string
}

/** JSON with sorted keys: the one form that is digested. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => `${JSON.stringify(name)}:${canonicalJson(one)}`)
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value)
}

export function sha256Hex(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').toUpperCase()
}

/** What people compare and sign: SHA-256 of the canonical request, upper-case hex. */
export function requestDigest(request: CeremonyRequest): string {
  return sha256Hex(canonicalJson(request))
}

/** The bytes under an approval: what is approved, by whom and when. */
export function approvalBytes(request: CeremonyRequest, approval: Omit<Approval, 'signature'>): Uint8Array {
  const text = ['cccd authority approval 1', requestDigest(request), approval.person, approval.at].join('\n')
  return new TextEncoder().encode(text)
}
