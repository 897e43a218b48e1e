import { equal, KeepingError } from '@cccd/card-core'
import { createChip } from '@cccd/card-simulator'
import { damage, holders, testDocument, withFile } from '@cccd/fixtures'
import { compactVerify, importJWK, type JWK } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import type { EndedReading } from './reading.ts'
import { fieldsDigest, SIGNED_RESULT_TYPE } from './signed-result.ts'
import {
  caller,
  eventsOf,
  laid,
  newNonce,
  type ReadingRig,
  random,
  readingRig,
  startRequest,
  wait,
} from './testing/reading-rig.ts'

const rigs: ReadingRig[] = []
async function rigWith(options: Parameters<typeof readingRig>[0] = {}): Promise<ReadingRig> {
  const rig = await readingRig(options)
  rigs.push(rig)
  return rig
}
afterEach(async () => {
  await Promise.all(rigs.splice(0).map(rig => rig.close()))
})

const who = caller()
const [first] = [0] as const
/** A card that is lifted while EF.DG2 is read. */
const layToBeLifted = (rig: ReadingRig): void =>
  rig.readers[0]?.lay(laid(rig.chip({ extendedLength: false }), { faults: [{ kind: 'removed', at: 60 }] }))
const lay = (rig: ReadingRig, given: Parameters<typeof laid>[1] = {}, reader: number = first): void =>
  rig.readers[reader]?.lay(laid(rig.chip(), given))

/** Waits until `condition` holds; fails after two seconds. */
async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await wait(5)
  expect(condition()).toBe(true)
}

async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => expect.fail('it succeeded'),
    error => (error as { code: string }).code,
  )
}

