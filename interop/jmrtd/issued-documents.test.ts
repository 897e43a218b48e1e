import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CurveName,
  encodeEcSpki,
  generateKey,
  type HashName,
  importPublicKey,
  type LdsFiles,
  type Signer,
  softwareSigner,
} from '@cccd/card-core'
import { writeDocumentFolder } from '@cccd/card-simulator/document-folder'
import {
  buildLds,
  chipKeyOptions,
  createCsca,
  createDocumentSigner,
  type Holder,
  makeChipKeys,
  SodService,
} from '@cccd/personalization'
import { openSqliteLedger } from '@cccd/personalization/ledger'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentDifferences, tell } from './content.ts'
import { buildPeer, type Peer, startPeer } from './peer.mjs'

// What our pool of document signers released, judged by JMRTD.

const NOW = new Date('2026-03-01T08:00:00Z')
const VALIDITY = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2037-01-01T00:00:00Z') }

interface Kind {
  readonly name: string
  readonly csca: readonly [CurveName, HashName, 'named' | 'explicit']
  readonly signer: readonly [CurveName | 'rsa', HashName, 'named' | 'explicit']
  readonly ldsVersion: '1.7' | '1.8'
  readonly aa: 'EC' | 'RSA' | 'none'
}

const KINDS: readonly Kind[] = [
  {
    name: 'P-256, LDS 1.7, AA with ECDSA',
    csca: ['secp256r1', 'sha256', 'named'],
    signer: ['secp256r1', 'sha256', 'named'],
    ldsVersion: '1.7',
    aa: 'EC',
  },
  {
    name: 'brainpoolP384r1 under brainpoolP512r1, explicit, LDS 1.8, AA with RSA',
    csca: ['brainpoolP512r1', 'sha512', 'explicit'],
    signer: ['brainpoolP384r1', 'sha384', 'explicit'],
    ldsVersion: '1.8',
    aa: 'RSA',
  },
  {
    name: 'P-521 under P-384, LDS 1.8, nothing against copying but CA',
    csca: ['secp384r1', 'sha384', 'named'],
    signer: ['secp521r1', 'sha512', 'named'],
    ldsVersion: '1.8',
    aa: 'none',
  },
  {
    name: 'RSA of 2048 bits under P-384, LDS 1.7',
    csca: ['secp384r1', 'sha384', 'named'],
    signer: ['rsa', 'sha256', 'named'],
    ldsVersion: '1.7',
    aa: 'EC',
  },
]

function signerOf([kind, hash, form]: Kind['signer']): Signer {
  if (kind === 'rsa') {
    const { pkcs8 } = generateKey({ kind: 'rsa', bits: 2048 })
    return softwareSigner({ pkcs8, algorithm: { kind: 'rsa-pkcs1', hash } })
  }
  const { pkcs8, spki } = generateKey({ kind: 'ec', curve: kind })
  const key = importPublicKey(spki)
  if (key.kind !== 'ec') throw new Error('an EC key was asked for')
  return softwareSigner({ pkcs8, algorithm: { kind: 'ecdsa', hash }, spki: encodeEcSpki(kind, key.point, form) })
}

// SOI, a frame of 3 × 4 pixels, EOI.
const portrait = Uint8Array.of(0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 4, 0, 3, 1, 1, 0x11, 0, 0xff, 0xd9)
const HOLDER: Holder = {
  personalNumber: '999190000001',
  fullName: 'TRẦN THỊ THỬ NGHIỆM',
  dateOfBirth: '15/08/1990',
  sex: 'female',
  nationality: 'Việt Nam',
  ethnicity: 'Kinh',
  religion: 'Không',
  placeOfOrigin: 'Xã Mẫu, Tỉnh Giả Định',
  placeOfResidence: 'Số 1, Phường Mẫu, Tỉnh Giả Định',
  identifyingFeatures: 'Không có thật',
  dateOfIssue: '01/09/2025',
  dateOfExpiry: '15/08/2030',
  portrait,
}

const missing = buildPeer()

describe.skipIf(missing !== undefined)(`JMRTD and our signers${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let folder: string
  let peer: Peer
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'cccd-issued-'))
    peer = startPeer()
  })
  afterAll(async () => {
    await peer?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test.each(KINDS)('JMRTD verifies up to the CSCA what was released, and refuses it changed: $name', async kind => {
    const cscaSigner = signerOf(kind.csca)
    const csca = await createCsca({ signer: cscaSigner, serialNumber: Uint8Array.of(1), validity: VALIDITY })
    const signer = signerOf(kind.signer)
    const certificate = await createDocumentSigner({
      csca: { certificate: csca, signer: cscaSigner },
      spki: signer.publicKey,
      serialNumber: Uint8Array.of(2),
      validity: VALIDITY,
    })
    const own = mkdtempSync(join(folder, 'one-'))
    const ledger = await openSqliteLedger(join(own, 'ledger.db'))
    let files: LdsFiles
    try {
      const signers = [{ certificate, signer, digest: kind.signer[1], limit: 10 }]
      const service = new SodService({ signers, cscas: [csca], ledger, now: () => NOW })
      const options = { ...chipKeyOptions(makeChipKeys(kind.aa).publicKeys), ldsVersion: kind.ldsVersion }
      files = buildLds(HOLDER, options)
      const [outcome] = await service.sign([{ number: HOLDER.personalNumber, files }])
      if (outcome?.kind !== 'signed') throw new Error('nothing was signed')
      files = { ...files, 'EF.SOD': outcome.sod }
    } finally {
      ledger.close()
    }
    writeFileSync(join(own, 'csca.cer'), csca)
    const judge = async (name: string, document: LdsFiles) => {
      await writeDocumentFolder(join(own, name), { files: document })
      return await peer.ask({ do: 'judge', folder: join(own, name), csca: join(own, 'csca.cer') })
    }
    const answer = await judge('good', files)
    expect(answer).toMatchObject({ ok: true, verdict: { sod: true, signature: true, chain: true } })
    const groups = kind.aa === 'none' ? [1, 13, 14, 2] : [1, 13, 14, 15, 2]
    expect(Object.keys(answer.verdict?.hashes ?? {}).sort()).toEqual(groups.map(n => `EF.DG${n}`))
    expect(Object.values(answer.verdict?.hashes ?? {})).not.toContain(false)
    expect(contentDifferences(answer.told, tell(files))).toEqual([])

    const dg1 = (files['EF.DG1'] as Uint8Array).slice()
    dg1[20] = (dg1[20] as number) ^ 1
    const changed = await judge('changed', { ...files, 'EF.DG1': dg1 })
    expect(Object.values(changed.verdict?.hashes ?? {})).toContain(false)
    const sod = (files['EF.SOD'] as Uint8Array).slice()
    sod[sod.length - 1] = (sod[sod.length - 1] as number) ^ 1
    expect((await judge('forged', { ...files, 'EF.SOD': sod })).verdict?.signature).not.toBe(true)
  })
})
