import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MrzGathering } from './mrz-gathering.ts'

const TD1 = ['IDVNM1600123458999160012345<<7', '6001157F9912315VNM<<<<<<<<<<<8', 'TRAN<<THI<B<<<<<<<<<<<<<<<<<<<']
const TD3 = ['P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'L898902C36UTO7408122F1204159ZE184226B<<<<<10']
const CARD = '999160012345||Trần Thị B|15011960|Nữ|Hà Nội|10052021'

function gather(lines: readonly string[]): string[] {
  const gathering = new MrzGathering()
  return [...lines.flatMap(line => gathering.add(line)), ...gathering.flush()]
}

test('three lines of 30 and two of 44 are one text each, one behind the other', () => {
  expect(gather([...TD1, ...TD3, ...TD1])).toEqual([TD1.join('\n'), TD3.join('\n'), TD1.join('\n')])
})

test('what is no MRZ passes at once, and pushes out lines that waited', () => {
  const gathering = new MrzGathering()
  expect(gathering.add(CARD)).toEqual([CARD])
  expect(gathering.add(TD1[0] as string)).toEqual([])
  expect(gathering.add(CARD)).toEqual([TD1[0], CARD])
  expect(gathering.waiting).toBe(false)
})

test('a line with a character too few or one that could not be told still belongs', () => {
  const damaged = [TD1[0] as string, (TD1[1] as string).slice(0, -1), (TD1[2] as string).replace('H', '?')]
  expect(gather(damaged)).toEqual([damaged.join('\n')])
})

test('whatever comes, nothing is lost and the order stays', () => {
  const any = fc.oneof(
    fc.constantFrom(...TD1, ...TD3, CARD, ''),
    fc.string({ maxLength: 50 }).map(text => text.replace(/\n/g, ' ')),
  )
  fc.assert(
    fc.property(fc.array(any, { maxLength: 12 }), lines => {
      expect(gather(lines).join('\n')).toBe(lines.join('\n'))
    }),
  )
})