describe('a reading', () => {
  test('goes from the card to fields, portrait and a green verdict, each told as soon as it is known', async () => {
    const rig = await rigWith({ policy: 'kyc' })
    const { id, state } = await rig.desk.start(who, startRequest(rig.made))
    expect(state).toBe('waiting')
    const following = eventsOf(rig.desk, who, id)
    await wait(20)
    lay(rig, { delayMs: 1 })
    const events = await following
    const states = [...new Set(events.map(event => event.state))]
    expect(states).toEqual(['waiting', 'opening', 'reading', 'judging', 'done'])
    const at = (found: (event: (typeof events)[number]) => unknown): number => events.findIndex(found)
    const name = (event: (typeof events)[number]): string | undefined =>
      event.fields?.find(field => field.name === 'fullName' && field.source === 'chip')?.value
    // The name in plain capitals with DG1, then as DG13 spells it, then the portrait, then the verdict.
    const order = [
      at(event => name(event) === 'NGUYEN THI THU NGHIEM'),
      at(event => name(event) === 'Nguyễn Thị Thử Nghiệm'),
      at(event => event.portrait),
      at(event => event.verdict),
    ]
    expect(order.every((index, n) => index > (order[n - 1] ?? -1))).toBe(true)
    expect(events.at(-1)).toMatchObject({ state: 'done', reader: 'Đầu đọc thử 0' })
    const files = events.flatMap(({ progress }) => (progress ? [progress.file] : []))
    expect(files).toContain('EF.DG1')
    expect(files).toContain('EF.DG2')
    for (const { progress } of events) if (progress) expect(progress.bytes).toBeLessThanOrEqual(progress.of)
    const reading = rig.desk.get(who, id)
    expect(reading.verdict).toMatchObject({ overall: 'successful', colour: 'green', policy: 'kyc', because: [] })
    expect(reading.portrait).toMatchObject({ format: 'image/jpeg', width: 360, height: 480 })
    expect(reading.progress).toBeUndefined()
  })

  test('adds no APDU to a bare reading', async () => {
    const rig = await rigWith()
    const { run, withStatusHandling, counted } = await import('@cccd/card-core')
    const { readDocument } = await import('@cccd/card-reader')
    const { accessKeysFromQr } = await import('@cccd/mrz')
    const bare = counted(laid(rig.chip()))
    const request = { accessKeys: accessKeysFromQr(rig.made.qr), random, extendedLength: true }
    await run(readDocument(request), withStatusHandling(bare))
    const ended: EndedReading[] = []
    const desk = await rigWith({ made: rig.made, finished: one => void ended.push(one) })
    lay(desk)
    const { id } = await desk.desk.start(who, startRequest(desk.made))
    await eventsOf(desk.desk, who, id)
    await until(() => ended.length === 1)
    expect(ended[0]?.link).toEqual(bare.counts)
  })

  test('is signed over report, fields and what it was asked for', async () => {
    const rig = await rigWith()
    lay(rig)
    const request = startRequest(rig.made)
    const { id } = await rig.desk.start(who, request)
    await eventsOf(rig.desk, who, id)
    const { signed, fields, verdict, reader } = rig.desk.get(who, id)
    const key = await importJWK(rig.desk.key.publicJwk as unknown as JWK, 'ES256')
    const { payload, protectedHeader } = await compactVerify(signed as string, key)
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: rig.desk.key.kid, typ: SIGNED_RESULT_TYPE })
    const result = JSON.parse(new TextDecoder().decode(payload))
    expect(result.binding).toEqual({
      origin: who.origin,
      nonce: request.nonce,
      time: rig.made.at.toISOString(),
      kid: rig.desk.key.kid,
      policy: 'hospital',
      requestId: id,
      reader,
    })
    expect(result.fields).toEqual(fields)
    expect(result.fieldsDigest).toBe(fieldsDigest(fields ?? []))
    expect(result.report).toEqual(JSON.parse(JSON.stringify(verdict?.report)))
    // One letter of the payload changed: nobody's signature.
    const [header, body = '', signature] = (signed as string).split('.')
    const altered = `${header}.${body.slice(0, -2)}${body.endsWith('A') ? 'B' : 'A'}${body.slice(-1)}.${signature}`
    await expect(compactVerify(altered, key)).rejects.toThrow()
  })

  test("hands on files, evidence with the relying party's challenge, and what was printed", async () => {
    const rig = await rigWith()
    lay(rig)
    const { id } = await rig.desk.start(who, startRequest(rig.made, { challenge: '0123456789ABCDEF' }))
    expect(() => rig.desk.result(who, id)).toThrow(expect.objectContaining({ code: 'READING_NOT_DONE' }))
    await eventsOf(rig.desk, who, id)
    const result = rig.desk.result(who, id)
    expect(Object.keys(result.files).toSorted()).toEqual(Object.keys(rig.made.document.files).toSorted())
    expect(result.evidence.activeAuthentication).toMatchObject({ source: 'relying-party' })
    expect(result.evidence.activeAuthentication?.challenge).toEqual(
      Uint8Array.of(0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef),
    )
    expect(result.printed).toEqual({ qr: rig.made.qr })
    expect(result.person.verdict).toMatchObject({ policy: 'hospital' })
    expect(result.person.portrait?.bytes.length).toBeGreaterThan(1000)
  })

  test('opens with an MRZ, with the CAN and with the typed number, and says where printed values come from', async () => {
    const rig = await rigWith()
    const { personalNumber } = rig.made.holder
    const keys = [
      { mrz: rig.made.mrzLines.join('\n') },
      { can: personalNumber.slice(-6) },
      { number: personalNumber },
      { scan: personalNumber },
      { scan: rig.made.mrzLines.join('\r\n') },
    ]
    for (const given of keys) {
      lay(rig)
      const { id } = await rig.desk.start(who, { nonce: newNonce(), waitSeconds: 5, ...given })
      await eventsOf(rig.desk, who, id)
      expect(rig.desk.get(who, id), JSON.stringify(Object.keys(given))).toMatchObject({ state: 'done' })
      await rig.desk.cancel(who, id)
    }
  })

  test('of a card with JPEG 2000 gives a picture that browsers show', async () => {
    const rig = await rigWith({ made: await testDocument({ holder: holders.fiftyEight }) })
    lay(rig)
    const { id } = await rig.desk.start(who, startRequest(rig.made))
    await eventsOf(rig.desk, who, id)
    const { format, bytes } = rig.desk.portrait(who, id)
    expect(format).toBe('image/png')
    expect([...bytes.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47])
  })

  test('of a child without a portrait has none, and is no worse for it', async () => {
    const rig = await rigWith({ made: await testDocument({ holder: holders.toddler }) })
    lay(rig)
    const { id } = await rig.desk.start(who, startRequest(rig.made))
    await eventsOf(rig.desk, who, id)
    expect(rig.desk.get(who, id)).toMatchObject({ state: 'done', portrait: null, verdict: { colour: 'green' } })
    expect(() => rig.desk.portrait(who, id)).toThrow(expect.objectContaining({ code: 'PORTRAIT_MISSING' }))
  })

  test.each(['flipped-dg13', 'aa-copy', 'ca-copy', 'expired-card', 'qr-other-name', 'other-state'])(
    'of a bad card (%s) is done, with the verdict that this card deserves',
    async name => {
      const { make, expected } = damage(name)
      const made = await make()
      const rig = await rigWith({ made })
      lay(rig)
      const { id } = await rig.desk.start(who, startRequest(made))
      await eventsOf(rig.desk, who, id)
      const { verdict, state } = rig.desk.get(who, id)
      expect(state).toBe('done')
      expect(verdict?.colour).toBe(expected.hospital)
      expect(verdict?.because).toContainEqual(
        expect.objectContaining({
          id: expected.check,
          reason: expected.reason,
          vi: expect.stringMatching(/\p{L}{3}/u),
        }),
      )
    },
  )

  test('whose QR says another name than the chip tells the field that differs', async () => {
    const rig = await rigWith()
    lay(rig)
    const scan = rig.made.qr.replace('Nguyễn Thị', 'Nguyên Thi')
    const { id } = await rig.desk.start(who, startRequest(rig.made, { scan }))
    await eventsOf(rig.desk, who, id)
    expect(rig.desk.get(who, id).differences).toEqual([{ name: 'fullName', source: 'qr', kind: 'diacritics' }])
  })
})

