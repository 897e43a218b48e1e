// A stand-in for the desk program, for tests of the page: it serves the built page with the desk's own headers and plays
// the API at a pace that a test sets. It is no desk: nothing is checked that a real one checks, and each "card" is a
// finished report with a script. The real desk's tests are the ones with the real parts.
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FileName } from '@cccd/card-core'
import { damage, honestReading, portraits, TEST_TIME, type TestDocument, testDocument } from '@cccd/fixtures'
import { CardToolkitError, parseCardQr, parseMrz } from '@cccd/mrz'
import { POLICIES, sentenceOf, trustAnchors, type VerificationReport, verifyDocument } from '@cccd/verifier'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ReaderInfo } from '../api/readers.ts'
import type { Reading, ReadingError, ReadingEvent, StartReading, VerdictSummary } from '../api/readings.ts'
import type { InsuranceAnswer } from '../connectors/insurance-answer.ts'
import { readPageFiles } from '../http/page-files.ts'
import { SECURITY_HEADERS } from '../http/security-headers.ts'
import type { Field } from '../person.ts'
import { fieldDifferences, personFields } from '../readings/person-fields.ts'

/** A card as the stand-in plays it. */
export interface PlayedCard {
  readonly vi: string
  readonly en: string
  readonly lie: string
  readonly made: TestDocument
  readonly report: VerificationReport
  readonly portrait: boolean
}

export interface StandInDesk {
  readonly url: string
  /** Milliseconds between two steps of a reading. */
  pace: number
  /** Set: the next start is refused with this status and error. */
  refuse: { readonly status: number; readonly code: string; readonly vi: string; readonly en: string } | null
  /** Set: the next reading ends in this error after the chip is opened. */
  breakWith: ReadingError | null
  /** Set: readings stand still after this file until it is null again. */
  holdAfter: FileName | null
  insurance: InsuranceAnswer | null
  /** Ids of readings that were deleted. */
  readonly forgotten: readonly string[]
  /** What the page asked for, as `METHOD path`. */
  readonly asked: readonly string[]
  readonly cards: ReadonlyMap<string, PlayedCard>
  show(reader: ReaderInfo): void
  /** This card lies on the reader. */
  lay(id: string): void
  service(condition: 'ready' | 'lost'): void
  /** The token holds no longer. */
  revoke(): void
  /** Drops every connection and takes none until `comeBack`. */
  goAway(): Promise<void>
  comeBack(): Promise<void>
  close(): Promise<void>
}

export const STAND_IN_CODE = 'ABCD-2345'

const FILES: readonly FileName[] = ['EF.SOD', 'EF.DG14', 'EF.COM', 'EF.DG1', 'EF.DG13', 'EF.DG15', 'EF.DG2']
const READER = 'Virtual PCD 00 00'

async function play(
  words: Pick<PlayedCard, 'vi' | 'en' | 'lie'>,
  made: TestDocument,
  options: { readonly anchors?: boolean; readonly at?: Date } = {},
): Promise<PlayedCard> {
  const good = await testDocument()
  const report = verifyDocument({
    ...honestReading(made),
    printed: { qr: parseCardQr(made.qr), mrz: parseMrz(made.mrzLines) },
    anchors: trustAnchors(options.anchors === false ? {} : { certificates: [good.csca], crls: [good.crl] }).anchors,
    policy: POLICIES.hospital,
    at: options.at ?? TEST_TIME,
  })
  return { ...words, made, report, portrait: made.document.files['EF.DG2'] !== undefined }
}

let made: Promise<ReadonlyMap<string, PlayedCard>> | undefined

/** The cards of the drawer, by id; made once. */
function playedCards(): Promise<ReadonlyMap<string, PlayedCard>> {
  made ??= makeCards()
  return made
}

async function makeCards(): Promise<ReadonlyMap<string, PlayedCard>> {
  const genuine = await testDocument()
  return new Map([
    ['genuine', await play({ vi: 'Thẻ thật, còn hạn', en: 'Genuine, valid', lie: 'Đạt / Passed' }, genuine)],
    [
      'expired',
      await play(
        { vi: 'Thẻ thật, đã hết hạn', en: 'Genuine, expired', lie: 'Không đạt: đã hết hạn / Failed: expired' },
        await damage('expired-card').make(),
      ),
    ],
    [
      'forged-hash',
      await play(
        { vi: 'Dữ liệu bị sửa', en: 'Changed data', lie: 'Không đạt: dữ liệu bị sửa / Failed: data changed' },
        await damage('dg13-other-name').make(),
      ),
    ],
    [
      'foreign-signer',
      await play(
        { vi: 'Người ký lạ', en: 'Foreign signer', lie: 'Không đạt: mạo danh cơ quan cấp / Failed: imitated issuer' },
        await damage('foreign-csca-same-name').make(),
      ),
    ],
    [
      'copied-chip',
      await play(
        { vi: 'Bản sao của chip', en: 'Copied chip', lie: 'Không đạt: bản sao / Failed: a copy' },
        await damage('aa-copy').make(),
      ),
    ],
    [
      'no-anchors',
      await play(
        { vi: 'Chưa có chứng thư gốc', en: 'No trust anchors', lie: 'Chưa xác định / Undetermined' },
        genuine,
        { anchors: false },
      ),
    ],
  ])
}

