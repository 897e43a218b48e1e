// The desk beside the bare reading, over the same pcscd and the same simulated card; and what it costs while nothing happens.
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { counted, run, withStatusHandling } from '@cccd/card-core'
import { readDocument } from '@cccd/card-reader'
import { openReaderService } from '@cccd/card-reader/pcsc'
import { testDocument } from '@cccd/fixtures'
import { accessKeysFromQr, parseCardQr } from '@cccd/mrz'
import { POLICIES, trustAnchors, verifyDocument } from '@cccd/verifier'
import { addToTrustStore } from '@cccd/verifier/trust-store'
import { median, printTable } from './table.mjs'

const CCCD = fileURLToPath(new URL('../bin/dist/cccd.js', import.meta.url))
const RIG = fileURLToPath(new URL('../tools/rig/rig.sh', import.meta.url))
const READER = 'Virtual PCD 00 00'
const PAIRS = 9
const random = length => Uint8Array.from(randomBytes(length))
const wait = ms => new Promise(resolve => setTimeout(resolve, ms))

export async function benchDesk() {
  const folder = mkdtempSync(join(tmpdir(), 'cccd-bench-desk-'))
  try {
    await benchStart(folder)
    await benchRates(folder)
    await benchReadings(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Starts `cccd serve` and pairs with it; `startMs` is from the start of the process to its address. */
async function startDesk(folder, config = {}, env = {}) {
  mkdirSync(join(folder, 'state'), { recursive: true })
  const limits = { requestsPerMinute: 1_000_000 }
  const all = { stateFolder: join(folder, 'state'), runtimeFolder: join(folder, 'run'), limits, ...config }
  writeFileSync(join(folder, 'desk.json'), JSON.stringify(all))
  const begun = performance.now()
  const args = [CCCD, 'serve', '--json', '--port', '0', '--config', join(folder, 'desk.json')]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ...env } })
  const gone = new Promise(resolve => child.once('close', resolve))
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  gone.then(() => process.removeListener('exit', kill))
  const told = await new Promise((resolve, reject) => {
    let out = ''
    child.stdout.on('data', chunk => {
      out += String(chunk)
      if (out.endsWith('}\n')) resolve(JSON.parse(out))
    })
    gone.then(status => reject(new Error(`cccd serve ended with ${status}`)))
  })
  const startMs = performance.now() - begun
  const origin = new URL(told.url).origin
  const headers = { origin }
  const ask = async (path, body, method = body ? 'POST' : 'GET') => {
    const response = await fetch(new URL(path, told.url), {
      method,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    return response.status === 204 ? undefined : response.json()
  }
  headers.authorization = `Bearer ${(await ask('/v1/pairing', { code: told.pairing.code, label: 'bench' })).token}`
  const stop = () => {
    child.kill('SIGTERM')
    return gone
  }
  return { pid: child.pid, url: told.url, startMs, headers, ask, stop }
}

async function benchStart(folder) {
  const bare = median(
    Array.from({ length: 7 }, () => {
      const begun = performance.now()
      spawnSync(process.execPath, ['-e', '0'])
      return performance.now() - begun
    }),
  )
  const starts = []
  for (let n = 0; n < 7; n++) {
    const desk = await startDesk(folder)
    starts.push(desk.startMs)
    await desk.stop()
  }
  const desk = await startDesk(folder)
  await wait(4000)
  const rows = [
    ['node -e 0, ms', bare.toFixed(0), ''],
    ['cccd serve, from start to address, ms', median(starts).toFixed(0), '< 500'],
    ['idle memory of the desk, RSS MB', (rssOf(desk.pid) / 1e6).toFixed(0), '< 120'],
  ]
  await desk.stop()
  printTable('The desk, started and left alone (median of 7)', ['', 'found', 'aim'], rows)
}

const rssOf = pid => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024

function childrenOf(pid) {
  const lists = readdirSync(`/proc/${pid}/task`).map(task => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8'))
  return lists.flatMap(list => list.split(' ').filter(Boolean)).map(Number)
}

/** Answers a second over sixteen connections that stay open, from one process that asks. */
async function rate(url, { headers, body }, seconds = 3) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const { hostname, port, pathname } = new URL(url)
  const once = () =>
    new Promise((resolve, reject) => {
      const call = request(
        { hostname, port, path: pathname, method: body ? 'POST' : 'GET', agent, headers },
        response => {
          if (response.statusCode !== 200) reject(new Error(`${url} answers ${response.statusCode}`))
          response.resume()
          response.on('end', resolve)
        },
      )
      call.on('error', reject)
      call.end(body)
    })
  let count = 0
  let end = 0
  const worker = async () => {
    while (performance.now() < end) {
      await once()
      count++
    }
  }
  for (const time of [500, seconds * 1000]) {
    count = 0
    end = performance.now() + time
    await Promise.all(Array.from({ length: 16 }, worker))
  }
  agent.destroy()
  return count / seconds
}

const PEER = `const http = require('node:http')
const health = JSON.stringify({ name: 'cccd', version: '0.0.0' })
http.createServer((request, response) => {
  request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(health))
}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`

async function benchRates(folder) {
  const desk = await startDesk(folder)
  const peer = spawn(process.execPath, ['-e', PEER], { stdio: ['ignore', 'pipe', 'ignore'] })
  const port = await new Promise(resolve => peer.stdout.once('data', chunk => resolve(String(chunk).trim())))
  const made = await testDocument()
  const post = {
    body: JSON.stringify({ text: made.qr }),
    headers: { ...desk.headers, 'content-type': 'application/json' },
  }
  try {
    const bare = await rate(`http://127.0.0.1:${port}/`, { headers: {} })
    const health = await rate(new URL('/health', desk.url), { headers: {} })
    const barePost = await rate(`http://127.0.0.1:${port}/`, post)
    const scans = await rate(new URL('/v1/scans', desk.url), post)
    printTable(
      'Requests a second, 16 connections',
      ['', 'requests/s', ': bare node:http'],
      [
        ['bare node:http, GET', bare.toFixed(0), '1.00'],
        ['GET /health', health.toFixed(0), (health / bare).toFixed(2)],
        ['bare node:http, POST', barePost.toFixed(0), '1.00'],
        ["POST /v1/scans, a card's QR", scans.toFixed(0), (scans / barePost).toFixed(2)],
      ],
    )
  } finally {
    peer.kill('SIGKILL')
    await desk.stop()
  }
}

/** A card on the virtual reader, in a thread of its own: when it answered which command, since it was asked last. */
async function layCard(port, speed) {
  const worker = new Worker(new URL('./desk-card.mjs', import.meta.url), { workerData: { port, speed } })
  worker.once('error', error => {
    throw error
  })
  const next = () => new Promise(resolve => worker.once('message', resolve))
  const made = await next()
  return {
    made,
    answered() {
      worker.postMessage('answered')
      return next()
    },
    lift() {
      const gone = new Promise(resolve => worker.once('exit', resolve))
      worker.postMessage('lift')
      return gone
    },
  }
}

/** Milliseconds on the clock that all threads and processes share. */
const clock = () => Number(process.hrtime.bigint()) / 1e6

async function benchReadings(folder) {
  const check = spawnSync(RIG, ['check'], { encoding: 'utf8' })
  if (process.platform !== 'linux' || check.status !== 0) {
    console.log(`\nThe desk's readings are not measured: ${check.stdout?.trim() || 'no virtual reader'}`)
    return
  }
  const rig = join(folder, 'rig')
  const port = 37_963
  const started = spawnSync(RIG, ['start', rig, String(port)], { encoding: 'utf8' })
  if (started.status !== 0) throw new Error(started.stderr)
  process.env.PCSCLITE_CSOCK_NAME = join(rig, 'run', 'pcscd.comm')
  try {
    const rows = []
    for (const [name, speed] of [
      ['as fast as the simulator', undefined],
      ['a contactless link of 848 kbit/s', 848],
    ]) {
      rows.push(...(await readingRows(folder, { name, speed, port })))
    }
    printTable(
      `A reading with its verdict: the desk beside the bare library (median of ${PAIRS} pairs)`,
      ['card', 'bare ms', 'desk ms', 'overhead ms', '%', 'DG1 to first field, ms', 'aim'],
      rows,
    )
  } finally {
    spawnSync(RIG, ['stop', rig])
  }
}

async function readingRows(folder, { name, speed, port }) {
  const card = await layCard(port, speed)
  const { made } = card
  const trust = join(folder, `trust-${speed}`)
  for (const [file, bytes] of [
    ['csca.cer', made.csca],
    ['csca.crl', made.crl],
  ]) {
    writeFileSync(join(folder, file), bytes)
    await addToTrustStore(trust, join(folder, file))
  }
  const { anchors } = trustAnchors({ certificates: [made.csca], crls: [made.crl] })
  const desk = await startDesk(folder, { trustStore: trust, policy: 'kyc' })
  const service = await openReaderService()
  try {
    const [bares, desks, firsts] = [[], [], []]
    for (let n = -2; n < PAIRS; n++) {
      const bare = await bareReading(service, { made, anchors })
      const read = await deskReading(desk, { card, dg1At: bare.dg1At })
      if (n < 0) continue
      bares.push(bare.ms)
      desks.push(read.ms)
      firsts.push(read.firstMs)
    }
    const [bare, whole] = [median(bares), median(desks)]
    const overhead = median(desks.map((ms, n) => ms - bares[n]))
    const percent = ((overhead / bare) * 100).toFixed(1)
    const numbers = [bare.toFixed(0), whole.toFixed(0), overhead.toFixed(1), percent, median(firsts).toFixed(1)]
    const memory = [desk.pid, ...childrenOf(desk.pid)].map(pid => `${(rssOf(pid) / 1e6).toFixed(0)} MB`).join(' + ')
    console.log(`\n${name}: desk and reader process hold ${memory} after ${PAIRS + 2} readings`)
    return [[name, ...numbers, speed ? '< 5 %, ≤ 150 ms' : '≤ 150 ms']]
  } finally {
    await service.close()
    await desk.stop()
    await card.lift()
    await wait(600)
  }
}

/** What a program does that uses the library itself; `dg1At` is the number of the command that completes EF.DG1. */
async function bareReading(service, { made, anchors }) {
  const begun = performance.now()
  const card = await service.waitForCard({ reader: READER })
  const link = counted(card)
  let dg1At = 0
  const observe = event => {
    if (event.kind === 'fileComplete' && event.file === 'EF.DG1') dg1At = link.counts.apdus
  }
  const request = { accessKeys: accessKeysFromQr(made.qr), random, extendedLength: true, observe }
  const result = await run(readDocument(request), withStatusHandling(link))
  const report = verifyDocument({
    ...result,
    anchors,
    policy: POLICIES.kyc,
    at: new Date(),
    printed: { qr: parseCardQr(made.qr) },
  })
  const ms = performance.now() - begun
  await card.disconnect()
  if (report.colour !== 'green') throw new Error(`the bare reading is ${report.colour}`)
  return { ms, dg1At }
}

async function deskReading(desk, { card, dg1At }) {
  await card.answered()
  const begun = clock()
  const body = { nonce: randomBytes(18).toString('base64url'), scan: card.made.qr, reader: READER }
  const { id, error } = await desk.ask('/v1/readings', body)
  if (error) throw new Error(error.code)
  const response = await fetch(new URL(`/v1/readings/${id}/events`, desk.url), { headers: desk.headers })
  let first
  let colour
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body) {
    const at = clock()
    text += decoder.decode(chunk, { stream: true })
    const events = text.split('\n\n')
    text = events.pop()
    for (const one of events.filter(event => event.startsWith('data: '))) {
      const { fields, verdict } = JSON.parse(one.slice(6))
      if (fields?.some(({ name, source }) => name === 'fullName' && source === 'chip')) first ??= at
      colour = verdict?.colour ?? colour
    }
  }
  const ms = clock() - begun
  if (colour !== 'green') throw new Error(`the desk's reading is ${colour}`)
  await desk.ask(`/v1/readings/${id}`, undefined, 'DELETE')
  return { ms, firstMs: first - (await card.answered())[dg1At - 1] }
}