describe('a reading that does not go well', () => {
  test('a card lifted in the middle is failed with CARD_REMOVED, and what was read of it is gone', async () => {
    const rig = await rigWith()
    layToBeLifted(rig)
    const { id } = await rig.desk.start(who, startRequest(rig.made))
    const events = await eventsOf(rig.desk, who, id)
    expect(events.at(-1)).toMatchObject({
      state: 'failed',
      error: { code: 'CARD_REMOVED', hintVi: expect.any(String) },
    })
    const reading = rig.desk.get(who, id)
    expect(reading.fields).toBeUndefined()
    expect(reading.verdict).toBeUndefined()
  })

  test('a card lifted and put back goes on where it stood, if that was asked for', async () => {
    const rig = await rigWith()
    layToBeLifted(rig)
    const { id } = await rig.desk.start(who, startRequest(rig.made, { resumeSeconds: 5 }))
    let lifted = 0
    const files: string[] = []
    for await (const event of rig.desk.events(who, id)) {
      if (event.progress) files.push(`${lifted}:${event.progress.file}`)
      if (event.state !== 'waiting' || event.error?.code !== 'CARD_REMOVED') continue
      lifted++
      rig.readers[0]?.lift()
      await wait(30)
      lay(rig)
    }
    expect(lifted).toBe(1)
    // What was read whole before is not read again; EF.SOD is, since it tells that it is the same chip.
    expect(files).toContain('0:EF.DG1')
    expect(files).toContain('1:EF.SOD')
    expect(files).not.toContain('1:EF.DG1')
    expect(rig.desk.get(who, id)).toMatchObject({ state: 'done', verdict: { colour: 'green' } })
    expect(rig.desk.get(who, id).error).toBeUndefined()
    const read = rig.desk.result(who, id).files
    for (const [name, bytes] of Object.entries(rig.made.document.files)) {
      expect([name, equal(bytes, read[name as keyof typeof read] as Uint8Array)]).toEqual([name, true])
    }
  })

  test('another card put back in its place is CHIP_CHANGED', async () => {
    const rig = await rigWith()
    const other = await testDocument({ holder: holders.woman, aa: 'none' })
    layToBeLifted(rig)
    const { id } = await rig.desk.start(who, startRequest(rig.made, { resumeSeconds: 5 }))
    for await (const event of rig.desk.events(who, id)) {
      if (event.state !== 'waiting' || event.error?.code !== 'CARD_REMOVED') continue
      const chip = createChip(other.document, { access: other.access, random, extendedLength: 32_768 })
      rig.readers[0]?.lay(laid(chip))
    }
    expect(rig.desk.get(who, id)).toMatchObject({ state: 'failed', error: { code: 'CHIP_CHANGED' } })
  })

  test('no card in time is NO_CARD', async () => {
    const rig = await rigWith()
    const { id } = await rig.desk.start(who, startRequest(rig.made, { waitSeconds: 0 }))
    await eventsOf(rig.desk, who, id)
    expect(rig.desk.get(who, id)).toMatchObject({ state: 'failed', error: { code: 'NO_CARD' } })
  })

  test('a card that is mute is told and waited for; one that stays so is CARD_MUTE', async () => {
    let isMute = true
    const rig = await rigWith({
      between: service => ({
        ...service,
        readers: async () =>
          (await service.readers()).map(state =>
            isMute && state.card === 'present' ? { ...state, card: 'mute' } : state,
          ),
      }),
    })
    lay(rig)
    const { id } = await rig.desk.start(who, startRequest(rig.made))
    for await (const event of rig.desk.events(who, id)) {
      if (event.error?.code !== 'CARD_MUTE') continue
      expect(event.state).toBe('waiting')
      isMute = false
      rig.watch.look()
    }
    expect(rig.desk.get(who, id)).toMatchObject({ state: 'done' })
    isMute = true
    lay(rig)
    await until(() => rig.watch.reader('Đầu đọc thử 0')?.state === 'mute')
    const stays = await rig.desk.start(who, startRequest(rig.made, { waitSeconds: 0 }))
    await eventsOf(rig.desk, who, stays.id)
    expect(rig.desk.get(who, stays.id)).toMatchObject({ state: 'failed', error: { code: 'CARD_MUTE' } })
  })

  test('a card that another program holds is READER_BUSY', async () => {
    const rig = await rigWith()
    lay(rig)
    const other = await rig.watch.service().waitForCard()
    const { id } = await rig.desk.start(who, startRequest(rig.made))
    await eventsOf(rig.desk, who, id)
    expect(rig.desk.get(who, id)).toMatchObject({ state: 'failed', error: { code: 'READER_BUSY' } })
    await other.disconnect()
  })

  test('a wrong key tells how often the card may still be tried', async () => {
    const made = await testDocument()
    const rig = await rigWith({ made })
    const chip = createChip(made.document, { access: ['PACE'], random, tries: { pace: 5 } })
    rig.readers[0]?.lay(laid(chip))
    const { id } = await rig.desk.start(who, { nonce: newNonce(), can: '000000', waitSeconds: 5 })
    await eventsOf(rig.desk, who, id)
    expect(rig.desk.get(who, id).error).toMatchObject({ code: 'ACCESS_KEY_WRONG', triesLeft: 4 })
  })

  test('a portrait that cannot be decoded leaves the reading whole', async () => {
    const good = await testDocument()
    // A face record of two bytes.
    const files = withFile(good.document.files, 'EF.DG2', Uint8Array.of(0x75, 0x02, 0x01, 0x00))
    const made = { ...good, document: { ...good.document, files } }
    const rig = await rigWith({ made })
    lay(rig)
    const { id } = await rig.desk.start(who, startRequest(made))
    await eventsOf(rig.desk, who, id)
    expect(rig.desk.get(who, id)).toMatchObject({ state: 'done', portrait: null, verdict: { colour: 'red' } })
  })

  test('a fault of our own ends it as failed, with nothing of the card in its words', async () => {
    const rig = await rigWith({
      anchors: () => {
        throw new TypeError('Nguyễn Thị Thử Nghiệm')
      },
    })
    lay(rig)
    const { id } = await rig.desk.start(who, startRequest(rig.made))
    await eventsOf(rig.desk, who, id)
    const reading = rig.desk.get(who, id)
    expect(reading).toMatchObject({ state: 'failed', error: { code: 'INTERNAL' } })
    expect(JSON.stringify(reading)).not.toContain('Nguyễn')
  })
})

