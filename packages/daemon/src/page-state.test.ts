import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ReadingState } from './api/readings.ts'
import { type DeskAction, type DeskState, readerInView, START, step, stepOf, type Visit } from './page/desk-state.ts'
import { allFieldsText } from './page/person-text.ts'
import type { Field } from './person.ts'

const SECRET = 'NGUYỄN THỊ KHÔNG CÓ THẬT'
const qrName: Field = { name: 'fullName', value: SECRET, source: 'qr' }
const chipName: Field = { name: 'fullName', value: SECRET.toLowerCase(), source: 'chip' }

function after(...actions: readonly DeskAction[]): DeskState {
  return actions.reduce(step, START)
}

const started: DeskAction = {
  type: 'visitStarted',
  number: 1,
  given: { scan: SECRET },
  fields: [qrName],
  damage: [],
}

function news(state: ReadingState, more: object = {}, number = 1): DeskAction {
  return { type: 'reading', number, reading: { id: 'r'.repeat(22), state, ...more } }
}

function visitOf(state: DeskState): Visit {
  if (state.visit === null) throw new Error('there is no visit')
  return state.visit
}

test('after "next person" nothing in the state holds what the visit held', () => {
  const full = after(
    started,
    news('reading', { fields: [chipName], progress: { file: 'EF.DG13', bytes: 5, of: 9 } }),
    { type: 'insurance', number: 1, view: { kind: 'trouble', trouble: { code: 'X', words: { vi: SECRET, en: '' } } } },
    {
      type: 'portrait',
      number: 1,
      portrait: { kind: 'drawn', bitmap: { width: 1, height: 1, close: () => undefined } },
    },
  )
  expect(JSON.stringify(full)).toContain(SECRET)
  const empty = step(full, { type: 'visitEnded' })
  expect(empty).toEqual(START)
})

test('an answer that comes late for a visit that is over changes nothing', () => {
  const next = step(step(after(started), { type: 'visitEnded' }), { ...started, number: 2, fields: [] } as DeskAction)
  expect(step(next, news('reading', { fields: [chipName] }))).toBe(next)
  expect(step(next, { type: 'trouble', number: 1, trouble: { code: 'X', words: { vi: '', en: '' } } })).toBe(next)
})

test('what the desk says of the fields takes the place of what was scanned', () => {
  const visit = visitOf(after(started, news('reading', { fields: [chipName] })))
  expect(visit.fields).toEqual([chipName])
})

test('the stage never goes back by an answer that was overtaken, except to wait for the card again', () => {
  const done = after(started, news('waiting'), news('judging'), news('opening'))
  expect(visitOf(done).stage).toBe('judging')
  const error = { code: 'CARD_REMOVED', vi: 'a', en: 'b', hintVi: 'c', hintEn: 'd' }
  expect(visitOf(after(started, news('reading'), news('waiting', { error }))).stage).toBe('waiting')
})

test('the step shown follows the files of a reading and never goes back in a usual one', () => {
  const files = ['EF.CardAccess', 'EF.SOD', 'EF.DG14', 'EF.COM', 'EF.DG1', 'EF.DG13', 'EF.DG15', 'EF.DG2']
  const order = ['card', 'open', 'person', 'portrait', 'check']
  const steps = [
    visitOf(after(started, news('waiting'))),
    ...files.map(file => visitOf(after(started, news('reading', { progress: { file, bytes: 1, of: 2 } })))),
    visitOf(after(started, news('judging'))),
  ].map(visit => order.indexOf(stepOf(visit)))
  expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  expect(new Set(steps).size).toBe(order.length)
})

test('a reader that was unplugged is taken off the list, and one that has a card is looked at first', () => {
  const two = after(
    { type: 'service', service: 'ready' },
    { type: 'reader', reader: { name: 'A', state: 'empty' } },
    { type: 'reader', reader: { name: 'B', state: 'card' } },
  )
  expect(readerInView(two)?.name).toBe('B')
  expect(readerInView(step(two, { type: 'readerChosen', name: 'A' }))?.name).toBe('A')
  expect(readerInView(step(two, { type: 'reader', reader: { name: 'B', state: 'gone' } }))?.name).toBe('A')
})

test('a session that ends leaves no person, no readers and no cards', () => {
  const state = step(after(started), { type: 'pairingNeeded', trouble: null })
  expect(state).toEqual({ ...START, session: 'pairing' })
})

test('"copy all" names what did not come from the chip', () => {
  const number: Field = { name: 'personalNumber', value: '999190012345', source: 'chip' }
  expect(allFieldsText([qrName, number, { name: 'sex', value: 'female', source: 'chip' }], 'vi')).toBe(
    `Họ và tên: ${SECRET} (QR)\nSố định danh: 999190012345\nGiới tính: Nữ`,
  )
})

test('no order of events brings a person back after the visit ended', () => {
  const any = fc.constantFrom<DeskAction>(
    news('waiting'),
    news('reading', { fields: [chipName] }),
    news('done', { fields: [chipName] }),
    { type: 'link', link: 'lost' },
    { type: 'insurance', number: 1, view: { kind: 'asking' } },
    { type: 'trouble', number: 1, trouble: { code: 'X', words: { vi: SECRET, en: SECRET } } },
    { type: 'picture', picture: 'none' },
  )
  fc.assert(
    fc.property(fc.array(any), fc.array(any), (before, late) => {
      const state = [...before, { type: 'visitEnded' } as const, ...late].reduce(step, after(started))
      expect(JSON.stringify(state)).not.toContain(SECRET)
    }),
  )
})
