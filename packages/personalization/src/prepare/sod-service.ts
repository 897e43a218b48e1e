import {
  CardToolkitError,
  digest,
  type ErrorCode,
  FormatError,
  type HashName,
  type LdsFiles,
  parseCom,
  SignerError,
  toHex,
} from '@cccd/card-core'
import { type DocumentSigner, dataGroupHashes, type SigningOptions, signLds } from './document-signer.ts'
import { type CheckedSigner, checkSigner, contentDigest, releaseFault } from './release-check.ts'
import type { KeyUse, SignatureIntent, SignatureLedger } from './signature-ledger.ts'

/** What a service elsewhere is asked to sign. */
export interface SodRequest {
  readonly hashes: ReadonlyMap<number, Uint8Array>
  /** As EF.COM says, four and six digits. */
  readonly ldsVersion: string
  readonly unicodeVersion: string
}

/** A document signer that makes the whole EF.SOD elsewhere, as a signing server does. */
export interface SodMaker {
  readonly certificate: Uint8Array
  /** Hash of the data groups. */
  readonly digest: HashName
  /** EF.SOD of these hashes; it is checked before it is released all the same. Rejects with SignerError. */
  makeSod(request: SodRequest): Promise<Uint8Array>
}

/** One document signer of the pool and how many signatures its key may make. */
export type PoolSigner = (DocumentSigner | SodMaker) & { readonly limit: number }

/** A document to sign: its files without EF.SOD. */
export interface Unsigned {
  readonly number: string
  readonly files: LdsFiles
  /** The card is issued anew: other content under the same number is meant. */
  readonly reissue?: boolean
}

export type SodOutcome =
  | { readonly kind: 'signed'; readonly sod: Uint8Array; readonly keyId: string }
  /** Refused, and nothing was signed: NUMBER_SIGNED_BEFORE. */
  | { readonly kind: 'refused'; readonly error: SignerError }

/** How a key of the pool stands. */
export interface PoolState extends KeyUse {
  readonly keyId: string
  readonly subject: string
}

const PASSING: ReadonlySet<ErrorCode> = new Set([
  'SIGNER_CLOCK',
  'SIGNER_EXHAUSTED',
  'SIGNER_TOKEN_GONE',
  'SIGNER_DRIVER_MISSING',
])

type Hashes = ReadonlyMap<number, Uint8Array>

/** Throws FormatError when EF.COM is missing or malformed. */
function versionsOf(files: LdsFiles): { ldsVersion: string; unicodeVersion: string } {
  const com = files['EF.COM']
  if (!com) throw new FormatError('DOCUMENT_MALFORMED', 'EF.COM is missing', { file: 'EF.COM' })
  const { ldsVersion, unicodeVersion } = parseCom(com)
  return { ldsVersion, unicodeVersion }
}

interface Work {
  readonly batch: readonly Unsigned[]
  /** SHA-256 of their data groups. */
  readonly hashes: readonly Hashes[]
  readonly intents: readonly SignatureIntent[]
  /** Indices of what is not signed yet. */
  readonly open: readonly number[]
  readonly outcomes: (SodOutcome | undefined)[]
  readonly paused: Set<Member>
}

interface Member {
  readonly id: string
  readonly signer: PoolSigner
  readonly checked: CheckedSigner
}

/**
 * A pool of document signers. Each batch goes to the next key in turn; counters and numbers are written down before a
 * signature is made, every EF.SOD is checked up to the CSCA before it is handed out, a key that makes a wrong signature
 * is taken out, and what a key left undone is signed by another.
 */
export class SodService {
  readonly #members: Member[]
  readonly #ledger: SignatureLedger
  readonly #now: () => Date
  readonly #options: SigningOptions
  #turn = 0