describe('what a request may ask', () => {
  test('a text that opens no card, an unknown policy, a used nonce are refused before anything happens', async () => {
    const rig = await rigWith()
    const start = (more: object): Promise<unknown> => rig.desk.start(who, startRequest(rig.made, more))
    expect(await refusal(start({ scan: 'https://example.vn/menu' }))).toBe('QR_NOT_A_CARD')
    expect(await refusal(start({ policy: 'nobody' }))).toBe('POLICY_UNKNOWN')
    expect(await refusal(start({ mrz: 'IDVNM<<<' }))).toBe('MRZ_MALFORMED')
    expect(await refusal(rig.desk.start(who, { nonce: newNonce() }))).toBe('KEY_MALFORMED')
    const nonce = newNonce()
    const { id } = await rig.desk.start(who, startRequest(rig.made, { nonce }))
    await rig.desk.cancel(who, id)
    expect(await refusal(start({ nonce }))).toBe('NONCE_USED')
  })

  test('a nonce whose reading never began may be used again', async () => {
    const rig = await rigWith()
    const nonce = newNonce()
    expect(await refusal(rig.desk.start(who, startRequest(rig.made, { nonce, scan: 'x' })))).toBe('QR_NOT_A_CARD')
    await expect(rig.desk.start(who, startRequest(rig.made, { nonce }))).resolves.toMatchObject({ state: 'waiting' })
  })

  test('a consent that is demanded and missing refuses it', async () => {
    const rig = await rigWith({
      admit: () => {
        throw new KeepingError('CONSENT_REQUIRED', 'no consent')
      },
    })
    expect(await refusal(rig.desk.start(who, startRequest(rig.made)))).toBe('CONSENT_REQUIRED')
  })
})

