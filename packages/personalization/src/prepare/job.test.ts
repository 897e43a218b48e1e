import { FormatError, fromHex } from '@cccd/card-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatJob, type PreparedJob, parseDraft, parseJob } from './job.ts'

const JOB: PreparedJob = {
  version: 1,
  id: 'ABCDEF',
  line: 7,
  personalNumber: '999190012345',
  files: { 'EF.COM': fromHex('600200FF'), 'EF.DG1': new Uint8Array() },
  keys: { activeAuthentication: Uint8Array.of(1, 2, 3) },
  access: { can: '012345', bacKey: { documentNumber: '000012345', dateOfBirth: '900101', dateOfExpiry: '300101' } },
  printed: { qr: '999190012345||NGUYỄN THỬ|', mrzLines: ['A', 'B', 'C'], card: '2024' },
  documentSigner: 'KEY',
}

test('a job comes back from its JSON as it was, bytes and all', () => {
  expect(parseJob(formatJob(JOB))).toEqual(JOB)
  expect(parseJob(formatJob({ ...JOB, keys: {} }))).toEqual({ ...JOB, keys: {} })
})

test('a draft comes back without a signer, and is no whole job', () => {
  const { documentSigner: _, ...draft } = JOB
  expect(parseDraft(formatJob(draft))).toEqual(draft)
  expect(() => parseJob(formatJob(draft))).toThrow(FormatError)
})

const broken = (change: object): string => JSON.stringify({ ...JSON.parse(formatJob(JOB)), ...change })

test.each([
  ['job', '[]'],
  ['job', 'null'],
  ['version', broken({ version: 2 })],
  ['line', broken({ line: 1.5 })],
  ['id', broken({ id: 1 })],
  ['personalNumber', broken({ personalNumber: 1 })],
  ['files', broken({ files: { 'EF.XXX': '00' } })],
  ['files', broken({ files: [] })],
  ['files', broken({ files: { toString: '00' } })],
  ['EF.COM', broken({ files: { 'EF.COM': '0' } })],
  ['EF.COM', broken({ files: { 'EF.COM': 'zz' } })],
  ['keys', broken({ keys: { other: '00' } })],
  ['can', broken({ access: { bacKey: JOB.access.bacKey } })],
  ['bacKey', broken({ access: { can: '1', bacKey: {} } })],
  ['card', broken({ printed: { ...JOB.printed, card: '2030' } })],
  ['mrzLines', broken({ printed: { ...JOB.printed, mrzLines: [1] } })],
  ['documentSigner', broken({ documentSigner: null })],
])('a job that is wrong in its %s (case %#) is refused by that name', (field, text) => {
  expect(() => parseJob(text)).toThrow(expect.objectContaining({ code: 'DOCUMENT_MALFORMED', facts: { field } }))
})

test('whatever stands where a job should stand, nothing but FormatError is thrown', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map(one => broken({ files: JSON.parse(one) })),
      ),
      text => {
        try {
          parseJob(text)
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError)
        }
      },
    ),
  )
})
