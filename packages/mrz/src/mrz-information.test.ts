import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parseMrz } from './mrz.ts'
import { mrzInformation } from './mrz-information.ts'

const vectors = JSON.parse(readFileSync(new URL('../../../fixtures/vectors/mrz.json', import.meta.url), 'utf8')) as {
  mrzInformation: { id: string; clause: string; lines: string[]; mrzInformation: string }[]
}

test.each(vectors.mrzInformation)('$id: $clause', ({ lines, mrzInformation: expected }) => {
  expect(mrzInformation(parseMrz(lines))).toBe(expected)
})

test('a value that no MRZ can hold is refused with its field, and not shown', () => {
  const key = { documentNumber: '160012345', dateOfBirth: '600115', dateOfExpiry: '991231' }
  expect(mrzInformation(key)).toBe('160012345860011579912315')
  for (const [field, value] of [
    ['documentNumber', '16001é345'],
    ['dateOfBirth', '15/01/1960'],
    ['dateOfExpiry', '99123'],
    ['dateOfExpiry', '99-231'],
  ] as const) {
    expect(() => mrzInformation({ ...key, [field]: value })).toThrow(
      expect.objectContaining({ code: 'MRZ_MALFORMED', facts: { field }, message: expect.not.stringContaining(value) }),
    )
  }
})
