import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import {
  equal,
  FormatError,
  fromHex,
  importPublicKey,
  type PublicKey,
  parseCertificate,
  type SignatureAlgorithm,
  type Signer,
  SignerError,
} from '@cccd/card-core'
import { type PoolConfig, parsePoolConfig, type SignerConfig } from '../../prepare/pool-config.ts'
import { type PoolSigner, SodService } from '../../prepare/sod-service.ts'
import { fileSigner } from '../file-signer.ts'
import { openSqliteLedger } from '../ledger/sqlite-ledger.ts'
import { openToken, type Pkcs11Token } from '../pkcs11/index.ts'
import { signServerMaker } from './sign-server.ts'

/** A pool of document signers that is ready. Close it: it holds tokens and the ledger. */
export interface OpenPool {
  readonly service: SodService
  readonly cscas: readonly Uint8Array[]
  close(): Promise<void>
}

const MOST_CONFIG = 1 << 20

/**
 * Opens the document signers that a JSON file names. Throws FormatError SIGNER_POOL_MALFORMED for a file that is not as
 * it should be, CERTIFICATE_MALFORMED; SignerError CERTIFICATE_REFUSED when a key is not its certificate's or a certificate
 * leads to none of the CSCAs, and what tokens, key files and the ledger throw; the system's error for a missing file.
 */
export async function openPool(path: string, given: { readonly now: () => Date }): Promise<OpenPool> {
  const folder = dirname(resolve(path))
  const config = await readConfig(path)
  const at = (file: string): string => resolve(folder, file)
  const cscas = await Promise.all(config.cscas.map(file => certificateFile(at(file))))
  const tokens = new Map<string, Pkcs11Token>()
  const closing: (() => unknown)[] = []
  try {
    const signers: PoolSigner[] = []
    for (const one of config.signers) signers.push(await poolSigner(one, at, tokens))
    const ledger = await openSqliteLedger(at(config.ledger))
    closing.push(() => ledger.close())
    const service = new SodService({ signers, cscas, ledger, now: given.now, signingTime: config.signingTime })
    return {
      service,
      cscas,
      async close() {
        ledger.close()
        for (const token of tokens.values()) await token.close()
      },
    }
  } catch (error) {
    for (const close of closing) close()
    for (const token of tokens.values()) await token.close()
    throw error
  }
}

async function readConfig(path: string): Promise<PoolConfig> {
  const bytes = await readFile(path)
  let value: unknown
  try {
    if (bytes.length > MOST_CONFIG) throw new RangeError('too long')
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new FormatError('SIGNER_POOL_MALFORMED', 'the file of document signers is no JSON', { file: path })
  }
  try {
    return parsePoolConfig(value)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new FormatError(error.code, error.message, { ...error.facts, file: path })
  }
}

const PEM = /-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]+)-----END CERTIFICATE-----/

/** DER or PEM. Throws FormatError CERTIFICATE_MALFORMED with the file. */
async function certificateFile(path: string): Promise<Uint8Array> {
  const bytes = Uint8Array.from(await readFile(path))
  const pem = PEM.exec(Buffer.from(bytes).toString('latin1'))?.[1]
  const der = pem === undefined ? bytes : Uint8Array.from(Buffer.from(pem, 'base64'))
  try {
    parseCertificate(der)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw new FormatError(error.code, error.message, { ...error.facts, file: path }, { cause: error })
  }
  return der
}

function algorithmOf(key: PublicKey, { hash, pss }: SignerConfig): SignatureAlgorithm {
  if (key.kind === 'ec') return { kind: 'ecdsa', hash }
  if (!pss) return { kind: 'rsa-pkcs1', hash }
  const saltLength = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 }[hash]
  return { kind: 'rsa-pss', hash, mgfHash: hash, saltLength }
}

function isSameKey(a: PublicKey, b: PublicKey): boolean {
  if (a.kind === 'ec' && b.kind === 'ec') return a.curve === b.curve && equal(a.point, b.point)
  return a.kind === 'rsa' && b.kind === 'rsa' && a.modulus === b.modulus && a.exponent === b.exponent
}

async function poolSigner(
  config: SignerConfig,
  at: (file: string) => string,
  tokens: Map<string, Pkcs11Token>,
): Promise<PoolSigner> {
  const { key, hash, limit } = config
  const certificate = await certificateFile(at(config.certificate))
  const { spki } = parseCertificate(certificate)
  const publicKey = importPublicKey(spki)
  const algorithm = algorithmOf(publicKey, config)
  let signer: Signer
  switch (key.kind) {
    case 'signServer':
      return { ...signServerMaker({ url: key.url, worker: key.worker, certificate, hash }), limit }
    case 'file':
      signer = fileSigner({ path: at(key.file), algorithm })
      break
    case 'pkcs11': {
      const name = `${key.library}\n${key.token}`
      const { library, token: tokenLabel } = key
      const pin = async (): Promise<string> => (await readFile(at(key.pinFile), 'utf8')).split(/\r?\n/)[0] as string
      const token = tokens.get(name) ?? (await openToken({ library, tokenLabel, pin }))
      tokens.set(name, token)
      const id = key.id === undefined ? {} : { id: fromHex(key.id) }
      signer = await token.signer({ label: key.label, ...id }, algorithm)
      break
    }
  }
  if (!isSameKey(importPublicKey(signer.publicKey), publicKey)) {
    throw new SignerError('CERTIFICATE_REFUSED', 'a key is not that of its certificate', { file: config.certificate })
  }
  return { certificate, signer, digest: hash, limit }
}