  /**
   * Throws SignerError CERTIFICATE_REFUSED when a signer's certificate leads to none of the CSCAs or is not the one of
   * its key, FormatError for a certificate that is none.
   */
  constructor(given: {
    readonly signers: readonly PoolSigner[]
    readonly cscas: readonly Uint8Array[]
    readonly ledger: SignatureLedger
    readonly now: () => Date
    readonly signingTime?: boolean
    readonly sid?: SigningOptions['sid']
  }) {
    this.#ledger = given.ledger
    this.#now = given.now
    this.#options = given.sid === undefined ? {} : { sid: given.sid }
    this.#signingTime = given.signingTime ?? false
    this.#members = given.signers.map(signer => {
      const checked = checkSigner(signer.certificate, given.cscas)
      if (!checked) {
        throw new SignerError('CERTIFICATE_REFUSED', "a document signer's certificate leads to none of the CSCAs")
      }
      const id = toHex(digest('sha256', signer.certificate))
      const { certificate } = checked
      const period = certificate.privateKeyUsagePeriod
      given.ledger.admit({
        id,
        limit: signer.limit,
        notBefore: period?.notBefore ?? certificate.notBefore,
        notAfter: period?.notAfter ?? certificate.notAfter,
      })
      return { id, signer, checked }
    })
  }

  readonly #signingTime: boolean

  /** The keys of the pool with their counts. */
  state(): readonly PoolState[] {
    return this.#members.map(({ id, signer, checked }) => ({
      keyId: id,
      subject: checked.certificate.subject.text,
      ...(this.#ledger.use(id) ?? { used: 0, limit: signer.limit }),
    }))
  }

  /**
   * Signs a batch; the outcomes stand in its order. Throws SignerError SIGNER_EXHAUSTED when no key is left for what
   * remains, SIGNER_CLOCK when no key may sign at this time, LEDGER_FAILED when the ledger cannot be written: then nothing
   * of the batch was handed out, and what was counted stays counted.
   */
  async sign(batch: readonly Unsigned[]): Promise<readonly SodOutcome[]> {
    const outcomes = new Array<SodOutcome | undefined>(batch.length)
    const hashes = batch.map(({ files }) => dataGroupHashes(files, 'sha256'))
    const intents = batch.map(({ number, reissue }, index) => ({
      number,
      content: contentDigest(hashes[index] as Hashes),
      ...(reissue === undefined ? {} : { reissue }),
    }))
    let open = batch.map((_, index) => index)
    // Keys that are of no use for this batch; those that were taken out for good the ledger knows.
    const paused = new Set<Member>()
    let lastFailure: CardToolkitError | undefined
    while (open.length > 0) {
      const member = this.#next(paused)
      if (!member) {
        throw lastFailure?.code === 'SIGNER_CLOCK'
          ? lastFailure
          : new SignerError('SIGNER_EXHAUSTED', 'no document signer is left for this batch', {}, { cause: lastFailure })
      }
      try {
        open = await this.#signWith(member, { batch, hashes, intents, open, outcomes, paused })
      } catch (error) {
        if (!(error instanceof CardToolkitError) || error.code === 'LEDGER_FAILED') throw error
        lastFailure = error
        paused.add(member)
        // A key whose time is not now comes back another day; any other fault takes it out for good.
        if (error.code !== 'SIGNER_CLOCK' && error.code !== 'SIGNER_EXHAUSTED')
          this.#ledger.retire(member.id, error.code)
      }
    }
    return outcomes as SodOutcome[]
  }

  /** The next key in turn that can still sign. */
  #next(paused: ReadonlySet<Member>): Member | undefined {
    for (let tries = 0; tries < this.#members.length; tries++) {
      const member = this.#members[this.#turn++ % this.#members.length] as Member
      if (paused.has(member)) continue
      const use = this.#ledger.use(member.id)
      if (use && use.retired === undefined && use.used < use.limit) return member
    }
    return undefined
  }

  /** What passes by itself (a token that is not there, a time that is not yet) leaves the key in the pool for the next
   * batch; any other fault takes it out for good. */
  #failed(member: Member, error: CardToolkitError): void {
    if (!PASSING.has(error.code)) this.#ledger.retire(member.id, error.code)
  }

  /** Signs what `member` can of the open ones, and returns those that stay open. */
  async #signWith(member: Member, { batch, hashes, intents, open, outcomes, paused }: Work): Promise<number[]> {
    const now = this.#now()
    const reservations = this.#ledger.reserve(
      member.id,
      open.map(index => intents[index] as SignatureIntent),
      now,
    )
    const rest: number[] = []
    const signed: { index: number; sod: Uint8Array }[] = []
    let fault: SignerError | undefined
    for (const [place, index] of open.entries()) {
      const reservation = reservations[place]
      switch (reservation?.kind) {
        case 'signedBefore': {
          const error = new SignerError('NUMBER_SIGNED_BEFORE', 'the number was signed before with other content')
          outcomes[index] = { kind: 'refused', error }
          break
        }
        case 'reserved': {
          if (fault) {
            rest.push(index)
            break
          }
          const { files } = batch[index] as Unsigned
          const sod = await this.#signOne(member, files, hashes[index] as Hashes, now).catch((error: unknown) => {
            if (!(error instanceof SignerError)) throw error
            fault = error
            return null
          })
          if (sod) signed.push({ index, sod })
          else rest.push(index)
          break
        }
        default:
          rest.push(index)
      }
    }
    // Only what the ledger knows to be out is out.
    this.#ledger.release(
      member.id,
      signed.map(({ index, sod }) => ({ ...(intents[index] as SignatureIntent), sod: digest('sha256', sod) })),
      now,
    )
    for (const { index, sod } of signed) outcomes[index] = { kind: 'signed', sod, keyId: member.id }
    if (fault) {
      paused.add(member)
      this.#failed(member, fault)
    }
    return rest
  }

  async #signOne({ signer, checked }: Member, files: LdsFiles, sha256: Hashes, now: Date): Promise<Uint8Array> {
    const hashes = signer.digest === 'sha256' ? sha256 : dataGroupHashes(files, signer.digest)
    const time = this.#signingTime ? { signingTime: now } : {}
    const sod =
      'makeSod' in signer
        ? await signer.makeSod({ hashes, ...versionsOf(files) })
        : await signLds(files, signer, { ...this.#options, ...time, hashes, parsed: checked.certificate })
    const fault = releaseFault(hashes, sod, checked)
    if (fault) throw new SignerError('SIGNER_FAILED', `a signature was not fit to be released: ${fault}`)
    return sod
  }
}
