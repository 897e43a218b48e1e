// Passive authentications a second on one thread, beside bare signature verifications by openssl and beside JMRTD.
import { spawnSync } from 'node:child_process'
import { testDocument } from '@cccd/fixtures'
import { POLICIES, passiveAuthentication, trustAnchors, verifyDocument } from '@cccd/verifier'
import { perSecond, printTable } from './table.mjs'

/** Windows are short and many, so that some of them are undisturbed. */
const SECONDS = 0.3
const ROUNDS = 15

/** Verifications a second that `openssl speed` measures for a curve on this machine, or null where there is no openssl. */
function opensslVerifications(curve) {
  const run = spawnSync('openssl', ['speed', '-mr', '-seconds', '2', curve], {
    encoding: 'utf8',
  })
  if (run.error || run.status !== 0) return null
  // +F4 (or F2 for other kinds): index : bits : sign rate or time : verify rate or time, by version of openssl.
  const fields = /^\+F\d+:(.*)$/m.exec(run.stdout)?.[1]?.split(':').map(Number)
  if (!fields || fields.length < 4) return null
  const last = fields[3]
  return last < 1 ? 1 / last : last
}

const CURVES = [
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

/** Best of several windows, the two sides in turn: on a machine that does other things too, the best is the least disturbed. */
async function race(sides) {
  const best = sides.map(() => 0)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, side] of sides.entries()) best[i] = Math.max(best[i], await side(SECONDS))
  }
  return best
}

/** `jmrtd` as openJmrtd gives it. */
export async function benchVerification(jmrtd) {
  const rows = []
  for (const [name, speed, options] of CURVES) {
    const made = await testDocument({ dg2Size: 20_480, ...options })
    const { anchors } = trustAnchors({ certificates: [made.csca] })
    const { files } = made.document
    const evidence = { access: { offered: ['PACE'], used: 'PACE', password: 'CAN' }, refusedFiles: [] }
    const given = { files, evidence, anchors, policy: POLICIES.hospital, at: made.at }
    const passive = () => passiveAuthentication({ files, anchors })
    if (!passive().successful) throw new Error(`the document with ${name} is not good`)
    perSecond(passive, 1)
    const theirs = await jmrtd.verifier(made)
    const [ours, whole, peer] = await race([
      seconds => perSecond(passive, seconds),
      seconds => perSecond(() => verifyDocument(given), seconds),
      ...(theirs ? [theirs] : []),
    ])
    const bare = opensslVerifications(speed)
    rows.push([
      name,
      ours.toFixed(0),
      whole.toFixed(0),
      bare === null ? 'no openssl' : bare.toFixed(0),
      bare === null ? '' : (ours / bare).toFixed(3),
      peer === undefined ? 'not measured' : peer.toFixed(0),
      peer === undefined ? '' : (ours / peer).toFixed(2),
    ])
  }
  printTable(
    'Passive authentication, one thread (two verifications each; keys parsed each time, anchors warm; best of 15 windows)',
    ['keys', 'PA/s', 'whole report/s', 'openssl verify/s', 'PA : openssl', 'JMRTD PA/s', 'ours : JMRTD'],
    rows,
  )
}
