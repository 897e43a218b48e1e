import {
  type ActiveAuthenticationEvidence,
  type CardProtocol,
  type ChipAuthenticationEvidence,
  type ChipEvidence,
  equal,
  FILES,
  type FileName,
  FormatError,
  type LdsFiles,
  maxPlainLength,
  ProtocolError,
  parseDg14,
  type SecureMessaging,
  type SecurityInfo,
  StatusWordError,
  send,
  under,
} from '@cccd/card-core'
import type { AccessRequest, OpenChip } from './access.ts'
import { activeAuthentication } from './active-authentication.ts'
import { channelBroke, plainStatusWord } from './channel-loss.ts'
import { chipAuthentication, chooseChipAuthentication } from './chip-authentication.ts'
import { type ReadLimits, readFile, smaller } from './file-system.ts'
import { paceInfos } from './pace-choice.ts'
import type { HeldFiles } from './read-event.ts'

export interface ReadRequest extends AccessRequest {
  /** The files wanted. Absent: EF.COM, EF.SOD and every data group the document lists, but DG3 and DG4.
   * Besides the groups only EF.COM, EF.SOD and EF.CardAccess are read. */
  readonly files?: readonly FileName[]
  /** Whether to do chip authentication when EF.DG14 is read and has a key. Default true. */
  readonly chipAuthentication?: boolean
  /** Whether to do active authentication when EF.DG15 is read; a challenge is that of the relying party. Default true. */
  readonly activeAuthentication?: boolean | { readonly challenge: Uint8Array }
  /** What an earlier reading of the same chip left; see `holding`. */
  readonly held?: HeldFiles
}

export interface ReadResult {
  readonly files: LdsFiles
  readonly evidence: ChipEvidence
  /** The live channel, so that further protocols can follow; absent when it was lost with the last command. */
  readonly secureMessaging?: SecureMessaging
  /** What card and reader were found to carry: give `maxResponse` as `extendedLength` next time. */
  readonly limits: ReadLimits
}

/** Status words by which a chip that ends its session over a closed file says so in the clear. */
const REFUSALS = [0x6982, 0x6985, 0x6986]

/** One reading: the open channel, what was read through it, and how to go on when it breaks. */
export class ReadingSession {
  readonly #request: ReadRequest
  readonly #chip: OpenChip
  #secureMessaging: SecureMessaging
  readonly #files: Partial<Record<FileName, Uint8Array>> = {}
  readonly #fragments: Partial<Record<FileName, Uint8Array>> = {}
  #held: HeldFiles = {}
  #access: ChipEvidence['access']
  readonly #refused: { file: FileName; sw: number }[] = []
  #chipAuthentication: ChipAuthenticationEvidence | undefined
  /** Keys were agreed upon, but nothing has been answered under them yet. */
  #unproven = false
  #activeAuthentication: ActiveAuthenticationEvidence | undefined

  constructor(request: ReadRequest, chip: OpenChip) {
    this.#request = request
    this.#chip = chip
    this.#secureMessaging = chip.secureMessaging
    this.#access = chip.evidence
  }

  /** Takes in a file that was read before. */
  keep(file: FileName, bytes: Uint8Array): void {
    this.#files[file] = bytes
    this.#request.observe?.({ kind: 'fileComplete', file, data: bytes })
  }

  /** Reads a file, or completes what is held of it. Undefined when the chip refuses it, which is recorded. */
  *read(file: FileName): CardProtocol<Uint8Array | undefined> {
    const held = this.#held[file]
    this.#request.observe?.({ kind: 'fileStarted', file, from: held?.bytes.length ?? 0 })
    if (held?.complete) {
      this.keep(file, held.bytes)
      return held.bytes
    }
    if (held) this.#fragments[file] = held.bytes
    try {
      const bytes = yield* this.#secured(() => this.#reading(file))
      this.keep(file, bytes)
      return bytes
    } catch (error) {
      const sw = refusal(error)
      if (sw === undefined) throw error
      this.#refused.push({ file, sw })
      this.#request.observe?.({ kind: 'fileRefused', file, sw })
      return undefined
    }
  }