describe('those who keep accounts', () => {
  test('a reading whose beginning cannot be recorded does not begin, and leaves reader and nonce free', async () => {
    let isFull = true
    const began: string[] = []
    const rig = await rigWith({
      began: ({ id }) => {
        if (isFull) throw new KeepingError('AUDIT_UNAVAILABLE', 'the disk is full')
        began.push(id)
      },
    })
    const request = startRequest(rig.made)
    expect(await refusal(rig.desk.start(who, request))).toBe('AUDIT_UNAVAILABLE')
    expect(rig.desk.list(who)).toEqual([])
    isFull = false
    const { id } = await rig.desk.start(who, request)
    expect(began).toEqual([id])
  })

  test('an end that cannot be recorded is logged, and changes nothing for the caller', async () => {
    const lines: string[] = []
    const rig = await rigWith({
      log: (level, event) => lines.push(`${level} ${event}`),
      finished: () => {
        throw new KeepingError('AUDIT_UNAVAILABLE', 'the disk is full')
      },
    })
    lay(rig)
    const { id } = await rig.desk.start(who, startRequest(rig.made))
    await eventsOf(rig.desk, who, id)
    await until(() => lines.includes('error reading-account-failed'))
    expect(rig.desk.get(who, id).state).toBe('done')
  })
})

