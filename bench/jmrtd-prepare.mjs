// JMRTD in the same run: documents that it builds and signs a second, on one thread.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildPeer, startPeer } from '../interop/jmrtd/peer.mjs'

/**
 * {missing?: what is not there in words, rates: {name, rate(seconds)}[], close()}: one rate for each provider that signs,
 * since Java's own may be faster than BouncyCastle. `given`: {folder, portrait, width, height, dg13} as bytes and pixels.
 */
export async function openJmrtdPreparation({ folder, portrait, width, height, dg13 }) {
  const missing = buildPeer()
  if (missing) return { missing, rates: [], close: async () => undefined }
  const peer = startPeer()
  const files = { portrait: join(folder, 'portrait.jpg'), dg13: join(folder, 'dg13.bin') }
  writeFileSync(files.portrait, portrait)
  writeFileSync(files.dg13, dg13)
  const mrz = {
    documentNumber: '190000001',
    optionalData1: '9991900000015',
    dateOfBirth: '900815',
    sex: 'F',
    dateOfExpiry: '300815',
    primaryIdentifier: 'TRAN',
    secondaryIdentifier: 'THI<THU<NGHIEM',
  }
  const ask = async (provider, warmMs, measureMs) => {
    const answer = await peer.ask({ do: 'benchGenerate', ...files, width, height, mrz, provider, warmMs, measureMs })
    if (!answer.ok) throw new Error(`JMRTD does not sign: ${answer.fault}`)
    return answer.perSecond
  }
  const rates = []
  for (const provider of ['BC', 'SunEC']) {
    // The virtual machine compiles what is hot only after a while.
    await ask(provider, 6000, 1)
    rates.push({ name: `JMRTD, signed by ${provider}`, rate: seconds => ask(provider, 0, 1000 * seconds) })
  }
  return { rates, close: () => peer.stop() }
}
