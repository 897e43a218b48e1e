import {
  type CurveName,
  curveParameters,
  derOid,
  encodeEcSpki,
  importPublicKey,
  type SignatureAlgorithm,
  type Signer,
  SignerError,
} from '@cccd/card-core'
import { isStale, signerError } from './pkcs11-error.ts'
import {
  type Attribute,
  acquireLibrary,
  CK,
  type Handle,
  type NativeLibrary,
  releaseLibrary,
} from './pkcs11-library.ts'
import { ecSpki, encodeSignature, prepare, rsaSpki } from './pkcs11-signature.ts'

export interface TokenOptions {
  /** Path of the token maker's PKCS #11 library. */
  readonly library: string
  /** The label that the token was given. */
  readonly tokenLabel: string
  /** Asked once an opening; never kept, told or tried twice. */
  readonly pin: () => string | Promise<string>
}

/** Which key: its label, and its id where a label is not unique. */
export interface KeyReference {
  readonly label: string
  readonly id?: Uint8Array
}

/** An open token. Close it: it holds a session. */
export interface Pkcs11Token {
  /** A signer whose key never leaves the token. `form` is how certificates carry its curve. Throws SignerError
   * SIGNER_KEY_MISSING when no key, or more than one, fits. */
  signer(key: KeyReference, algorithm: SignatureAlgorithm, form?: 'named' | 'explicit'): Promise<Signer>
  /** Makes an EC key pair that cannot be taken out, and returns its public half as SubjectPublicKeyInfo, named form. */
  generate(key: KeyReference, curve: CurveName): Promise<Uint8Array>
  close(): Promise<void>
}

interface Session {
  readonly native: NativeLibrary
  readonly handle: Handle
}

const ROOM = 1024

/**
 * Opens a token by its label and logs in. A signature that fails because the token was gone is tried once more on a new
 * session; a wrong PIN is never tried again, since tokens lock. Throws SignerError SIGNER_DRIVER_MISSING,
 * SIGNER_TOKEN_GONE, SIGNER_PIN_WRONG or SIGNER_FAILED.
 */
export async function openToken(options: TokenOptions): Promise<Pkcs11Token> {
  const token = new Token(options)
  await token.session()
  return token
}

class Token implements Pkcs11Token {
  readonly #options: TokenOptions
  #session: Promise<Session> | undefined
  // A session does one thing at a time: SignInit and Sign of two signatures must not mix.
  #queue: Promise<unknown> = Promise.resolve()

  constructor(options: TokenOptions) {
    this.#options = options
  }

