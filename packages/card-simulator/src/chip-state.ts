import type { ChipSecureMessaging, FileName, ResponseApdu } from '@cccd/card-core'
import type { PaceRun } from './authentication/pace.ts'

/** An open session. The secure messaging inside is never changed in place: a step works on a clone. */
export interface ChipSession {
  readonly opened: 'BAC' | 'PACE'
  readonly sm: ChipSecureMessaging
  readonly chipAuthenticated: boolean
}

/** Everything a chip knows between two commands. A step makes a new one, so a state can be kept and gone back to. */
export interface ChipState {
  readonly directory: 'mf' | 'lds1'
  readonly currentFile?: FileName
  readonly session?: ChipSession
  /** RND.IC of the last GET CHALLENGE, good for one try. */
  readonly challenge?: Uint8Array
  readonly pace?: PaceRun
  /** The key chosen by MSE:Set AT for chip authentication, as index into the document's list. */
  readonly chipAuthenticationKey?: number
  /** Response bytes waiting for GET RESPONSE, and the status word after the last of them. */
  readonly pending?: ResponseApdu
  /** Survives a reset, as it stands in the chip's memory: failed tries in a row. */
  readonly failures: { readonly bac: number; readonly pace: number }
  /** How long this answer was held back, in ms. */
  readonly delayMs: number
}

/** The state of a chip that has just been given power; the failure counters stand in its memory and stay. */
export function poweredState(failures: ChipState['failures'] = { bac: 0, pace: 0 }): ChipState {
  return { directory: 'mf', failures, delayMs: 0 }
}

/** What a command handler hands back: the answer, the state after it, and the secure messaging that starts after the
 * answer went out under the old one. */
export interface Step {
  readonly response: ResponseApdu
  readonly state: ChipState
  readonly nextSecureMessaging?: ChipSecureMessaging
}
