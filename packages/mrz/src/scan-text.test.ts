import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { accessAttempts, accessKeysFromRepair, accessKeysFromScan, mergeAccessKeys } from './access-keys.ts'
import { parseCardQr } from './card-qr.ts'
import { repairMrz } from './repair.ts'
import { parseScan } from './scan-text.ts'

const { vietnamese, specimens } = JSON.parse(
  readFileSync(new URL('../../../fixtures/vectors/mrz.json', import.meta.url), 'utf8'),
) as { vietnamese: { lines: string[] }[]; specimens: { id: string; lines: string[] }[] }
const [, { lines: mrz }] = vietnamese as [unknown, { lines: string[] }]
const address = 'Thôn Đồng Mẫu, Xã Thử, Huyện Nghiệm, Hà Nội'
const card = `999160012345|099000001|Trần Thị B|15011960|Nữ|${address}|10052021`
const card2024 = `999160012345||Trần Thị B|15011960|Nữ|${address}|10082024||||`
const insurance =
  'DN4990000000001|5472E1BAA76E|15/01/1960|2|-|99 - 001|01/01/2024|-|20/12/2023|99001|4|x|01/01/2020|y|$'

describe('what a text is', () => {
  test.each([
    ['a card of 2021', card, 'card-qr', 'qr'],
    ['a card of 2024', card2024, 'card-qr', 'qr'],
    ['six fields', `999160012345|Trần Thị B|15/01/1960|Nữ|${address}|10/05/2021`, 'card-qr', 'qr'],
    ['an insurance card', insurance, 'insurance-qr', 'qr'],
    ['an insurance card of ten digits', insurance.replace('DN4990000000001', '0000000001'), 'insurance-qr', 'qr'],
    ['an MRZ in lines', mrz.join('\r\n'), 'mrz', 'mrz'],
    ['an MRZ in one piece', mrz.join(''), 'mrz', 'mrz'],
    ['a passport', specimens[0]?.lines.join('\r') ?? '', 'mrz', 'mrz'],
    ['a damaged MRZ', mrz.join('\n').replace('6001', '6O0I'), 'mrz', 'mrz'],
    ['an MRZ that lost a filler', mrz.join('\n').replace('<<7', '<7'), 'mrz', 'mrz'],
    ['the code in the VNeID app, or whatever', 'eyJhbGciOiJub25lIn0.e30.', 'vneid-or-unknown', 'unknown'],
    ['a web address', 'https://example.org/?q=999160012345', 'vneid-or-unknown', 'unknown'],
    ['nothing', '', 'vneid-or-unknown', 'unknown'],
    ['ninety digits', '0'.repeat(90), 'vneid-or-unknown', 'unknown'],
    ['a number and more', '999160012345 kg', 'vneid-or-unknown', 'unknown'],
    ['a megabyte', '|'.repeat(1_000_000), 'vneid-or-unknown', 'unknown'],
  ])('%s', (_what, text, kind, source) => {
    expect(parseScan(text, { via: 'serial' })).toMatchObject({ kind, raw: text, provenance: { source, via: 'serial' } })
  })
})

test('nothing is dropped: the raw text is kept, the text beside it is in NFC and clean', () => {
  const raw = `\uFEFF${card.normalize('NFD')}\0\r`
  expect(parseScan(raw)).toMatchObject({ raw, text: card, damage: [], provenance: { via: 'unknown' } })
  const opaque = ` \tm\u00F4\u0323t\r\nhai `
  expect(parseScan(opaque)).toMatchObject({ raw: opaque, text: 'một\nhai' })
})

test('a number alone is a number, and opens the chip', () => {
  const scan = parseScan('999160012345\r')
  expect(scan).toMatchObject({ kind: 'vneid-or-unknown', personalNumber: '999160012345', damage: [] })
  expect(accessKeysFromScan(scan)).toEqual({ can: '012345', bac: [] })
  expect(parseScan('0000000001')).toMatchObject({ insuranceCardNumber: '0000000001', personalNumber: null })
  expect(parseScan('999160012345 kg')).toMatchObject({ personalNumber: null })
})

