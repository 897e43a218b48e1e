import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FormatError, JobError } from '@cccd/mrz'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Holder } from '../../intake/holder.ts'
import { buildLds } from '../../prepare/build-lds.ts'
import { formatJob, type PreparedJob } from '../../prepare/job.ts'
import { holderBacKey, mrzLines } from '../../prepare/mrz-lines.ts'
import { cardQrText } from '../../prepare/qr-text.ts'
import { type ArtEntry, artEntries, countEntries } from './art-source.ts'
import { openCardArt } from './card-art.ts'
import { renderBatch } from './render-batch.ts'
import { inventedPeople } from './testing/people.ts'

let folder: string
let people: Readonly<Record<string, Holder>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cccd-source-'))
  people = await inventedPeople()
  await writeFile(join(folder, 'face.jpg'), people.plain?.portrait ?? new Uint8Array())
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const wishes = { dpi: 300, outputs: [] } as const
async function entries(
  name: string,
  text: string,
  more: { readonly card?: '2021' | '2024' } = {},
): Promise<ArtEntry[]> {
  const input = join(folder, name)
  await writeFile(input, text)
  const found: ArtEntry[] = []
  const source = { kind: 'file', input, ...more } as const
  for await (const entry of artEntries(source, wishes)) found.push(entry)
  expect(await countEntries(source)).toBeGreaterThanOrEqual(found.length)
  return found
}
const named = ({ portrait: _, ...holder }: Holder, portrait = 'face.jpg') => ({ ...holder, portrait })
const told = (entry: ArtEntry | undefined): unknown =>
  entry &&
  ('error' in entry ? [entry.error.code, entry.error.facts.field] : 'holder' in entry.job ? entry.job.card : 'job')

function prepared(holder: Holder, card: '2021' | '2024', id: string): PreparedJob {
  return {
    version: 1,
    id,
    line: 1,
    personalNumber: holder.personalNumber,
    files: { ...buildLds(holder), 'EF.SOD': Uint8Array.of(0x77, 0) },
    keys: {},
    access: { can: holder.personalNumber.slice(6), bacKey: holderBacKey(holder) },
    printed: { qr: cardQrText(holder, card), mrzLines: mrzLines(holder), card },
    documentSigner: 'ds-1',
  }
}
const preparedJob = (...given: Parameters<typeof prepared>): string => formatJob(prepared(...given))

test('a record becomes the card of its date of issue, whether in a line, a row, an object or an array', async () => {
  const [plain, old] = [people.plain as Holder, people['over sixty'] as Holder]
  const lines = [named(plain), named(old)].map(one => JSON.stringify(one))
  expect((await entries('a.ndjson', `\uFEFF${lines.join('\n')}`)).map(told)).toEqual(['2021', '2024'])
  expect((await entries('a.json', `[${lines.join()}]`)).map(told)).toEqual(['2021', '2024'])
  expect((await entries('b.json', lines[0] as string)).map(told)).toEqual(['2021'])
  const accepted = lines.map((record, i) => `{"line":${7 + i},"record":${record}}`)
  const fromIntake = await entries('accepted.ndjson', accepted.join('\n'))
  expect(fromIntake.map(one => [one.id, one.line, told(one)])).toEqual([
    ['000007', 7, '2021'],
    ['000008', 8, '2024'],
  ])
  const { parents: _, ...row } = named(plain) as Holder & { portrait: string }
  const csv = `${Object.keys(row).join()}\n${Object.values(row)
    .map(value => `"${value}"`)
    .join()}\n`
  expect((await entries('a.csv', csv)).map(told)).toEqual(['2021'])
  expect((await entries('a.ndjson', lines.join('\n'), { card: '2024' })).map(told)).toEqual(['2024', '2024'])
})

test('a prepared job keeps its card and its id, and no other card is made of it', async () => {
  const job = preparedJob(people.plain as Holder, '2021', 'batch1-7')
  const [entry] = await entries('job.json', job)
  expect([entry?.id, told(entry)]).toEqual(['batch1-7', 'job'])
  expect((await entries('job.json', job, { card: '2024' })).map(told)).toEqual([['DOCUMENT_MALFORMED', 'card']])
  // An id that would leave the folder is not used in a file's name.
  const [hostile] = await entries('job.json', preparedJob(people.plain as Holder, '2021', '../../etc/x'))
  expect(hostile?.id).toBe('000001')
})

test('pictures are read from their folder alone', async () => {
  const lines = ['../face.jpg', '/etc/passwd', 'none.jpg', 'face.jpg'].map(name =>
    JSON.stringify(named(people.plain as Holder, name)),
  )
  expect((await entries('a.ndjson', lines.join('\n'))).map(told)).toEqual([
    ['DOCUMENT_MALFORMED', 'portrait'],
    ['DOCUMENT_MALFORMED', 'portrait'],
    ['DOCUMENT_MALFORMED', 'portrait'],
    '2021',
  ])
})

test('two jobs of one id do not share their files: the second is refused', async () => {
  const input = join(folder, 'twice.ndjson')
  const [a, b] = [people.plain as Holder, people['over sixty'] as Holder].map(one => preparedJob(one, '2024', 'same'))
  await writeFile(input, `${a}\n${b}\n`)
  const art = await openCardArt({ threads: 0 })
  const source = { kind: 'file', input } as const
  const result = await renderBatch({ source, wishes: { dpi: 300, outputs: ['svg'] }, art, out: join(folder, 'twice') })
  expect([result.drawn, result.refused, result.refusals[0]?.error?.field]).toEqual([1, 1, 'id'])
})

test('of a shelf the prepared jobs are drawn; one that cannot be opened is refused, the rest go on', async () => {
  const job = prepared(people.plain as Holder, '2021', 'a')
  const shelf = {
    list: () => [
      { id: 'a', line: 1, state: 'prepared' },
      { id: 'b', line: 2, state: 'erased' },
      { id: 'c', line: 3, state: 'prepared' },
      { id: 'd', line: 4, state: 'prepared' },
    ],
    get: (id: string) => {
      if (id === 'c') throw new JobError('JOB_ERASED', 'the key of the job was destroyed')
      return job
    },
  }
  const art = await openCardArt({ threads: 0 })
  const result = await renderBatch({
    source: { kind: 'jobs', shelf },
    wishes: { dpi: 300, outputs: ['svg'] },
    art,
    out: join(folder, 'shelf'),
  })
  expect([result.drawn, result.refused, result.refusals[0]?.line, result.refusals[0]?.error?.code]).toEqual([
    2,
    1,
    3,
    'JOB_ERASED',
  ])
})

test('any JSON, and any text that is none, is an entry with a reason or a refusal, never another error', async () => {
  const nearly = fc.record(
    {
      printed: fc.jsonValue(),
      files: fc.jsonValue(),
      version: fc.constantFrom(1, 2, '1'),
      dateOfIssue: fc.constantFrom('01/01/2024', '31/02/2024', 5, null),
      portrait: fc.oneof(fc.string(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  const art = await openCardArt({ threads: 0 })
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.jsonValue(), nearly), fc.string(), async (value, text) => {
      for (const one of await entries('any.ndjson', `${JSON.stringify(value)}\n${text.replace(/[\r\n]/g, '')}`)) {
        if ('error' in one) expect(one.error).toBeInstanceOf(FormatError)
        else await expect(art.render(one.job)).rejects.toBeInstanceOf(FormatError)
      }
      await entries('any.json', text).catch(error => expect(error).toMatchObject({ code: 'DOCUMENT_MALFORMED' }))
    }),
    { numRuns: 100 },
  )
})