describe('two callers', () => {
  const other = caller('bbbbbbbbbbbbbbbb')

  test('one reading at a time on a reader: the second is READER_BUSY, and neither is disturbed', async () => {
    const rig = await rigWith()
    lay(rig, { delayMs: 2 })
    const { id } = await rig.desk.start(who, startRequest(rig.made))
    const following = eventsOf(rig.desk, who, id)
    expect(await refusal(rig.desk.start(other, startRequest(rig.made)))).toBe('READER_BUSY')
    expect(await refusal(rig.desk.start(other, startRequest(rig.made, { reader: 'Đầu đọc thử 0' })))).toBe(
      'READER_BUSY',
    )
    await following
    expect(rig.desk.get(who, id).state).toBe('done')
  })

  test('two readers serve two pages at once, each its own', async () => {
    const rig = await rigWith({ readers: 2 })
    const [one, two] = [
      await rig.desk.start(who, startRequest(rig.made)),
      await rig.desk.start(other, startRequest(rig.made, { reader: 'Đầu đọc thử 1' })),
    ]
    lay(rig, { delayMs: 1 }, 1)
    await eventsOf(rig.desk, other, two.id)
    expect(rig.desk.get(other, two.id)).toMatchObject({ state: 'done', reader: 'Đầu đọc thử 1' })
    // The card on the reader of the other is never taken by whoever waits for any reader.
    expect(rig.desk.get(who, one.id).state).toBe('waiting')
    lay(rig, {}, 0)
    await eventsOf(rig.desk, who, one.id)
    expect(rig.desk.get(who, one.id)).toMatchObject({ state: 'done', reader: 'Đầu đọc thử 0' })
  })

  test("one's reading is unknown to the other, by every door", async () => {
    const rig = await rigWith()
    lay(rig)
    const { id } = await rig.desk.start(who, startRequest(rig.made))
    await eventsOf(rig.desk, who, id)
    const unknown = expect.objectContaining({ code: 'READING_UNKNOWN' })
    expect(() => rig.desk.get(other, id)).toThrow(unknown)
    expect(() => rig.desk.portrait(other, id)).toThrow(unknown)
    expect(() => rig.desk.result(other, id)).toThrow(unknown)
    expect(() => rig.desk.events(other, id)).toThrow(unknown)
    await expect(rig.desk.cancel(other, id)).rejects.toThrow(unknown)
    expect(rig.desk.list(other)).toEqual([])
  })

  test('what the scopes leave out is in no answer and no event', async () => {
    const rig = await rigWith()
    const narrow = caller('cccccccccccccccc', ['readers', 'portrait'])
    lay(rig)
    const { id } = await rig.desk.start(narrow, startRequest(rig.made))
    const events = await eventsOf(rig.desk, narrow, id)
    const told = JSON.stringify([events, rig.desk.get(narrow, id)])
    expect(told).toContain('"portrait":{')
    for (const word of ['"fields"', '"signed"', '"verdict"', rig.made.holder.personalNumber, 'Nghi']) {
      expect(told).not.toContain(word)
    }
    const faceless = caller('dddddddddddddddd', ['readers', 'identity'])
    const again = await rig.desk.start(faceless, startRequest(rig.made))
    const seen = JSON.stringify([await eventsOf(rig.desk, faceless, again.id), rig.desk.get(faceless, again.id)])
    expect(seen).toContain('"fields"')
    expect(seen).not.toContain('"portrait":{"format"')
  })
})

