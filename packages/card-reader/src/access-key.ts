import type { AccessKeys, BacKey } from '@cccd/mrz'
import { mrzInformation } from '@cccd/mrz'

/** What opens a chip: the six digits of the CAN, or three MRZ fields. The MRZ fields serve BAC and PACE alike. */
export type AccessKey = { readonly kind: 'CAN'; readonly can: string } | { readonly kind: 'BAC'; readonly key: BacKey }

/** A PACE password as the protocol takes it: six digits, or the MRZ information of 9303-11 §9.7.2. */
export interface PacePassword {
  readonly kind: 'CAN' | 'MRZ'
  readonly value: string
}

/** Chips slow down or lock after failures, so no chip is asked more often than this in one session. */
export const MOST_TRIES = 5

/**
 * The keys to try for PACE, in order. With a CAN it is the only one: a wrong CAN means the wrong card or a typing
 * mistake, and spending tries of the MRZ on it would be done behind the user's back.
 */
export function paceKeys(keys: AccessKeys): AccessKey[] {
  if (keys.can !== undefined) return [{ kind: 'CAN', can: keys.can }]
  return keys.bac.slice(0, MOST_TRIES).map(key => ({ kind: 'BAC', key }))
}

/** The keys to try for BAC, in order. */
export function bacKeys(keys: AccessKeys): BacKey[] {
  return keys.bac.slice(0, MOST_TRIES)
}

/** The PACE password that a key stands for. */
export function pacePassword(key: AccessKey): PacePassword {
  switch (key.kind) {
    case 'CAN':
      return { kind: 'CAN', value: key.can }
    case 'BAC':
      return { kind: 'MRZ', value: mrzInformation(key.key) }
  }
}