function summary({ overall, colour, policy, because }: VerificationReport): VerdictSummary {
  return { overall, colour, policy, because: because.map(one => ({ ...one, ...sentenceOf(one.reason) })) }
}

/** Starts the stand-in on a free port of 127.0.0.1. `simulate`: it has a drawer. Close it in the end. */
export async function startStandInDesk(given: {
  readonly page: string
  readonly simulate?: boolean
}): Promise<StandInDesk> {
  const page = await readPageFiles(given.page)
  const cards = await playedCards()
  const sockets = new Set<WebSocket>()
  const readings = new Map<string, { reading: Reading; card: PlayedCard }>()
  const forgotten: string[] = []
  const asked: string[] = []
  let token = 'stand-in-token'
  let onReader = 'genuine'
  let reader: ReaderInfo = { name: READER, state: 'card', ...(given.simulate && { simulated: true }) }

  const tell = (event: unknown): void => {
    for (const socket of sockets) socket.send(JSON.stringify(event))
  }
  const change = (
    id: string,
    part: Partial<Reading>,
    event: Partial<ReadingEvent> = part as Partial<ReadingEvent>,
  ): void => {
    const kept = readings.get(id)
    if (!kept) return
    kept.reading = { ...kept.reading, ...part }
    tell({ type: 'reading', id, state: kept.reading.state, ...event })
  }
  const pause = async (): Promise<void> => {
    await new Promise(resolve => setTimeout(resolve, desk.pace))
  }

  async function run(
    id: string,
    card: PlayedCard,
    fields: readonly Field[],
    differences: Reading['differences'],
  ): Promise<void> {
    change(id, { state: 'opening', reader: READER })
    await pause()
    if (desk.breakWith) {
      change(id, { state: 'failed', error: desk.breakWith })
      desk.breakWith = null
      return
    }
    for (const file of FILES) {
      const of = card.made.document.files[file]?.length ?? 0
      if (of === 0) continue
      for (let bytes = 0; bytes < of; bytes = Math.min(of, bytes + 4096)) {
        change(id, { state: 'reading', progress: { file, bytes: bytes === 0 ? Math.min(of, 231) : bytes, of } })
        await pause()
        if (!readings.has(id)) return
      }
      if (file === 'EF.DG13') change(id, { fields, ...(differences && { differences }) })
      while (desk.holdAfter === file) await new Promise(resolve => setTimeout(resolve, 20))
    }
    change(id, { portrait: card.portrait ? { format: 'image/jpeg', width: 360, height: 480 } : null })
    change(id, { state: 'judging' })
    await pause()
    const verdict = summary(card.report)
    change(id, { state: 'done', verdict: { ...verdict, report: card.report } }, { verdict })
  }

  function start({ scan, number, can }: StartReading): Reading {
    const fits = ({ made }: PlayedCard): boolean => made.qr === scan || made.holder.personalNumber === number
    const laid = cards.get(onReader) as PlayedCard
    const card = fits(laid) ? laid : ([...cards.values()].find(fits) ?? laid)
    const printed = scan === undefined ? {} : { qr: parseCardQr(scan) }
    const id = randomBytes(16).toString('base64url')
    const reading: Reading = { id, state: 'waiting', policy: 'hospital', fields: personFields({}, printed) }
    readings.set(id, { reading, card })
    if (reader.state === 'empty' || can === '000000') return reading
    const { files } = card.made.document
    setTimeout(() => void run(id, card, personFields(files, printed), fieldDifferences(files, printed)), desk.pace)
    return reading
  }

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? '/').split('?', 1)[0] as string
    const method = request.method ?? 'GET'
    asked.push(`${method} ${path}`)
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value)
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    const refuse = (status: number, code: string, vi: string, en: string): void =>
      send(status, { error: { code, message: code, vi, en, facts: {} } })
    const file = method === 'GET' ? page.get(path) : undefined
    if (file) {
      response.writeHead(200, { 'content-type': file.type })
      response.end(file.bytes)
      return
    }
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const body = Buffer.concat(chunks)
    const json = (): Record<string, unknown> => JSON.parse(body.toString('utf8')) as Record<string, unknown>
    if (path === '/v1/pairing') {
      if (json().code !== STAND_IN_CODE) {
        return refuse(
          403,
          'PAIRING_CODE_WRONG',
          'Mã ghép không đúng hoặc đã hết hạn.',
          'The pairing code is wrong or has expired.',
        )
      }
      return send(200, { token, tokenId: 't', scopes: [], role: 'clerk', expiresAt: '2027-01-01T00:00:00.000Z' })
    }
    if (request.headers.authorization !== `Bearer ${token}`) {
      return refuse(
        401,
        'TOKEN_REFUSED',
        'Phiên của trang đã hết hạn. Ghép lại với máy.',
        'The session of this page is over. Pair it again.',
      )
    }
    const [, id, part] = /^\/v1\/(?:readings|simulated-cards)\/([^/]+)(?:\/([a-z]+))?$/.exec(path) ?? []
    if (path === '/v1/session') return method === 'DELETE' ? send(204, null) : send(200, { role: 'clerk' })
    if (path === '/v1/connectors') {
      const insurance = { configured: desk.insurance !== null }
      return send(200, { insurance, fhir: { server: false }, webhook: { configured: false }, text: [] })
    }
    if (path === '/v1/simulated-cards') {
      if (!given.simulate) return refuse(404, 'NOT_FOUND', 'Không có.', 'There is nothing here.')
      const list = [...cards].map(([key, { vi, en, lie, made }]) => ({ id: key, vi, en, lie, scanText: made.qr }))
      return send(200, { cards: list })
    }
    if (path === '/v1/scans/picture')
      return send(200, { texts: body.length < 100 ? [] : [{ kind: 'card-qr', text: cards.get('genuine')?.made.qr }] })
    if (path === '/v1/readings') {
      if (desk.refuse) {
        const { status, code, vi, en } = desk.refuse
        desk.refuse = null
        return refuse(status, code, vi, en)
      }
      const { id: started, state } = start(json() as unknown as StartReading)
      return send(202, { id: started, state })
    }
    if (path.startsWith('/v1/simulated-cards/') && id !== undefined) {
      if (part === 'insert') onReader = id
      return send(200, {})
    }
    const kept = id === undefined ? undefined : readings.get(id)
    if (!kept || id === undefined)
      return refuse(404, 'READING_UNKNOWN', 'Không có lần đọc này.', 'There is no such reading.')
    if (method === 'DELETE') {
      readings.delete(id)
      tell({ type: 'reading', id, state: 'cancelled', forgotten: true })
      forgotten.push(id)
      response.writeHead(204).end()
      return
    }
    if (part === 'portrait') {
      response.writeHead(200, { 'content-type': 'image/jpeg' })
      response.end(portraits.a)
      return
    }
    if (part === 'insurance') {
      return desk.insurance
        ? send(200, desk.insurance)
        : refuse(501, 'NOT_CONFIGURED', 'Chưa cài đặt cổng BHYT.', 'No insurance gateway is set up.')
    }
    if (part === 'fhir') return send(200, { resourceType: 'Bundle' })
    return send(200, kept.reading)
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(error => {
      if (!(error instanceof CardToolkitError)) throw error
      response.writeHead(422).end()
    })
  })
  const events = new WebSocketServer({ server, path: '/v1/events' })
  events.on('connection', socket => {
    socket.once('message', data => {
      if ((JSON.parse(String(data)) as { token?: unknown }).token !== token) {
        socket.close(1008)
        return
      }
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      socket.send(JSON.stringify({ type: 'service', service: 'ready' }))
      socket.send(JSON.stringify({ type: 'reader', ...reader }))
    })
  })
  const listen = (port: number): Promise<void> => new Promise(resolve => server.listen(port, '127.0.0.1', resolve))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const goAway = async (): Promise<void> => {
    for (const socket of events.clients) socket.terminate()
    const closed = new Promise(resolve => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
  const desk: StandInDesk = {
    url: `http://127.0.0.1:${port}/`,
    pace: 5,
    refuse: null,
    breakWith: null,
    holdAfter: null,
    insurance: null,
    forgotten,
    asked,
    cards,
    lay(id) {
      onReader = id
    },
    show(next) {
      reader = next
      tell({ type: 'reader', ...next })
    },
    service: service => tell({ type: 'service', service }),
    revoke() {
      token = 'another-token'
      for (const socket of sockets) socket.close(1008)
    },
    goAway,
    comeBack: () => listen(port),
    async close() {
      events.close()
      await goAway()
    },
  }
  return desk
}
