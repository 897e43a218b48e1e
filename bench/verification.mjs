// Passive authentications a second on one thread, beside bare signature verifications by openssl and beside JMRTD.
import { spawnSync } from 'node:child_process'
import { testDocument } from '@cccd/fixtures'
import { POLICIES, passiveAuthentication, trustAnchors, verifyDocument } from '@cccd/verifier'
import { perSecond, printTable } from './table.mjs'

const SECONDS = 1.5

/** Verifications a second that `openssl speed` measures for a curve on this machine, or null where there is no openssl. */
function opensslVerifications(curve) {
  const run = spawnSync('openssl', ['speed', '-mr', '-seconds', String(Math.ceil(SECONDS)), curve], {
    encoding: 'utf8',
  })
  if (run.error || run.status !== 0) return null
  // +F4 (or F2 for other kinds): index : bits : sign rate or time : verify rate or time, by version of openssl.
  const fields = /^\+F\d+:(.*)$/m.exec(run.stdout)?.[1]?.split(':').map(Number)
  if (!fields || fields.length < 4) return null
  const last = fields[3]
  return last < 1 ? 1 / last : last
}

export const CURVES = [
  [
    'P-256',
    'ecdsap256',
    {
      csca: { kind: 'ecdsa', curve: 'secp256r1', hash: 'sha256', form: 'named' },
      ds: { kind: 'ecdsa', curve: 'secp256r1', hash: 'sha256', form: 'named' },
    },
  ],
  [
    'P-256, explicit parameters',
    'ecdsap256',
    {
      csca: { kind: 'ecdsa', curve: 'secp256r1', hash: 'sha256', form: 'explicit' },
      ds: { kind: 'ecdsa', curve: 'secp256r1', hash: 'sha256', form: 'explicit' },
    },
  ],
  ['brainpool P512r1 → P384r1, explicit', 'ecdsabrp384r1', {}],
]

export async function benchVerification(jmrtdRates) {
  const rows = []
  for (const [name, speed, options] of CURVES) {
    const document = await testDocument({ dg2Size: 20_480, ...options })
    const { anchors } = trustAnchors({ certificates: [document.csca] })
    const files = document.document.files
    const evidence = { access: { offered: ['PACE'], used: 'PACE', password: 'CAN' }, refusedFiles: [] }
    const given = { files, evidence, anchors, policy: POLICIES.hospital, at: document.at }
    const passive = perSecond(() => passiveAuthentication({ files, anchors }), SECONDS)
    const whole = perSecond(() => verifyDocument(given), SECONDS)
    const bare = opensslVerifications(speed)
    const jmrtd = jmrtdRates.get(name)
    rows.push([
      name,
      passive.toFixed(0),
      whole.toFixed(0),
      bare === null ? 'no openssl' : bare.toFixed(0),
      bare === null ? '' : (passive / bare).toFixed(3),
      jmrtd === undefined ? 'not measured' : jmrtd.toFixed(0),
      jmrtd === undefined ? '' : (passive / jmrtd).toFixed(2),
    ])
  }
  printTable(
    'Passive authentication, one thread (two verifications each; keys parsed each time, anchors warm)',
    ['keys', 'PA/s', 'whole report/s', 'openssl verify/s', 'PA : openssl', 'JMRTD PA/s', 'ours : JMRTD'],
    rows,
  )
}
