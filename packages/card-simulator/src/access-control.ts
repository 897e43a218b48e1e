import { FILES, type FileName } from '@cccd/card-core'
import type { ChipBody } from './chip-body.ts'
import type { ChipState } from './chip-state.ts'

/** ISO/IEC 7816-4 status words that refuse for want of rights or of order. */
export const SECURITY_STATUS = 0x6982
export const CONDITIONS_OF_USE = 0x6985

/** Whether the file in hand may be read in this state (9303-10 §3.11.3, 9303-11 §4.2); the refusing status word if not. */
export function readRefusal(chip: ChipBody, state: ChipState, file: FileName): number | undefined {
  if (file === 'EF.CardSecurity') return state.session?.opened === 'PACE' ? undefined : SECURITY_STATUS
  if (FILES[file].under === 'mf') return undefined
  if (!state.session) return SECURITY_STATUS
  return chip.closedFiles.includes(file) ? SECURITY_STATUS : undefined
}

/** Whether the application may be selected: a chip that offers PACE alone keeps it closed until PACE has run. */
export function applicationRefusal(chip: ChipBody, state: ChipState): number | undefined {
  if (state.session) return undefined
  const rule = chip.options.applicationBeforePace ?? (chip.options.access.includes('BAC') ? 'ok' : '6982')
  return rule === 'ok' ? undefined : SECURITY_STATUS
}

/** The state after a closed file was asked for: some chips end the session there. */
export function afterRefusal(chip: ChipBody, state: ChipState, file: FileName): ChipState {
  if (!chip.options.closedFileEndsSession || !chip.closedFiles.includes(file)) return state
  return withoutSession(state)
}

/** The state once secure messaging is over: what it opened is closed, and a protocol half done is gone. */
export function withoutSession(state: ChipState): ChipState {
  const { session: _session, chipAuthenticationKey: _key, challenge: _challenge, pace: _pace, ...rest } = state
  return rest
}

/** Counts a failed try: 6300, or 63Cx where the chip counts down (ISO/IEC 7816-4 §5.6). */
export function failedTry(
  chip: ChipBody,
  state: ChipState,
  protocol: 'bac' | 'pace',
): { readonly sw: number; readonly state: ChipState } {
  const failures = { ...state.failures, [protocol]: state.failures[protocol] + 1 }
  const limit = chip.options.tries?.[protocol]
  const sw = limit === undefined ? 0x6300 : 0x63c0 | Math.min(15, Math.max(0, limit - failures[protocol]))
  return { sw, state: { ...state, failures, delayMs: failures[protocol] * (chip.options.failureDelayMs ?? 0) } }
}

/** A try that succeeded starts the count afresh, and its answer too was held back for the failures before it. */
export function succeededTry(chip: ChipBody, state: ChipState, protocol: 'bac' | 'pace'): ChipState {
  return {
    ...state,
    failures: { ...state.failures, [protocol]: 0 },
    delayMs: state.failures[protocol] * (chip.options.failureDelayMs ?? 0),
  }
}

/** Whether the tries are used up (6983). */
export function isBlocked(chip: ChipBody, state: ChipState, protocol: 'bac' | 'pace'): boolean {
  const limit = chip.options.tries?.[protocol]
  return limit !== undefined && state.failures[protocol] >= limit
}
