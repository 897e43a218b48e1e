import { randomBytes } from 'node:crypto'
import { createChip } from '@cccd/card-simulator'
import { defaultDeskConfig, type RunningDesk, startDesk } from '@cccd/daemon'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDrawer, type TrainingDrawer } from './drawer.ts'
import { makeSampleCard } from './sample.ts'
import { type SimulatedDesk, simulatedDesk } from './simulated-readers.ts'

const random = (length: number): Uint8Array => Uint8Array.from(randomBytes(length))
const now = (): Date => new Date()

/** What a clerk is to learn of each card: the colour of both policies and the reason that stands first. */
const LESSONS = [
  { id: 'genuine', hospital: 'green', kyc: 'green', reason: undefined },
  { id: 'expired', hospital: 'red', kyc: 'red', reason: 'CARD_EXPIRED' },
  { id: 'forged-hash', hospital: 'red', kyc: 'red', reason: 'HASH_DIFFERS' },
  { id: 'foreign-signer', hospital: 'red', kyc: 'red', reason: 'ISSUER_NAME_IMITATED' },
  { id: 'copied-chip', hospital: 'red', kyc: 'red', reason: 'AA_SIGNATURE_WRONG' },
] as const

describe('the drawer of training cards', () => {
  let simulated: SimulatedDesk
  let drawer: TrainingDrawer
  let desk: RunningDesk
  let token = ''

  beforeAll(async () => {
    simulated = simulatedDesk(null)
    drawer = openDrawer({ desk: simulated, now, random })
    await drawer.ready
    const base = defaultDeskConfig()
    desk = await startDesk({
      config: { ...base, listen: { ...base.listen, port: 0 } },
      version: '0',
      ...{ now, random, drawer, log: () => undefined, loadAnchors: async () => drawer.anchors() },
      openReaders: () => simulated.openReaders(),
    })
    token = (await ask('/v1/pairing', { code: desk.pairingCode(), label: 'test' })).token
  })
  afterAll(() => desk?.close())

  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came.
  async function ask(path: string, body?: object): Promise<any> {
    const response = await fetch(new URL(path, desk.url), {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: {
        origin: new URL(desk.url).origin,
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
    })
    return await response.json()
  }

  /** Lays the card down, reads it with its own QR, and takes it away. */
  async function reading(id: string, policy: string) {
    const { cards } = await ask('/v1/simulated-cards')
    const { scanText } = cards.find((card: { id: string }) => card.id === id)
    await ask(`/v1/simulated-cards/${id}/insert`, {})
    const nonce = randomBytes(18).toString('base64url')
    const started = await ask('/v1/readings', { nonce, scan: scanText, policy, waitSeconds: 5 })
    for (let i = 0; i < 500; i++) {
      const found = await ask(`/v1/readings/${started.id}`)
      if (['done', 'failed'].includes(found.state)) return found
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    return expect.fail('it never ended')
  }

  test('holds the five cards, each with its name and what it will show in both languages', async () => {
    const { cards } = await ask('/v1/simulated-cards')
    expect(cards.map(({ id }: { id: string }) => id)).toEqual(LESSONS.map(({ id }) => id))
    for (const { vi, en, lie } of cards) {
      expect(vi).toMatch(/\p{Script=Latin}{3}/u)
      expect(en).not.toBe(vi)
      expect(lie).toMatch(/\(xanh\).*Green|\(đỏ\).*Red/)
    }
  })

  test.each(LESSONS)('the card $id shows its own verdict: $hospital, $reason', async lesson => {
    for (const policy of ['hospital', 'kyc'] as const) {
      const { state, verdict, error } = await reading(lesson.id, policy)
      expect([state, error]).toEqual(['done', undefined])
      expect([policy, verdict.colour]).toEqual([policy, lesson[policy]])
      const reasons = verdict.because.map(({ reason }: { reason: string }) => reason)
      if (lesson.reason === undefined) expect(reasons).toEqual([])
      else expect(reasons).toContain(lesson.reason)
      // No card shows what another one is there to show.
      const others = LESSONS.filter(({ id }) => id !== lesson.id).map(({ reason }) => reason)
      expect(reasons.filter((reason: string) => others.includes(reason as never))).toEqual([])
    }
  })

  test('a card is taken from under a reading', async () => {
    const slow = simulatedDesk({ kbitPerSecond: 106 })
    const service = await slow.openReaders()
    const sample = await makeSampleCard({ now: now(), random })
    slow.lay(createChip(sample.document, { access: ['PACE', 'BAC'], random }))
    const card = await service.waitForCard()
    const answer = card.transmit({ cla: 0, ins: 0xa4, p1: 4, p2: 12, data: Uint8Array.of(1) })
    slow.lift()
    await expect(answer).rejects.toMatchObject({ code: 'CARD_REMOVED' })
    expect(await service.readers()).toEqual([{ reader: 'Đầu đọc mô phỏng', card: 'absent', inUse: false }])
    await service.close()
  })

  test('an answer takes as long as it would over the link', async () => {
    const slow = simulatedDesk({ kbitPerSecond: 106, msPerApdu: 60 })
    const service = await slow.openReaders()
    const sample = await makeSampleCard({ now: now(), random })
    slow.lay(createChip(sample.document, { access: ['PACE', 'BAC'], random }))
    const card = await service.waitForCard()
    const begun = performance.now()
    await card.transmit({ cla: 0, ins: 0x84, p1: 0, p2: 0, ne: 8 })
    expect(performance.now() - begun).toBeGreaterThan(55)
    await service.close()
  })

  test('a card that the drawer does not hold is CARD_UNKNOWN', async () => {
    await expect(drawer.insert('nobody')).rejects.toMatchObject({ code: 'CARD_UNKNOWN' })
    expect((await ask('/v1/simulated-cards/nobody/insert', {})).error.code).toBe('CARD_UNKNOWN')
  })
})