  #reading(file: FileName): CardProtocol<Uint8Array> {
    const { cipher } = this.#secureMessaging
    const held = this.#fragments[file]
    return readFile({
      file,
      limits: this.#chip.limits,
      plainLength: maxResponse => maxPlainLength(cipher, maxResponse),
      ...(held ? { held } : {}),
      onBytes: (offset, data, length, whole) => {
        this.#fragments[file] = whole
        this.#request.observe?.({ kind: 'bytes', file, offset, data, length })
      },
    })
  }

  /**
   * Accepts what an earlier reading held once EF.SOD shows that it is the same chip; throws ProtocolError CHIP_CHANGED when
   * it is not. Without a complete EF.SOD among them, fragments prove nothing and are not used.
   */
  checkSameChip(): void {
    const { held } = this.#request
    const before = held?.['EF.SOD']
    const now = this.#files['EF.SOD']
    if (!held || !before?.complete || !now) return
    if (!equal(before.bytes, now)) {
      throw new ProtocolError('CHIP_CHANGED', 'this is not the chip that was read before: its EF.SOD differs', {
        file: 'EF.SOD',
        step: 'resume',
      })
    }
    this.#held = held
  }

  /** Chip authentication with the keys of EF.DG14, where it has usable ones and the request does not forbid it. */
  *authenticateChip(dg14: Uint8Array): CardProtocol<void> {
    const infos = securityInfos(dg14)
    this.#noteHiddenPace(infos)
    const choice = this.#request.chipAuthentication === false ? undefined : chooseChipAuthentication(infos)
    if (!choice) return
    const { evidence, secureMessaging } = yield* this.#secured(() => chipAuthentication(choice, this.#request.random))
    this.#chipAuthentication = evidence
    if (secureMessaging) {
      this.#secureMessaging.end()
      this.#secureMessaging = secureMessaging
      this.#unproven = true
    } else this.#request.observe?.({ kind: 'chipAuthentication', outcome: 'refused' })
  }

  /** 9303-11 §9.2: EF.DG14 repeats the PACEInfos. Signed as it is, it shows a PACE that somebody hid. */
  #noteHiddenPace(infos: readonly SecurityInfo[]): void {
    if (this.#access.used !== 'BAC' || this.#access.offered.includes('PACE') || paceInfos(infos).length === 0) return
    this.#access = {
      ...this.#access,
      offered: ['PACE', 'BAC'],
      downgrade: 'EF.CardAccess was not found, but EF.DG14 lists PACE',
    }
  }

  /** When nothing was read after chip authentication, reads one byte: any protected answer is the proof. */
  *proveChipAuthentication(): CardProtocol<void> {
    if (!this.#unproven) return
    yield* this.#secured(() => send({ cla: 0, ins: 0xb0, p1: 0x80 | FILES['EF.COM'].sfi, p2: 0, ne: 1 }))
  }

  /** Active authentication, unless the request forbids it. */
  *authenticateActively(dg15: Uint8Array): CardProtocol<void> {
    const wish = this.#request.activeAuthentication ?? true
    if (wish === false) return
    const challenge = wish === true ? this.#request.random(8) : wish.challenge
    const source = wish === true ? 'reader' : 'relying-party'
    const shortPlainLength = maxPlainLength(this.#secureMessaging.cipher, 256)
    this.#activeAuthentication = yield* this.#secured(() =>
      activeAuthentication({ challenge, source, dg15, shortPlainLength }),
    )
    const answered = this.#activeAuthentication.response !== undefined
    this.#request.observe?.({ kind: 'activeAuthentication', answered })
  }

  result(): ReadResult {
    const files: LdsFiles = this.#files
    return {
      files,
      evidence: {
        access: this.#access,
        refusedFiles: this.#refused,
        ...(this.#activeAuthentication ? { activeAuthentication: this.#activeAuthentication } : {}),
        ...(this.#chipAuthentication ? { chipAuthentication: this.#chipAuthentication } : {}),
      },
      limits: this.#chip.limits,
      ...(this.#secureMessaging.ended ? {} : { secureMessaging: this.#secureMessaging }),
    }
  }

  /** Runs a protocol in the secure channel; builds the channel anew where it broke for a known and harmless reason. */
  *#secured<T>(start: () => CardProtocol<T>): CardProtocol<T> {
    if (this.#secureMessaging.ended) yield* this.#reopen('the chip ended the session')
    for (;;) {
      try {
        const result = yield* under(this.#secureMessaging, start())
        this.#settle(this.#secureMessaging.ended ? 'failed' : 'successful')
        return result
      } catch (error) {
        if (error instanceof StatusWordError) this.#settle('successful')
        const reason = this.#reasonToReopen(error)
        if (!reason) throw error
        yield* this.#reopen(reason)
      }
    }
  }

  #reasonToReopen(error: unknown): string | undefined {
    if (!channelBroke(error)) return undefined
    // The chip could not follow to the new keys: it does not hold the private key, or does not do the protocol right.
    if (this.#unproven) {
      this.#settle('failed')
      return 'chip authentication failed'
    }
    const { limits } = this.#chip
    const sw = plainStatusWord(error)
    if (limits.maxResponse <= 256 || sw === undefined || REFUSALS.includes(sw)) return undefined
    limits.maxResponse = smaller(limits.maxResponse) ?? 256
    return 'the chip refused the length of a response'
  }

  #settle(outcome: 'successful' | 'failed'): void {
    if (!this.#unproven || !this.#chipAuthentication) return
    this.#unproven = false
    this.#chipAuthentication = { ...this.#chipAuthentication, outcome }
    this.#request.observe?.({ kind: 'chipAuthentication', outcome })
  }

  *#reopen(reason: string): CardProtocol<void> {
    this.#secureMessaging = yield* this.#chip.reopen()
    this.#request.observe?.({ kind: 'accessReopened', reason })
  }
}

/** The status word of a refused file, whether the chip kept the channel or not. */
function refusal(error: unknown): number | undefined {
  if (error instanceof StatusWordError) return error.facts.sw
  const sw = plainStatusWord(error)
  return sw !== undefined && REFUSALS.includes(sw) ? sw : undefined
}

function securityInfos(dg14: Uint8Array): SecurityInfo[] {
  try {
    return parseDg14(dg14)
  } catch (error) {
    // Judging EF.DG14 is the verifier's part; here it only offers nothing.
    if (error instanceof FormatError) return []
    throw error
  }
}
