import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError, SignerError, toHex } from '@cccd/card-core'
import type { AuthorityName } from '../../authority/authority-name.ts'
import type { LintReport } from '../../authority/lint/certificate-lint.ts'
import {
  type AuthorityState,
  appendRecord,
  approvers,
  type CeremonyRecord,
  createAuthorityFolder,
  FOLDERS,
  readApprovals,
  readRecords,
  readRequest,
  readState,
  requestNumbers,
  writeApprovals,
  writeRequest,
  writeState,
  writeWhole,
} from './authority-folder.ts'
import { carryOut } from './carry-out.ts'
import { fileKeyStore, type KeyStore } from './key-store.ts'
import { isSignedBy, type Person, publicKeyOf, signAs } from './person.ts'
import { type Act, approvalBytes, type CeremonyRequest, requestDigest, sha256Hex } from './request.ts'

export interface AuthorityOptions {
  readonly folder: string
  readonly now: () => Date
  readonly random: (length: number) => Uint8Array
  /** Default: files of the folder, for a test authority. */
  readonly keys?: KeyStore
}

/** A request and how far it is. */
export interface RequestView {
  readonly request: CeremonyRequest
  readonly digest: string
  readonly approvedBy: readonly string[]
  readonly needed: number
  readonly done?: CeremonyRecord
}

export interface Done {
  readonly record: CeremonyRecord
  readonly lint: readonly LintReport[]
}

/** What is wrong with an authority's folder. */
export interface AuthorityFault {
  readonly file: string
  readonly vi: string
  readonly en: string
}

/**
 * An authority for tests and demonstrations, or one with its keys in an HSM: acts are asked for, approved by at least two
 * people with keys of their own, and only then carried out; every act leaves a record in a chain.
 */
export class Authority {
  readonly #options: AuthorityOptions
  readonly #keys: KeyStore

  constructor(options: AuthorityOptions) {
    this.#options = options
    this.#keys = options.keys ?? fileKeyStore(join(options.folder, FOLDERS.keys))
  }

  /** Founds an authority. Throws FormatError AUTHORITY_MALFORMED for fewer people than approvals, two people with one
   * name or key, fewer than two approvals, or a folder that is not empty. */
  static async found(
    options: AuthorityOptions,
    given: {
      readonly test: boolean
      readonly name: AuthorityName
      readonly people: readonly Person[]
      readonly approvals?: number
    },
  ): Promise<Authority> {
    const { test, name, people, approvals = 2 } = given
    const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length
    const enough = approvals >= 2 && people.length >= approvals
    if (!enough || !distinct(people.map(one => one.name)) || !distinct(people.map(one => one.publicKey))) {
      throw new FormatError(
        'AUTHORITY_MALFORMED',
        'an authority wants two people or more, each with a key of their own',
        {
          field: 'people',
        },
      )
    }
    if (test && !/\bTEST\b/.test(name.commonName)) {
      throw new FormatError('AUTHORITY_MALFORMED', 'the name of a test authority has to say TEST', { field: 'name' })
    }
    if (!test && options.keys === undefined) {
      throw new SignerError('SIGNER_FAILED', 'only a test authority keeps its keys in files: name an HSM')
    }
    await createAuthorityFolder(options.folder, {
      version: 1,
      id: toHex(options.random(16)),
      test,
      name,
      people,
      approvals,
      keys: {},
      crls: {},
    })
    return new Authority(options)
  }

