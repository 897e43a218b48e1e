import { expect } from 'vitest'
import type { Answer } from './terminal.ts'

/** A conformance case: what it shows, in one sentence, and the run that shows it. */
export interface Case {
  readonly title: string
  run(): void
}

export type Cases = Readonly<Record<string, Case>>

interface StatusOnly {
  readonly sw: number
  readonly data: Uint8Array
}

/** A checking or execution error of ISO/IEC 7816-4, without data. */
export function expectError({ sw, data }: StatusOnly): void {
  expect(sw, 'a checking error').toBeGreaterThanOrEqual(0x6400)
  expect(sw, 'a checking error').toBeLessThanOrEqual(0x6fff)
  expect(data).toHaveLength(0)
}

export function expectErrorOr6300(answer: StatusOnly): void {
  if (answer.sw !== 0x6300) expectError(answer)
  else expect(answer.data).toHaveLength(0)
}

export function expectSw({ sw }: StatusOnly, expected: number): void {
  expect(sw.toString(16)).toBe(expected.toString(16))
}

/** 9000 in a valid secure messaging response. */
export function expectOkInSm(answer: Answer): void {
  expect(answer.protected, 'protected').toBe(true)
  expectSw(answer, 0x9000)
}

export function expectErrorInSm(answer: Answer): void {
  expect(answer.protected, 'protected').toBe(true)
  expectError(answer)
}

export function expectErrorInPlain(answer: Answer): void {
  expect(answer.protected, 'in plain').toBe(false)
  expectError(answer)
}
