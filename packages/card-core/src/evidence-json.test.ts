import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FormatError } from './error.ts'
import type { ChipEvidence } from './evidence.ts'
import { evidenceFromJson, evidenceToJson } from './evidence-json.ts'

const evidence: ChipEvidence = {
  access: {
    offered: ['PACE', 'BAC'],
    used: 'PACE',
    password: 'CAN',
    pace: { oid: '0.4.0.127.0.7.2.2.4.2.2', parameterId: 13, mapping: 'GM' },
  },
  activeAuthentication: {
    challenge: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    response: Uint8Array.of(9),
    source: 'reader',
  },
  chipAuthentication: {
    oid: '0.4.0.127.0.7.2.2.3.2.2',
    keyId: 12345678901234567890n,
    ephemeralPublicKey: Uint8Array.of(4, 1, 2),
    outcome: 'successful',
  },
  refusedFiles: [{ file: 'EF.DG3', sw: 0x6982 }],
  reader: 'Virtual PCD 00 00',
  atr: Uint8Array.of(0x3b),
}

test('evidence written as JSON text reads back the same', () => {
  expect(evidenceFromJson(JSON.parse(JSON.stringify(evidenceToJson(evidence))))).toEqual(evidence)
})

test('evidence without the optional parts reads back the same', () => {
  const bare: ChipEvidence = { access: { offered: [], used: 'none' }, refusedFiles: [] }
  expect(evidenceFromJson(JSON.parse(JSON.stringify(evidenceToJson(bare))))).toEqual(bare)
})

test('any other JSON throws FormatError and nothing else', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      expect(() => evidenceFromJson(value)).toThrow(FormatError)
    }),
  )
})

test('one wrong field is named', () => {
  const json = JSON.parse(JSON.stringify(evidenceToJson(evidence)))
  json.chipAuthentication.outcome = 'fine'
  expect(() => evidenceFromJson(json)).toThrow(
    expect.objectContaining({
      code: 'DOCUMENT_MALFORMED',
      facts: { file: 'evidence.json', field: 'chipAuthentication.outcome' },
    }),
  )
})