  async state(): Promise<AuthorityState> {
    return await readState(this.#options.folder)
  }

  /** Writes down what is asked for; nothing is made yet. */
  async ask(act: Act): Promise<RequestView> {
    const { folder, now } = this.#options
    const { id } = await this.state()
    const number = ((await requestNumbers(folder)).at(-1) ?? 0) + 1
    await writeRequest(folder, { number, authority: id, askedAt: now().toISOString(), act })
    return await this.view(number)
  }

  /** A request, who approved it, and its record when it was carried out. */
  async view(number: number): Promise<RequestView> {
    const { folder } = this.#options
    const { people, approvals: needed } = await this.state()
    const request = await readRequest(folder, number)
    const done = (await readRecords(folder)).find(record => record.request === number)
    const approvedBy = approvers(request, await readApprovals(folder, number), people, isSignedBy)
    return { request, digest: requestDigest(request), approvedBy, needed, ...(done && { done }) }
  }

  async requests(): Promise<readonly RequestView[]> {
    const views: RequestView[] = []
    for (const number of await requestNumbers(this.#options.folder)) views.push(await this.view(number))
    return views
  }

  /** One person approves, by the key file that is theirs. Throws SignerError APPROVAL_REFUSED when the key is nobody's
   * here or the request was carried out already. */
  async approve(number: number, key: { readonly pem: string; readonly passphrase: string }): Promise<RequestView> {
    const { folder, now } = this.#options
    const { people, id } = await this.state()
    const { request, done } = await this.view(number)
    if (done) throw new SignerError('APPROVAL_REFUSED', 'the request was carried out already')
    if (request.authority !== id) throw new SignerError('APPROVAL_REFUSED', 'the request is for another authority')
    const publicKey = publicKeyOf(key.pem, key.passphrase)
    const person = people.find(one => one.publicKey === publicKey)
    if (!person) throw new SignerError('APPROVAL_REFUSED', 'the key belongs to none of the people of this authority')
    const approval = { person: person.name, at: now().toISOString() }
    const signature = signAs(key.pem, key.passphrase, approvalBytes(request, approval))
    const others = (await readApprovals(folder, number)).filter(one => one.person !== person.name)
    await writeApprovals(folder, number, [...others, { ...approval, signature }])
    return await this.view(number)
  }

  /** Carries a request out. Throws SignerError APPROVAL_MISSING when too few people approved it, APPROVAL_REFUSED when it
   * was carried out before, CERTIFICATE_REFUSED when what it would make breaks the profile. */
  async carryOut(number: number): Promise<Done> {
    const { folder, now, random } = this.#options
    const state = await this.state()
    const { request, digest, approvedBy, needed, done } = await this.view(number)
    if (done) throw new SignerError('APPROVAL_REFUSED', 'the request was carried out already')
    if (request.authority !== state.id)
      throw new SignerError('APPROVAL_REFUSED', 'the request is for another authority')
    if (approvedBy.length < needed) {
      throw new SignerError('APPROVAL_MISSING', `approved by ${approvedBy.length} of ${needed} people`)
    }
    const at = now()
    const outcome = await carryOut({ folder, state, keys: this.#keys, now: at, random }, request.act)
    for (const { file, bytes } of outcome.files) await writeWhole(join(folder, file), bytes, 0o644)
    await writeState(folder, outcome.state)
    const record = await appendRecord(folder, {
      request: number,
      requestDigest: digest,
      act: request.act.what,
      at: at.toISOString(),
      approvedBy,
      made: outcome.files.map(({ file, bytes }) => ({ file, sha256: sha256Hex(bytes) })),
    })
    return { record, lint: outcome.lint }
  }

  /** Looks over the whole folder: the chain of records, every file made, and files that nobody accounts for. Throws
   * FormatError where the chain itself is broken. */
  async inspect(): Promise<readonly AuthorityFault[]> {
    const { folder } = this.#options
    const faults: AuthorityFault[] = []
    const accounted = new Set<string>()
    for (const record of await readRecords(folder)) {
      const request = await readRequest(folder, record.request)
      if (requestDigest(request) !== record.requestDigest) {
        faults.push({
          file: `${FOLDERS.requests}/${record.request}`,
          vi: 'Yêu cầu đã bị sửa sau khi duyệt.',
          en: 'The request was changed after it was carried out.',
        })
      }
      for (const { file, sha256 } of record.made) {
        accounted.add(file)
        const bytes = await readFile(join(folder, file)).catch(error => {
          if ((error as { code?: unknown }).code === 'ENOENT') return undefined
          throw error
        })
        if (bytes === undefined) faults.push({ file, vi: 'Tệp đã mất.', en: 'The file is gone.' })
        else if (sha256Hex(bytes) !== sha256) faults.push({ file, vi: 'Tệp đã bị sửa.', en: 'The file was changed.' })
      }
    }
    for (const place of [FOLDERS.certificates, FOLDERS.crls, FOLDERS.lists]) {
      for (const name of await readdir(join(folder, place))) {
        const file = join(place, name)
        if (accounted.has(file)) continue
        faults.push({
          file,
          vi: 'Không biên bản nào nói tới tệp này.',
          en: 'No record accounts for this file.',
        })
      }
    }
    return faults
  }
}
