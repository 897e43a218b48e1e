import { readFileSync } from 'node:fs'
import { fromHex, SecureMessaging, toHex } from '@cccd/card-core'
import type { BacKey } from '@cccd/mrz'
import { describe, expect, test } from 'vitest'
import { type Chip, chipInField, createChip } from './index.ts'

interface Example {
  readonly id: string
  readonly clause: string
  readonly bacKey: BacKey
  readonly files: Readonly<Record<string, string>>
  readonly random: readonly string[]
  readonly exchanges: readonly { readonly step: string; readonly command: string; readonly response: string }[]
  readonly ksEnc?: string
  readonly ksMac?: string
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../../fixtures/vectors/chip-side.json', import.meta.url), 'utf8'),
) as { cases: Example[] }

/** Hands out the published values one after the other, and insists that they are asked for in full. */
function fixed(values: readonly string[]): (length: number) => Uint8Array {
  const left = values.map(value => fromHex(value))
  return length => {
    const next = left.shift()
    if (next?.length !== length) throw new Error(`the chip asks for ${length} random bytes, the example has no such`)
    return next
  }
}

function chipOf(example: Example): Chip {
  const files = Object.fromEntries(Object.entries(example.files).map(([name, hex]) => [name, fromHex(hex)]))
  return createChip(
    { files, secrets: { bacKey: example.bacKey } },
    { access: ['PACE', 'BAC'], random: fixed(example.random) },
  )
}

function send(field: ReturnType<typeof chipInField>, command: string): string {
  const answer = field.exchange(fromHex(command))
  return answer.kind === 'response' ? toHex(answer.bytes) : answer.kind
}

describe.each(cases)('the chip of $clause', example => {
  const field = chipInField(chipOf(example))
  if (example.id.startsWith('bac')) send(field, '00A4040C07A0000002471001')
  test.each(example.exchanges)('answers $step with the published bytes', ({ command, response }) => {
    expect(send(field, command)).toBe(response)
  })
  test('keeps a session open under the published keys', () => {
    expect(field.state.session?.opened).toBe(example.id.startsWith('bac') ? 'BAC' : 'PACE')
    if (!example.ksEnc || !example.ksMac) return
    const terminal = new SecureMessaging({
      cipher: 'AES-128',
      ksEnc: fromHex(example.ksEnc),
      ksMac: fromHex(example.ksMac),
    })
    const chip = field.state.session?.sm.clone()
    const inner = { cla: 0, ins: 0xa4, p1: 2, p2: 0x0c, data: fromHex('011E') }
    expect(chip?.unprotect(terminal.protect(inner))).toEqual(inner)
  })
})
