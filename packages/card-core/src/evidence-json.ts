import { fromHex, toHex } from './bytes.ts'
import { FormatError } from './error.ts'
import type {
  AccessEvidence,
  ActiveAuthenticationEvidence,
  ChipAuthenticationEvidence,
  ChipEvidence,
} from './evidence.ts'
import { FILES, type FileName } from './lds/files.ts'

// The form of ChipEvidence in a document folder: bytes as upper-case hex, key ids as decimal text.

/** A value that JSON.stringify writes and `evidenceFromJson` reads back. */
export function evidenceToJson(evidence: ChipEvidence): unknown {
  const { access, activeAuthentication: aa, chipAuthentication: ca, refusedFiles, reader, atr } = evidence
  return {
    access,
    ...(aa && {
      activeAuthentication: {
        ...aa,
        challenge: toHex(aa.challenge),
        ...(aa.response && { response: toHex(aa.response) }),
      },
    }),
    ...(ca && {
      chipAuthentication: {
        ...ca,
        ephemeralPublicKey: toHex(ca.ephemeralPublicKey),
        ...(ca.keyId !== undefined && { keyId: ca.keyId.toString() }),
      },
    }),
    refusedFiles,
    ...(reader !== undefined && { reader }),
    ...(atr && { atr: toHex(atr) }),
  }
}

type Fields = Readonly<Record<string, unknown>>

function bad(field: string): never {
  throw new FormatError('DOCUMENT_MALFORMED', 'the evidence is malformed', { file: 'evidence.json', field })
}

function object(value: unknown, field: string): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : bad(field)
}

function list(value: unknown, field: string): readonly unknown[] {
  return Array.isArray(value) ? value : bad(field)
}

function text(value: unknown, field: string): string {
  return typeof value === 'string' ? value : bad(field)
}

function integer(value: unknown, field: string): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : bad(field)
}

function oneOf<const T extends string>(value: unknown, choices: readonly T[], field: string): T {
  return choices.includes(value as T) ? (value as T) : bad(field)
}

function bytes(value: unknown, field: string): Uint8Array {
  const digits = text(value, field)
  return /^([0-9A-Fa-f]{2})*$/.test(digits) ? fromHex(digits) : bad(field)
}

function present<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : read(value)
}

/** Leaves out what is undefined, as exactOptionalPropertyTypes wants it. */
function compact<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T
}

/** Reads what `evidenceToJson` made; throws FormatError DOCUMENT_MALFORMED naming the field. */
export function evidenceFromJson(value: unknown): ChipEvidence {
  const all = object(value, 'evidence')
  const refusedFiles = list(all.refusedFiles, 'refusedFiles').map((one, i) => {
    const { file, sw } = object(one, `refusedFiles[${i}]`)
    if (typeof file !== 'string' || !Object.hasOwn(FILES, file)) bad(`refusedFiles[${i}].file`)
    return { file: file as FileName, sw: integer(sw, `refusedFiles[${i}].sw`) }
  })
  return compact<ChipEvidence>({
    access: accessFromJson(object(all.access, 'access')),
    activeAuthentication: present(all.activeAuthentication, activeAuthenticationFromJson),
    chipAuthentication: present(all.chipAuthentication, chipAuthenticationFromJson),
    refusedFiles,
    reader: present(all.reader, one => text(one, 'reader')),
    atr: present(all.atr, one => bytes(one, 'atr')),
  })
}

function accessFromJson(access: Fields): AccessEvidence {
  return compact<AccessEvidence>({
    offered: list(access.offered, 'access.offered').map(one => oneOf(one, ['PACE', 'BAC'], 'access.offered')),
    used: oneOf(access.used, ['PACE', 'BAC', 'none'], 'access.used'),
    password: present(access.password, one => oneOf(one, ['CAN', 'MRZ'], 'access.password')),
    pace: present(access.pace, one => {
      const { oid, parameterId, mapping } = object(one, 'access.pace')
      return compact<NonNullable<AccessEvidence['pace']>>({
        oid: text(oid, 'access.pace.oid'),
        parameterId: present(parameterId, id => integer(id, 'access.pace.parameterId')),
        mapping: oneOf(mapping, ['GM', 'IM', 'CAM'], 'access.pace.mapping'),
      })
    }),
    downgrade: present(access.downgrade, one => text(one, 'access.downgrade')),
  })
}

function activeAuthenticationFromJson(value: unknown): ActiveAuthenticationEvidence {
  const aa = object(value, 'activeAuthentication')
  return compact<ActiveAuthenticationEvidence>({
    challenge: bytes(aa.challenge, 'activeAuthentication.challenge'),
    response: present(aa.response, one => bytes(one, 'activeAuthentication.response')),
    sw: present(aa.sw, one => integer(one, 'activeAuthentication.sw')),
    source: oneOf(aa.source, ['reader', 'relying-party'], 'activeAuthentication.source'),
  })
}

function chipAuthenticationFromJson(value: unknown): ChipAuthenticationEvidence {
  const ca = object(value, 'chipAuthentication')
  return compact<ChipAuthenticationEvidence>({
    oid: text(ca.oid, 'chipAuthentication.oid'),
    keyId: present(ca.keyId, one =>
      typeof one === 'string' && /^\d{1,40}$/.test(one) ? BigInt(one) : bad('chipAuthentication.keyId'),
    ),
    ephemeralPublicKey: bytes(ca.ephemeralPublicKey, 'chipAuthentication.ephemeralPublicKey'),
    outcome: oneOf(ca.outcome, ['successful', 'failed', 'refused'], 'chipAuthentication.outcome'),
    sw: present(ca.sw, one => integer(one, 'chipAuthentication.sw')),
  })
}