describe('leaving and forgetting', () => {
  test('next patient: the reading stops, is forgotten, and the reader is free at once', async () => {
    const rig = await rigWith()
    lay(rig, { delayMs: 20 })
    const { id } = await rig.desk.start(who, startRequest(rig.made))
    await until(() => rig.desk.get(who, id).state === 'reading')
    await rig.desk.cancel(who, id)
    expect(() => rig.desk.get(who, id)).toThrow(expect.objectContaining({ code: 'READING_UNKNOWN' }))
    const next = await rig.desk.start(who, startRequest(rig.made))
    await eventsOf(rig.desk, who, next.id)
    expect(rig.desk.get(who, next.id).state).toBe('done')
  })

  test('the bytes of a forgotten card are overwritten', async () => {
    const rig = await rigWith()
    lay(rig)
    const { id } = await rig.desk.start(who, startRequest(rig.made))
    await eventsOf(rig.desk, who, id)
    const { bytes } = rig.desk.portrait(who, id)
    expect(bytes.some(byte => byte !== 0)).toBe(true)
    const kept = rig.desk.result(who, id)
    await rig.desk.cancel(who, id)
    expect(bytes.every(byte => byte === 0)).toBe(true)
    // What was handed on before is its receiver's own.
    expect(equal(kept.files['EF.DG1'] as Uint8Array, rig.made.document.files['EF.DG1'] as Uint8Array)).toBe(true)
  })

  test('a reading ends when its client leaves and is not back within the grace time', async () => {
    const rig = await rigWith({ limits: { graceSeconds: 0.1 } })
    const { id } = await rig.desk.start(who, startRequest(rig.made, { waitSeconds: 30 }))
    const gone = new AbortController()
    const stream = rig.desk.events(who, id, gone.signal)
    await stream.next()
    gone.abort()
    expect((await stream.next()).done).toBe(true)
    await wait(200)
    expect(rig.desk.get(who, id).state).toBe('cancelled')
    await expect(rig.desk.start(caller('bbbbbbbbbbbbbbbb'), startRequest(rig.made))).resolves.toBeDefined()
  })

  test('whoever comes back within the grace time goes on', async () => {
    const rig = await rigWith({ limits: { graceSeconds: 0.2 } })
    const { id } = await rig.desk.start(who, startRequest(rig.made, { waitSeconds: 30 }))
    const gone = new AbortController()
    await rig.desk
      .events(who, id, gone.signal)
      .next()
      .then(() => gone.abort())
    await wait(50)
    const back = eventsOf(rig.desk, who, id)
    await wait(400)
    lay(rig)
    await back
    expect(rig.desk.get(who, id).state).toBe('done')
  })

  test('whoever listens to all of its readings leaves with the last listener', async () => {
    const rig = await rigWith({ limits: { graceSeconds: 0.1 } })
    const gone = new AbortController()
    const events = rig.desk.allEvents(who, gone.signal)
    const told = events.next()
    const { id } = await rig.desk.start(who, startRequest(rig.made, { waitSeconds: 30 }))
    expect((await told).value).toMatchObject({ type: 'reading', id, state: 'waiting' })
    const next = events.next()
    gone.abort()
    expect((await next).done).toBe(true)
    await wait(200)
    expect(rig.desk.get(who, id).state).toBe('cancelled')
  })

  test('a program that opens no stream is not taken for gone', async () => {
    const rig = await rigWith({ limits: { graceSeconds: 0.05 } })
    const { id } = await rig.desk.start(who, startRequest(rig.made, { waitSeconds: 30 }))
    await wait(150)
    expect(rig.desk.get(who, id).state).toBe('waiting')
  })

  test('a finished reading is forgotten by itself, and its followers are told', async () => {
    const rig = await rigWith({ limits: { keepSeconds: 0.1 } })
    lay(rig)
    const gone = new AbortController()
    const seen: { state: string; forgotten?: true }[] = []
    const following = (async () => {
      for await (const event of rig.desk.allEvents(who, gone.signal)) {
        seen.push(event)
        if (event.forgotten) gone.abort()
      }
    })()
    const { id } = await rig.desk.start(who, startRequest(rig.made))
    await following
    expect(seen.at(-1)).toEqual({ type: 'reading', id, state: 'done', forgotten: true, reader: 'Đầu đọc thử 0' })
    expect(() => rig.desk.get(who, id)).toThrow(expect.objectContaining({ code: 'READING_UNKNOWN' }))
  })

  test('a revoked token ends its readings', async () => {
    const rig = await rigWith()
    const { id } = await rig.desk.start(who, startRequest(rig.made, { waitSeconds: 30 }))
    const following = eventsOf(rig.desk, who, id)
    await wait(20)
    rig.desk.revoked(who.tokenId)
    expect((await following).at(-1)).toMatchObject({ state: 'cancelled', forgotten: true })
  })

  test('beyond the limit the oldest finished reading makes room', async () => {
    const rig = await rigWith({ limits: { most: 2 } })
    const ids: string[] = []
    for (let i = 0; i < 3; i++) {
      lay(rig)
      const { id } = await rig.desk.start(who, startRequest(rig.made))
      await eventsOf(rig.desk, who, id)
      ids.push(id)
    }
    expect(rig.desk.list(who).map(({ id }) => id)).toEqual(ids.slice(1))
  })

  test('closing ends whatever runs, and refuses what comes', async () => {
    const rig = await rigWith()
    const { id } = await rig.desk.start(who, startRequest(rig.made, { waitSeconds: 30 }))
    const following = eventsOf(rig.desk, who, id)
    await wait(20)
    await rig.desk.close()
    expect((await following).at(-1)).toMatchObject({ state: 'cancelled' })
    expect(await refusal(rig.desk.start(who, startRequest(rig.made)))).toBe('CLOSING')
  })

  test('how it ended is accounted for once, with nothing that the card said but for digests', async () => {
    const ended: EndedReading[] = []
    const rig = await rigWith({ finished: one => void ended.push(one) })
    lay(rig)
    const one = await rig.desk.start(who, startRequest(rig.made))
    await eventsOf(rig.desk, who, one.id)
    await until(() => ended.length === 1)
    expect(ended[0]).toMatchObject({ id: one.id, state: 'done', verdict: { colour: 'green', because: [] } })
    expect(ended[0]?.subject?.personalNumber).toBe(rig.made.holder.personalNumber)
    rig.readers[0]?.lift()
    const two = await rig.desk.start(who, startRequest(rig.made))
    await rig.desk.cancel(who, two.id)
    await until(() => ended.length === 2)
    expect(ended[1]).toMatchObject({ id: two.id, state: 'cancelled' })
    expect(ended[1]?.subject).toBeUndefined()
  })
})
