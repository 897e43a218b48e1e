// A stand-in for SignServer's MRTD SOD signer over HTTP on the loopback: what the interface's documentation says, and the
// failures that a test asks for.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  buildLdsSecurityObject,
  buildSignedData,
  buildSod,
  LDS_SECURITY_OBJECT_OID,
  type Signer,
} from '@cccd/card-core'

export type ServerMood =
  | 'well'
  /** Answers with this status. */
  | { readonly status: number }
  | 'silent'
  | 'hangs-up'
  | 'nonsense'
  | 'endless'
  | 'redirects'
  /** Signs other hashes than it was given. */
  | 'other-hashes'
  /** Signs with a key that is not its certificate's. */
  | 'other-key'

export interface StandInSignServer {
  readonly url: string
  mood: ServerMood
  /** How many requests came. */
  requests: number
  close(): Promise<void>
}

export async function startSignServer(given: {
  readonly worker: string
  readonly certificate: Uint8Array
  readonly signer: Signer
  readonly otherSigner: Signer
}): Promise<StandInSignServer> {
  const { worker, certificate, signer, otherSigner } = given
  const server = createServer((request, response) => {
    const state = standIn
    state.requests++
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', async () => {
      const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
      const { mood } = state
      if (mood === 'silent') return
      if (mood === 'hangs-up') return void request.socket.destroy()
      if (mood === 'redirects') return void response.writeHead(302, { location: '/elsewhere' }).end()
      if (mood === 'nonsense') return void response.end('<html>OK</html>')
      if (mood === 'endless') return void response.end(Buffer.alloc(200_000))
      if (typeof mood === 'object') return void response.writeHead(mood.status).end('out of order')
      if (request.url !== '/signserver/sod' || form.get('workerName') !== worker || form.get('encoding') !== 'base64') {
        return void response.writeHead(404).end()
      }
      const hashes = new Map<number, Uint8Array>()
      for (let n = 1; n <= 16; n++) {
        const hash = form.get(`dataGroup${n}`)
        if (hash !== null) hashes.set(n, Uint8Array.from(Buffer.from(hash, 'base64')))
      }
      if (mood === 'other-hashes') hashes.set(1, new Uint8Array(32))
      const [ldsVersion, unicodeVersion] = [form.get('ldsVersion') ?? '', form.get('unicodeVersion') ?? '']
      const content = buildLdsSecurityObject(
        ldsVersion === '0108'
          ? { version: 1, hash: 'sha256', dataGroupHashes: hashes, ldsVersion, unicodeVersion }
          : { version: 0, hash: 'sha256', dataGroupHashes: hashes },
      )
      const signedData = await buildSignedData({
        contentType: LDS_SECURITY_OBJECT_OID,
        content,
        certificate,
        digest: 'sha256',
        signer: mood === 'other-key' ? otherSigner : signer,
      })
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(buildSod(signedData))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const standIn: StandInSignServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/signserver`,
    mood: 'well',
    requests: 0,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return standIn
}