describe('what a keyboard wedge does', () => {
  const clean = parseCardQr(card)
  test.each([
    ['separators lost', card.replaceAll('|', ''), 'SEPARATORS_LOST'],
    ['separators lost, no old number', card2024.replaceAll('|', ''), 'SEPARATORS_LOST'],
    ['some separators lost', card.replace('|15011960|', '15011960').replace('|099', '099'), 'SEPARATORS_LOST'],
    ['another sign for them', card.replaceAll('|', '~'), 'SEPARATORS_REPLACED'],
    ['tabs', card.replaceAll('|', '\t'), 'SEPARATORS_REPLACED'],
    ['line ends', card.replaceAll('|', '\r\n'), 'SEPARATORS_REPLACED'],
    ['line ends, no old number', card2024.slice(0, -4).replaceAll('|', '\r'), 'SEPARATORS_REPLACED'],
  ] as const)('%s: put back and said', (_what, text, damage) => {
    const scan = parseScan(text, { via: 'wedge' })
    expect(scan).toMatchObject({ kind: 'card-qr', raw: text, damage: [damage] })
    if (scan.kind !== 'card-qr') throw new Error(scan.kind)
    const { personalNumber, fullName, dateOfBirth, sex, address: home } = scan.qr
    expect({ personalNumber, fullName, dateOfBirth, sex, home }).toEqual({
      personalNumber: clean.personalNumber,
      fullName: clean.fullName,
      dateOfBirth: clean.dateOfBirth,
      sex: clean.sex,
      home: clean.address,
    })
    expect(scan.qr.raw).toBe(text)
  })

  test('an insurance card without separators is not guessed at, its number is there', () => {
    expect(parseScan(insurance.replaceAll('|', ''))).toMatchObject({
      kind: 'vneid-or-unknown',
      damage: ['SEPARATORS_LOST'],
      insuranceCardNumber: 'DN4990000000001',
    })
  })

  test('a card without separators and dates is not guessed at, its number is there', () => {
    expect(parseScan('999160012345Trần Thị B')).toMatchObject({
      kind: 'vneid-or-unknown',
      damage: ['SEPARATORS_LOST'],
      personalNumber: '999160012345',
    })
  })

  test.each([
    ['Telex keys in the name', 'Trần Thị B', 'Traanf Thij B', 'TELEX_KEYS'],
    ['VNI keys in the name', 'Trần Thị B', 'Tra62n Thi5 B', 'VNI_KEYS'],
    ['Telex keys in the sex', '|Nữ|', '|Nuwx|', 'TELEX_KEYS'],
    ['VNI keys in the sex', '|Nữ|', '|Nu74|', 'VNI_KEYS'],
    ['letters gone', 'Trần Thị B', 'Trn Th B', 'LETTERS_LOST'],
    ['question marks', 'Trần Thị B', 'Tr?n Th? B', 'LETTERS_LOST'],
    ['a wrong character set', 'Trần Thị B', 'Tráº§n Thá»‹ B', 'LETTERS_LOST'],
  ] as const)('%s', (_what, from, to, damage) => {
    expect(parseScan(card.replace(from, to), { via: 'wedge' }).damage).toContain(damage)
  })

  test('names that only look like keys are not suspected', () => {
    for (const name of ['Trần Thị B', 'Kpă Wuơng', 'Ksor Blem', 'Siu Black', 'Le Na', "H'Hen Nie", 'Rmah Dim']) {
      expect(parseScan(card.replace('Trần Thị B', name)).damage).toEqual([])
    }
  })

  test('no marked letter at all', () => {
    const bare = '999060012345||Nguyen Van An|15011960|Nam|Thon Dong Mau, Ha Noi|10052021'
    expect(parseScan(bare).damage).toEqual(['NO_VIETNAMESE_LETTERS'])
  })

  test('an insurance card cut off, or with letters that an input method composed', () => {
    expect(parseScan(insurance.slice(0, -3)).damage).toEqual(['TEXT_CUT'])
    expect(parseScan(insurance.replace('5472E1', '5472É')).damage).toEqual(['LETTERS_LOST'])
  })

  test('two cards in one text are not mixed', () => {
    const both = `${card}\r${card2024}`
    expect(parseScan(both)).toMatchObject({
      kind: 'vneid-or-unknown',
      raw: both,
      damage: ['SEVERAL_TEXTS'],
      personalNumber: null,
    })
  })

  test.each([
    ['the same card twice', card + card],
    ['two cards of 2024', card2024 + card2024],
    ['an insurance card behind a card', card + insurance],
    ['two insurance cards', insurance + insurance],
    ['an MRZ behind a card', `${card}\r${mrz.join('\r')}`],
    ['a card behind an MRZ', `${mrz.join('\n')}\n${card}`],
    ['an MRZ twice', [...mrz, ...mrz].join('\n')],
  ])('%s, without or with a line end between: nothing is mixed', (_what, text) => {
    expect(parseScan(text)).toMatchObject({ kind: 'vneid-or-unknown', damage: ['SEVERAL_TEXTS'], personalNumber: null })
    expect(accessAttempts(accessKeysFromScan(parseScan(text)))).toEqual([])
  })

  test('a cancelled number and names in the last fields of 2024 are no second card', () => {
    const [number, names] = ['999060054321', 'Nguyễn Văn X|Trần Thị Y']
    for (const tail of [`${number}|${names}|`, `|${number}|${names}`, `|||${number}`]) {
      const scan = parseScan(card2024.replace(/\|{4}$/, `|${tail}`))
      expect(scan).toMatchObject({ kind: 'card-qr', damage: [], qr: { variant: '2024' } })
    }
  })

  test('wherever the text of a card is cut off, it is said, and the number still opens the chip', () => {
    for (const whole of [card, card2024.slice(0, -4)]) {
      for (let end = whole.length - 1; end > 12; end--) {
        const scan = parseScan(whole.slice(0, end))
        expect(scan.damage, whole.slice(0, end)).toContain('TEXT_CUT')
        expect(accessKeysFromScan(scan).can).toBe('012345')
      }
    }
    expect(parseScan(card.replace(/[0-9]{8}$/, '2021'))).toMatchObject({ kind: 'card-qr', damage: [] })
  })

  test('lines of an MRZ that are too few are said', () => {
    for (const lines of [mrz.slice(0, 2), mrz.slice(1), mrz.slice(0, 1)]) {
      expect(parseScan(lines.join('\n'))).toMatchObject({ kind: 'vneid-or-unknown', damage: ['TEXT_CUT'] })
    }
  })

  test('a digit in front makes no other number', () => {
    for (const text of [`0${card}`, `0${card.replaceAll('|', '')}`, '9991600123456']) {
      const scan = parseScan(text)
      expect(scan).toMatchObject({ kind: 'vneid-or-unknown', personalNumber: null })
    }
  })

  test('the identifier that scanners put in front is not in the way, and stays in the raw text', () => {
    for (const before of [']Q1', '\uFEFF]Q3', ']Q2\\000026', ']d2']) {
      expect(parseScan(before + card)).toMatchObject({
        kind: 'card-qr',
        raw: before + card,
        text: card.normalize('NFC'),
        damage: [],
        qr: { raw: before + card },
      })
      expect(parseScan(before + insurance)).toMatchObject({
        kind: 'insurance-qr',
        insurance: { raw: before + insurance },
      })
      expect(parseScan(before + mrz.join('\n')).kind).toBe('mrz')
    }
  })

  test('an MRZ in which « stands for two fillers', () => {
    const scan = parseScan(mrz.join('\n').replaceAll('<<', '«'))
    expect(scan).toMatchObject({ kind: 'mrz', mrz: { lines: mrz }, repair: { status: 'repaired' } })
  })
})

