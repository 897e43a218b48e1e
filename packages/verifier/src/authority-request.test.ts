import { holders, testDocument } from '@cccd/fixtures'
import { expect, test } from 'vitest'
import { authorityRequest } from './authority-request.ts'
import { honestContents, OWN_CHALLENGE } from './testing/bundle.ts'
import { P256, withFiles } from './testing/judge.ts'

const options = { csca: P256, ds: P256 } as const
const made = await testDocument(options)
const contents = honestContents(made, { challenge: OWN_CHALLENGE })

test('the request holds the files whole in base64, the server’s challenge and the chip’s answer, and nothing else', () => {
  const request = authorityRequest(contents)
  const { files, evidence } = contents
  const base64 = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('base64')
  expect(request).toEqual({
    requestId: contents.requestId,
    time: contents.time,
    sod: base64(files['EF.SOD']),
    dg1: base64(files['EF.DG1']),
    dg2: base64(files['EF.DG2']),
    dg13: base64(files['EF.DG13']),
    dg14: base64(files['EF.DG14']),
    dg15: base64(files['EF.DG15']),
    challenge: base64(OWN_CHALLENGE),
    response: base64(evidence.activeAuthentication?.response),
    challengeSource: 'relying-party',
  })
})

test('a holder without a portrait has no dg2', async () => {
  const child = await testDocument({ ...options, holder: holders.toddler })
  expect(authorityRequest(honestContents(child))).not.toHaveProperty('dg2')
})

test('what the service needs and is not there is named', async () => {
  for (const file of ['EF.SOD', 'EF.DG1', 'EF.DG13', 'EF.DG15'] as const) {
    const without = { ...contents, files: withFiles(made, { [file]: null }) }
    expect(() => authorityRequest(without)).toThrow(
      expect.objectContaining({ code: 'DOCUMENT_MALFORMED', facts: { field: file } }),
    )
  }
  const plain = await testDocument({ ...options, aa: 'none' })
  expect(() => authorityRequest({ ...honestContents(plain), files: made.document.files })).toThrow(
    expect.objectContaining({ facts: { field: 'activeAuthentication.response' } }),
  )
})
