import { SignerError } from '@cccd/card-core'

// The one place that touches the native module. It is an optional one: what is used of it is named here, and it is loaded
// by a name in a variable, so that the compiler does not look for what this machine may be without.

const PKCS11_MODULE: string = 'pkcs11js'

export type Handle = Uint8Array

export interface Attribute {
  readonly type: number
  readonly value?: Uint8Array | string | number | boolean
}

export interface Mechanism {
  readonly mechanism: number
  readonly parameter?: Uint8Array | { readonly type: number; readonly [name: string]: unknown } | null
}

export interface NativeLibrary {
  load(path: string): void
  close(): void
  C_Initialize(): void
  C_Finalize(): void
  C_GetSlotList(tokenPresent: boolean): Handle[]
  C_GetTokenInfo(slot: Handle): { readonly label: string; readonly serialNumber: string }
  C_OpenSession(slot: Handle, flags: number): Handle
  C_CloseSession(session: Handle): void
  C_Login(session: Handle, user: number, pin: string): void
  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void
  C_FindObjects(session: Handle, most: number): Handle[]
  C_FindObjectsFinal(session: Handle): void
  C_GetAttributeValue(session: Handle, object: Handle, wanted: readonly Attribute[]): { readonly value: Uint8Array }[]
  C_GenerateKeyPair(
    session: Handle,
    mechanism: Mechanism,
    publicTemplate: readonly Attribute[],
    privateTemplate: readonly Attribute[],
  ): { readonly publicKey: Handle; readonly privateKey: Handle }
  C_SignInit(session: Handle, mechanism: Mechanism, key: Handle): void
  C_SignAsync(session: Handle, data: Uint8Array, room: Uint8Array): Promise<Uint8Array>
}

/** Return values, attributes and mechanisms of PKCS #11 v2.40 that are used here. */
export const CK = {
  CKF_RW_SESSION: 0x2,
  CKF_SERIAL_SESSION: 0x4,
  CKU_USER: 1,
  CKO_PUBLIC_KEY: 2,
  CKO_PRIVATE_KEY: 3,
  CKK_RSA: 0,
  CKK_EC: 3,
  CKA_CLASS: 0x0,
  CKA_TOKEN: 0x1,
  CKA_PRIVATE: 0x2,
  CKA_LABEL: 0x3,
  CKA_KEY_TYPE: 0x100,
  CKA_ID: 0x102,
  CKA_SENSITIVE: 0x103,
  CKA_SIGN: 0x108,
  CKA_VERIFY: 0x10a,
  CKA_MODULUS: 0x120,
  CKA_PUBLIC_EXPONENT: 0x122,
  CKA_EXTRACTABLE: 0x162,
  CKA_EC_PARAMS: 0x180,
  CKA_EC_POINT: 0x181,
  CKM_RSA_PKCS: 0x1,
  CKM_RSA_PKCS_PSS: 0xd,
  CKM_EC_KEY_PAIR_GEN: 0x1040,
  CKM_ECDSA: 0x1041,
} as const

interface Loaded {
  readonly native: NativeLibrary
  users: number
}

const libraries = new Map<string, Loaded>()

/**
 * The PKCS #11 library at `path`, initialized when the first asks for it; give it back with `releaseLibrary`. Throws
 * SignerError SIGNER_DRIVER_MISSING when pkcs11js was not built or the library cannot be loaded.
 */
export async function acquireLibrary(path: string): Promise<NativeLibrary> {
  const PKCS11 = libraries.has(path) ? undefined : await nativeModule()
  // Another call may have come first while the module was loading.
  let loaded = libraries.get(path)
  if (!loaded) {
    const native = new (PKCS11 ?? (await nativeModule()))()
    try {
      native.load(path)
      native.C_Initialize()
    } catch (cause) {
      throw new SignerError('SIGNER_DRIVER_MISSING', 'the PKCS #11 library cannot be loaded', { file: path }, { cause })
    }
    loaded = { native, users: 0 }
    libraries.set(path, loaded)
  }
  loaded.users++
  return loaded.native
}

async function nativeModule(): Promise<new () => NativeLibrary> {
  type Module = { PKCS11?: new () => NativeLibrary }
  try {
    const loaded = (await import(PKCS11_MODULE)) as Module & { default?: Module }
    const found = loaded.PKCS11 ?? loaded.default?.PKCS11
    if (!found) throw new TypeError('pkcs11js exports no PKCS11')
    return found
  } catch (cause) {
    const facts = { remedy: 'npm install pkcs11js' }
    throw new SignerError('SIGNER_DRIVER_MISSING', 'pkcs11js is not installed or was not built', facts, { cause })
  }
}

/** Gives a library back; when nobody has it any more it is ended, so that whoever comes next sees the tokens that are there
 * then. Not before: ending it under a signature of another token would be its end too. */
export function releaseLibrary(path: string, native: NativeLibrary): void {
  const loaded = libraries.get(path)
  if (loaded?.native !== native || --loaded.users > 0) return
  libraries.delete(path)
  try {
    native.C_Finalize()
  } catch (error) {
    // A library that lost its token may refuse even this; it is closed all the same.
    if (returnValue(error) === undefined) throw error
  }
  native.close()
}

/** Whether an error says that the library was ended meanwhile. */
export function isEnded(error: unknown): boolean {
  return (error as { name?: unknown } | null)?.name === 'NativeError'
}

/** The CKR code of an error of the native module. */
export function returnValue(error: unknown): number | undefined {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  return name === 'Pkcs11Error' && typeof code === 'number' ? code : undefined
}
