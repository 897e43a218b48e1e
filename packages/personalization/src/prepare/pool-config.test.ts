import { FormatError } from '@cccd/card-core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePoolConfig } from './pool-config.ts'

const token = { library: '/lib/hsm.so', token: 'line one', label: 'ds-1', id: '0a', pinFile: 'pin.txt' }
const signer = { certificate: 'ds.cer', key: { file: 'ds.pem' }, limit: 1000 }
const pool = { cscas: ['csca.cer'], ledger: 'ledger.db', signers: [signer] }

test('three kinds of keys are understood, and what is left out has its default', () => {
  const server = { url: 'http://127.0.0.1:8080/signserver', worker: 'SOD' }
  const signers = [
    signer,
    { ...signer, hash: 'sha384', key: { pkcs11: token } },
    { ...signer, pss: true, key: { signServer: server } },
  ]
  expect(parsePoolConfig({ ...pool, signers, signingTime: true })).toEqual({
    cscas: ['csca.cer'],
    ledger: 'ledger.db',
    signingTime: true,
    signers: [
      { certificate: 'ds.cer', hash: 'sha256', pss: false, limit: 1000, key: { kind: 'file', file: 'ds.pem' } },
      {
        certificate: 'ds.cer',
        hash: 'sha384',
        pss: false,
        limit: 1000,
        key: { kind: 'pkcs11', ...token, id: '0A' },
      },
      { certificate: 'ds.cer', hash: 'sha256', pss: true, limit: 1000, key: { kind: 'signServer', ...server } },
    ],
  })
})

const withSigner = (change: object): unknown => ({ ...pool, signers: [signer, { ...signer, ...change }] })
test.each([
  ['pool', null],
  ['pool', [pool]],
  ['pool', { ...pool, pin: '1234' }],
  ['cscas', { ...pool, cscas: [] }],
  ['cscas[0]', { ...pool, cscas: [7] }],
  ['ledger', { ...pool, ledger: '' }],
  ['signers', { ...pool, signers: {} }],
  ['signers[0]', { ...pool, signers: ['x'] }],
  ['signers[1].limit', withSigner({ limit: 0 })],
  ['signers[1].limit', withSigner({ limit: '5' })],
  ['signers[1].hash', withSigner({ hash: 'md5' })],
  ['signers[1].hash', withSigner({ hash: 'sha1' })],
  ['signers[1].pss', withSigner({ pss: 'yes' })],
  ['signers[1].key', withSigner({ key: {} })],
  ['signers[1].key', withSigner({ key: { file: 'a', pkcs11: token } })],
  ['signers[1].key.pkcs11', withSigner({ key: { pkcs11: { ...token, pin: '1234' } } })],
  ['signers[1].key.pkcs11.id', withSigner({ key: { pkcs11: { ...token, id: '0' } } })],
  ['signers[1].key.pkcs11.pinFile', withSigner({ key: { pkcs11: { ...token, pinFile: undefined } } })],
  ['signers[1].key.signServer.url', withSigner({ key: { signServer: { url: 'file:///x', worker: 'a' } } })],
  ['signers[1].key.signServer.worker', withSigner({ key: { signServer: { url: 'http://127.0.0.1' } } })],
  ['signingTime', { ...pool, signingTime: 1 }],
])('a fault at %s is told by its place, and not what stands there (case %#)', (field, value) => {
  const refused = expect.objectContaining({ code: 'SIGNER_POOL_MALFORMED', facts: { field } })
  expect(() => parsePoolConfig(value)).toThrow(refused)
  expect(() => parsePoolConfig(value)).not.toThrow(/1234/)
})

test('whatever JSON stands there, nothing but FormatError is thrown', () => {
  const hostile = fc.oneof(
    fc.jsonValue(),
    fc.jsonValue().map(signers => ({ ...pool, signers })),
    fc.jsonValue().map(key => withSigner({ key })),
  )
  fc.assert(
    fc.property(hostile, value => {
      try {
        parsePoolConfig(value)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
      }
    }),
  )
})