  session(): Promise<Session> {
    this.#session ??= this.#open().catch(error => {
      this.#session = undefined
      throw error
    })
    return this.#session
  }

  async #open(): Promise<Session> {
    const { library, tokenLabel, pin } = this.#options
    const native = await acquireLibrary(library)
    try {
      const slots = native.C_GetSlotList(true).filter(slot => native.C_GetTokenInfo(slot).label.trim() === tokenLabel)
      const [slot, ...others] = slots
      if (!slot) throw new SignerError('SIGNER_TOKEN_GONE', 'no token of that label is there')
      if (others.length > 0) throw new SignerError('SIGNER_FAILED', 'more than one token has that label')
      const handle = native.C_OpenSession(slot, CK.CKF_SERIAL_SESSION | CK.CKF_RW_SESSION)
      try {
        native.C_Login(handle, CK.CKU_USER, await pin())
      } catch (error) {
        // Another session of this process may have logged in already (CKR_USER_ALREADY_LOGGED_IN).
        if ((error as { code?: unknown }).code !== 0x100) {
          native.C_CloseSession(handle)
          throw error
        }
      }
      return { native, handle }
    } catch (error) {
      releaseLibrary(library, native)
      throw signerError(error, 'opening the token')
    }
  }

  /** Runs `work` alone on the session; once more on a new one where the token had gone. */
  async #alone<T>(step: string, work: (session: Session) => Promise<T> | T): Promise<T> {
    const turn = this.#queue.then(async () => {
      try {
        return await work(await this.session())
      } catch (error) {
        if (!isStale(error)) throw signerError(error, step)
        await this.#forget()
        try {
          return await work(await this.session())
        } catch (again) {
          throw signerError(again, step)
        }
      }
    })
    this.#queue = turn.catch(() => undefined)
    return await turn
  }

  async #forget(): Promise<void> {
    const open = await this.#session
    this.#session = undefined
    if (open) releaseLibrary(this.#options.library, open.native)
  }

  async signer(
    key: KeyReference,
    algorithm: SignatureAlgorithm,
    form: 'named' | 'explicit' = 'named',
  ): Promise<Signer> {
    const spki = await this.#alone('finding the key', session => {
      find(session, key, CK.CKO_PRIVATE_KEY)
      return publicKeyOf(session, find(session, key, CK.CKO_PUBLIC_KEY))
    })
    const known = importPublicKey(spki)
    if (known.kind !== (algorithm.kind === 'ecdsa' ? 'ec' : 'rsa')) {
      throw new SignerError('SIGNER_FAILED', 'the key of the token is of another kind than the algorithm')
    }
    const publicKey = known.kind === 'ec' ? encodeEcSpki(known.curve, known.point, form) : spki
    return {
      publicKey,
      algorithm,
      sign: async data => {
        const { mechanism, input } = prepare(algorithm, data)
        const raw = await this.#alone('signing', async session => {
          // Handles are of a session, so the key is looked for each time a session is new; SoftHSM finds it in microseconds.
          session.native.C_SignInit(session.handle, mechanism, this.#handleOf(session, key))
          const room = Buffer.alloc(ROOM)
          return await session.native.C_SignAsync(session.handle, Buffer.from(input), room)
        })
        return encodeSignature(algorithm, Uint8Array.from(raw))
      },
    }
  }

  readonly #handles = new WeakMap<Session, Map<string, Handle>>()

  #handleOf(session: Session, key: KeyReference): Handle {
    const name = `${key.label}\n${key.id ? Buffer.from(key.id).toString('hex') : ''}`
    const known = this.#handles.get(session) ?? new Map<string, Handle>()
    this.#handles.set(session, known)
    const handle = known.get(name) ?? find(session, key, CK.CKO_PRIVATE_KEY)
    known.set(name, handle)
    return handle
  }

  async generate({ label, id = new Uint8Array() }: KeyReference, curve: CurveName): Promise<Uint8Array> {
    return await this.#alone('making a key', session => {
      const { native, handle } = session
      const both: Attribute[] = [
        { type: CK.CKA_KEY_TYPE, value: CK.CKK_EC },
        { type: CK.CKA_TOKEN, value: true },
        { type: CK.CKA_LABEL, value: label },
        ...(id.length > 0 ? [{ type: CK.CKA_ID, value: Buffer.from(id) }] : []),
      ]
      const { publicKey } = native.C_GenerateKeyPair(
        handle,
        { mechanism: CK.CKM_EC_KEY_PAIR_GEN, parameter: null },
        [
          ...both,
          { type: CK.CKA_CLASS, value: CK.CKO_PUBLIC_KEY },
          { type: CK.CKA_EC_PARAMS, value: Buffer.from(derOid(curveParameters(curve).oid)) },
          { type: CK.CKA_VERIFY, value: true },
        ],
        [
          ...both,
          { type: CK.CKA_CLASS, value: CK.CKO_PRIVATE_KEY },
          { type: CK.CKA_PRIVATE, value: true },
          { type: CK.CKA_SENSITIVE, value: true },
          { type: CK.CKA_EXTRACTABLE, value: false },
          { type: CK.CKA_SIGN, value: true },
        ],
      )
      return publicKeyOf(session, publicKey)
    })
  }

  async close(): Promise<void> {
    const open = this.#session
    this.#session = undefined
    // After what is being signed; whoever could not open has nothing to close.
    await this.#queue
    const session = await open?.catch(() => undefined)
    if (!session) return
    try {
      session.native.C_CloseSession(session.handle)
    } catch (error) {
      // A session that went with its token is closed already.
      if (!isStale(error)) throw signerError(error, 'closing')
    } finally {
      releaseLibrary(this.#options.library, session.native)
    }
  }
}

function find({ native, handle }: Session, { label, id }: KeyReference, kind: number): Handle {
  native.C_FindObjectsInit(handle, [
    { type: CK.CKA_CLASS, value: kind },
    { type: CK.CKA_LABEL, value: label },
    ...(id ? [{ type: CK.CKA_ID, value: Buffer.from(id) }] : []),
  ])
  let found: Handle[]
  try {
    found = native.C_FindObjects(handle, 2)
  } finally {
    native.C_FindObjectsFinal(handle)
  }
  const [object, ...others] = found
  if (!object || others.length > 0) {
    throw new SignerError('SIGNER_KEY_MISSING', object ? 'more than one key has that label' : 'no key has that label')
  }
  return object
}

function publicKeyOf({ native, handle }: Session, key: Handle): Uint8Array {
  const values = (...types: readonly number[]): Uint8Array[] =>
    native
      .C_GetAttributeValue(
        handle,
        key,
        types.map(type => ({ type })),
      )
      .map(({ value }) => Uint8Array.from(value))
  const [kind] = values(CK.CKA_KEY_TYPE)
  // A CK_ULONG in the byte order of the machine; its lowest byte tells the two kinds apart in either.
  if (kind?.some(byte => byte === CK.CKK_EC)) {
    const [parameters, point] = values(CK.CKA_EC_PARAMS, CK.CKA_EC_POINT) as [Uint8Array, Uint8Array]
    return ecSpki(parameters, point)
  }
  const [modulus, exponent] = values(CK.CKA_MODULUS, CK.CKA_PUBLIC_EXPONENT) as [Uint8Array, Uint8Array]
  return rsaSpki(modulus, exponent)
}
