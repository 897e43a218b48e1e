import { FormatError } from '@cccd/mrz'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ReadPerson } from '../../person.ts'
import { invented } from '../../testing/invented-person.ts'
import { harmless } from '../harmless.ts'
import { parseTemplate, renderTemplate, templateFault, toAscii } from './template.ts'
import { TEMPLATE_NAMES } from './template-value.ts'

const person = invented()
const render = (template: string, of: ReadPerson = person): string => renderTemplate(parseTemplate(template), of, '\r')
const born = (value: string): ReadPerson => ({
  ...person,
  fields: [{ name: 'dateOfBirth', value, source: 'chip' }],
})

describe('a text template', () => {
  test('values and keys stand in their places', () => {
    expect(render('{personalNumber}{TAB}{fullName}{ENTER}')).toBe('999190000001\tTRẦN THỊ THỬ NGHIỆM\r')
    expect(render('{LF}{CR}{ESC}')).toBe('\n\r\u001b')
  })

  test('doubled braces are the braces themselves', () => {
    expect(render('{{{personalNumber}}}')).toBe('{999190000001}')
  })

  test.each([
    ['15/08/1990', 'yyyyMMdd', '19900815'],
    ['15/08/1990', 'dd-MM-yy', '15-08-90'],
    ['08/1990', 'dd/MM/yyyy', '00/08/1990'],
    ['1990', 'yyyyMMdd', '19900000'],
    ['Không rõ', 'yyyyMMdd', 'Không rõ'],
  ])('the date %s as %s is %s', (date, pattern, expected) => {
    expect(render(`{dateOfBirth|${pattern}}`, born(date))).toBe(expected)
  })

  test('sex and verdict take the words of the template', () => {
    const of = (sex: string): ReadPerson => ({ ...person, fields: [{ name: 'sex', value: sex, source: 'chip' }] })
    expect(['male', 'female', 'unknown'].map(sex => render('{sex|Nam,Nữ}', of(sex)))).toEqual(['Nam', 'Nữ', ''])
    expect(['male', 'female', 'unknown'].map(sex => render('{sex|1,2,3}', of(sex)))).toEqual(['1', '2', '3'])
    expect(render('{sex}')).toBe('Nữ')
    expect(render('{verdict|OK,NO,?,-}')).toBe('OK')
    expect(render('{verdict|OK,NO,?,-}', { ...person, verdict: { ...person.verdict, colour: 'yellow' } })).toBe('?')
  })

  test('the time of reading is shown in Vietnam’s time', () => {
    expect(render('{readAt|yyyy-MM-dd HH:mm:ss}', { ...person, at: '2026-01-31T18:05:09.000Z' })).toBe(
      '2026-02-01 01:05:09',
    )
  })

  test('letters can be changed, one change after another', () => {
    expect(render('{fullName|lower}')).toBe('trần thị thử nghiệm')
    expect(render('{fullName|ascii|lower}')).toBe('tran thi thu nghiem')
    expect(toAscii('Đặng Ưng Hoàng')).toBe('Dang Ung Hoang')
    expect(toAscii('Đặng Ưng Hoàng'.normalize('NFD'))).toBe('Dang Ung Hoang')
  })

  test('what the reading did not give leaves nothing', () => {
    expect(render('[{spouse}{insurance.validTo|yyyyMMdd}]')).toBe('[]')
  })

  test.each([
    ['{', 1],
    ['abc{fullName', 4],
    ['a}b', 2],
    ['{nobody}', 1],
    ['{constructor}', 1],
    ['{TAB|x}', 1],
    ['{dateOfBirth|mm/dd/yyyy}', 14],
    ['{sex|a}', 6],
    ['{verdict|a,b}', 10],
    ['{fullName|title}', 11],
    ['{fullName|upper|title}', 17],
    ['a\tb', 2],
    ['a\nb', 2],
  ])('%j is refused at column %i', (template, column) => {
    expect(() => parseTemplate(template)).toThrow(FormatError)
    expect(templateFault(template)).toContain(`(column ${column})`)
  })

  test('a card cannot press a key: nothing in a value obeys or hides', () => {
    const hostile = 'A\r\nB\tC\u0000D\u001b[2JE\u007fF\u0085G\u2028H\u202eI\u200bJ\ufeffK\ud800L\u00a0M'
    expect(harmless(hostile)).toBe('A B CD[2JEFG HIJKL M')
    const card: ReadPerson = {
      ...person,
      fields: TEMPLATE_NAMES.map(name => ({ name: name as never, value: hostile, source: 'chip' as const })),
    }
    for (const name of TEMPLATE_NAMES) {
      for (const filter of ['', '|upper', '|lower', '|ascii']) {
        const written = render(`{${name}${filter}}`, card)
        expect(written).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      }
    }
  })

  test('whatever stands on a card, only the keys of the template come through', () => {
    const template = parseTemplate('{fullName|upper}{TAB}{dateOfBirth|yyyyMMdd}{TAB}{placeOfResidence|ascii}{ENTER}')
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, other) => {
        const written = renderTemplate(
          template,
          {
            ...person,
            fields: [
              { name: 'fullName', value: name, source: 'chip' },
              { name: 'dateOfBirth', value: other, source: 'chip' },
              { name: 'placeOfResidence', value: other, source: 'chip' },
            ],
          },
          '\r',
        )
        expect(written.match(/\p{Cc}/gu)).toEqual(['\t', '\t', '\r'])
      }),
      { numRuns: 500 },
    )
  })

  test('any text is a template or is refused as none', () => {
    const braces = fc.array(fc.constantFrom('{', '}', '|', 'fullName', 'TAB', 'dateOfBirth', 'yyyy', ',', 'x'))
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          braces.map(words => words.join('')),
        ),
        text => {
          const fault = templateFault(text)
          if (fault === null) expect(typeof render(text)).toBe('string')
          else expect(fault).toMatch(/\(column \d+\)$/)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
