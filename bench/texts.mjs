// MRZ lines and QR texts parsed a second on one thread, beside npm `mrz` on the same lines. What each does is not the same:
// ours says where every fault stands and gives the fields of a Vietnamese card; `mrz` makes objects of details.

import { holders } from '@cccd/fixtures'
import {
  accessKeysFromQr,
  parseCardQr,
  parseInsuranceQr,
  parseMrz,
  parseScan,
  parseVietnameseMrz,
  repairMrz,
} from '@cccd/mrz'
import { cardQrText } from '@cccd/personalization'
import { parse as peer } from 'mrz'
import { perSecond, printTable } from './table.mjs'

const SECONDS = 0.2
const ROUNDS = 7

// ICAO 9303-4, -5, -6 and -7, the specimens in the appendices; the Vietnamese card is an invented one of province 999.
const LINES = {
  'TD1, Vietnamese card': [
    'IDVNM1600123458999160012345<<7',
    '6001157F9912315VNM<<<<<<<<<<<8',
    'TRAN<<THI<B<<<<<<<<<<<<<<<<<<<',
  ],
  TD1: ['I<UTOD231458907<<<<<<<<<<<<<<<', '7408122F1204159UTO<<<<<<<<<<<6', 'ERIKSSON<<ANNA<MARIA<<<<<<<<<<'],
  TD2: ['I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<', 'D231458907UTO7408122F1204159<<<<<<<6'],
  TD3: ['P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'L898902C36UTO7408122F1204159ZE184226B<<<<<10'],
}

/** Best of several windows, in turn: the best is the least disturbed. */
function race(sides) {
  const best = sides.map(() => 0)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, side] of sides.entries()) best[i] = Math.max(best[i], perSecond(side, SECONDS))
  }
  return best
}

/** A function that goes through the inputs in turn, so that nothing is answered from what was asked last. */
function inTurn(inputs, read) {
  let next = 0
  return () => read(inputs[next++ % inputs.length])
}

/** The lines with other names and, where it changes no check digit's verdict, nothing else: as many texts as people. */
function variants(lines) {
  const last = lines.length === 3 ? 2 : 0
  return ['<', 'A', 'B', 'C', 'D', 'E', 'F', 'G'].map(letter =>
    lines.map((line, i) => (i === last ? line.replace(/<<<$/, letter === '<' ? '<<<' : `<${letter}<`) : line)),
  )
}

const round = value => (value >= 1e6 ? `${(value / 1e6).toFixed(2)} M` : `${Math.round(value / 1000)} k`)

export function benchTexts() {
  const rows = []
  for (const [name, lines] of Object.entries(LINES)) {
    const given = variants(lines)
    // The peer does not know the state of ICAO's specimens.
    const faults = peer(lines).details.filter(({ valid, error }) => !valid && !/state code: UTO/.test(error))
    if (faults.length > 0) throw new Error(`the peer finds fault with ${name}`)
    if (parseMrz(lines).findings.length > 0) throw new Error(`ours finds fault with ${name}`)
    const [ours, theirs] = race([inTurn(given, parseMrz), inTurn(given, one => peer(one))])
    rows.push([name, round(ours), round(theirs), (ours / theirs).toFixed(1), '≥ 10'])
  }
  const card = variants(LINES['TD1, Vietnamese card'])
  const people = Object.values(holders)
  const texts = people.flatMap(holder => [cardQrText(holder, '2021'), cardQrText(holder, '2024')])
  const insurance = `DN4990000000001|${Buffer.from('Trần Thị B').toString('hex')}|15/01/1960|2|${Buffer.from('Xã Mẫu').toString('hex')}|99 - 001|01/01/2024|-|20/12/2023|99001|4|x|15/01/2024|1234567890|$`
  const spoiled = card.map(([first, ...rest]) => [first.replace('VNM1', 'VNMI'), ...rest])
  const own = [
    ['MRZ with the card’s cross-checks and Vietnamese fields', inTurn(card, parseVietnameseMrz)],
    ['MRZ that is repaired: a digit read as a letter', inTurn(spoiled, one => repairMrz(one))],
    ['QR text of a card', inTurn(texts, parseCardQr)],
    ['QR text to the keys of the chip', inTurn(texts, accessKeysFromQr)],
    ['QR text of an insurance card', () => parseInsuranceQr(insurance)],
    ['any scan: kind, damage and fields', inTurn([...texts, insurance, ...card.map(one => one.join('\n'))], parseScan)],
  ]
  const rates = race(own.map(([, run]) => run))
  for (const [i, [name]] of own.entries()) rows.push([name, round(rates[i]), '', '', ''])
  printTable(
    `Texts a second, one thread (best of ${ROUNDS} windows; npm mrz reads MRZs alone)`,
    ['text', 'ours', 'npm mrz', 'ours : mrz', 'aim'],
    rows,
  )
}
