import { FormatError } from '@cccd/card-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { POLICIES, parsePolicy } from './policy.ts'

function refusal(text: string): FormatError {
  try {
    parsePolicy(text)
  } catch (error) {
    if (error instanceof FormatError) return error
    throw error
  }
  throw new Error('the policy was taken')
}

test('an operator writes a policy on top of a shipped one', () => {
  const policy = parsePolicy(
    JSON.stringify({
      id: 'clinic-3',
      title: { vi: 'Phòng khám', en: 'Clinic' },
      extends: 'hospital',
      requirements: { 'combined.expiry': 'evaluatory', chipAuthenticity: 'mandatory' },
    }),
  )
  expect(policy.id).toBe('clinic-3')
  expect(policy.requirements['combined.expiry']).toBe('evaluatory')
  expect(policy.requirements.chipAuthenticity).toBe('mandatory')
  expect(policy.requirements['sod.signature']).toBe(POLICIES.hospital.requirements['sod.signature'])
})

test('a misspelt check is refused by name, so that it cannot silently be left undemanded', () => {
  const error = refusal('{"id":"a","requirements":{"sod.signatur":"mandatory"}}')
  expect(error.code).toBe('POLICY_MALFORMED')
  expect(error.facts.field).toBe('sod.signatur')
})

test.each([
  ['not JSON', '{', ''],
  ['a list', '[]', ''],
  ['no id', '{"requirements":{}}', 'id'],
  ['an id with a path in it', '{"id":"../x","requirements":{}}', 'id'],
  ['the id of a shipped policy', '{"id":"kyc","requirements":{}}', 'id'],
  ['an unknown base', '{"id":"a","extends":"bank","requirements":{}}', 'extends'],
  ['a base from the prototype', '{"id":"a","extends":"constructor","requirements":{}}', 'extends'],
  ['an unknown field', '{"id":"a","requirements":{},"require":{}}', 'require'],
  ['no requirements', '{"id":"a"}', 'requirements'],
  ['an unknown requirement', '{"id":"a","requirements":{"sod.signature":"must"}}', 'sod.signature'],
  ['a title in one language', '{"id":"a","title":{"vi":"x"},"requirements":{}}', 'title'],
])('%s is refused and the field named', (_, text, field) => {
  const error = refusal(text)
  expect([error.code, error.facts.field]).toEqual(['POLICY_MALFORMED', field])
})

test('no text makes the parser throw anything but FormatError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), text => {
      expect(refusal(text)).toBeInstanceOf(FormatError)
    }),
  )
})

test('DG2 is mandatory in no shipped policy by itself', () => {
  for (const { requirements } of Object.values(POLICIES)) {
    expect(requirements['integrity.dg2']).toBe('mandatoryIfSupported')
  }
})