describe('the keys that open the chip', () => {
  const kinds = (text: string) => accessAttempts(accessKeysFromScan(parseScan(text))).map(({ kind }) => kind)

  test('the CAN first, then BAC, five tries at most', () => {
    expect(kinds(card)).toEqual(['CAN', 'BAC', 'BAC'])
    const many = '999160012345||Trần Thị B|15052000|Nữ|Hà Nội|2023'
    expect(kinds(many)).toEqual(['CAN', 'BAC', 'BAC', 'BAC', 'BAC'])
    expect(accessKeysFromScan(parseScan(many)).bac).toHaveLength(5)
    expect(kinds(mrz.join('\n'))).toEqual(['CAN', 'BAC'])
    expect(kinds(specimens[0]?.lines.join('\n') ?? '')).toEqual(['BAC'])
    expect(kinds(insurance)).toEqual([])
    expect(kinds('hello')).toEqual([])
  })

  test('an ambiguous MRZ gives the keys of its candidates in their order, and the CAN they agree on', () => {
    const read = mrz.map((line, i) => (i === 1 ? `68${line.slice(2)}` : line))
    const repair = repairMrz(read)
    expect(repair.status).toBe('ambiguous')
    const keys = accessKeysFromRepair(repair)
    expect(keys.can).toBe('012345')
    expect(keys.bac[0]?.dateOfBirth).toBe(repair.candidates[0]?.mrz.dateOfBirth)
    expect(keys.bac.length).toBeGreaterThan(1)
    expect(keys.bac.length).toBeLessThanOrEqual(5)
  })

  test('candidates that disagree on the number give no CAN', () => {
    const read = mrz.map((line, i) => (i === 0 ? `${line.slice(0, 5)}${'?'.repeat(4)}${line.slice(9)}` : line))
    const other = repairMrz(read.map(line => line.replace('9991600123', '999????123')))
    expect(accessKeysFromRepair(other)).not.toHaveProperty('can')
  })

  test('an MRZ and a QR of one card: one CAN, the printed date before the computed ones, none twice', () => {
    const [fromMrz, fromQr] = [mrz.join('\n'), card].map(text => accessKeysFromScan(parseScan(text)))
    if (fromMrz === undefined || fromQr === undefined) throw new Error()
    const merged = mergeAccessKeys([fromMrz, fromQr])
    expect(merged.can).toBe('012345')
    expect(merged.bac[0]?.dateOfExpiry).toBe('991231')
    expect(new Set(merged.bac.map(({ dateOfExpiry }) => dateOfExpiry)).size).toBe(merged.bac.length)
    expect(mergeAccessKeys([])).toEqual({ bac: [] })
  })
})

test('a QR scanned before settles the MRZ', () => {
  const damaged = mrz.join('\n').replace('TRAN', 'TR4N').replace('157F', '157E')
  const scan = parseScan(damaged, { qr: parseCardQr(card) })
  expect(scan).toMatchObject({ kind: 'mrz', mrz: { lines: mrz }, repair: { status: 'repaired', unprotected: [] } })
})
