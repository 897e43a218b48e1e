import { expect, test } from 'vitest'
import { FormatError } from '../error.ts'
import { dataGroupFile, FILE_NAMES, FILES, type FileName, fileOfTag, inFile } from './files.ts'

test('the sixteen data groups have the tags, identifiers and short identifiers of 9303-10', () => {
  const tags = [0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70]
  for (const [i, tag] of tags.entries()) {
    const n = i + 1
    expect(dataGroupFile(n)).toBe(`EF.DG${n}`)
    expect(FILES[dataGroupFile(n)]).toEqual({ fid: 0x0100 + n, sfi: n, tag, dg: n, under: 'lds1' })
    expect(fileOfTag(tag)).toBe(`EF.DG${n}`)
  }
})

test('EF.COM and EF.SOD are found by their tag, a tag of no file is not', () => {
  expect(fileOfTag(0x60)).toBe('EF.COM')
  expect(fileOfTag(0x77)).toBe('EF.SOD')
  expect(fileOfTag(0x7f61)).toBeUndefined()
})

test('there is no data group 0, 17 or 1.5', () => {
  for (const n of [0, 17, 1.5]) expect(() => dataGroupFile(n)).toThrow(RangeError)
})

test('no two files of one application share a file identifier or a short one', () => {
  for (const under of ['mf', 'lds1'] as const) {
    const files = FILE_NAMES.filter(name => FILES[name].under === under)
    expect(new Set(files.map(name => FILES[name].fid)).size).toBe(files.length)
    expect(new Set(files.map(name => FILES[name].sfi)).size).toBe(files.length)
  }
})

test('an error inside a file names the file and counts its offset from the start of the file', () => {
  const file: FileName = 'EF.DG2'
  const failing = () => {
    throw new FormatError('TLV_MALFORMED', 'cut', { tag: 0x5f2e, offset: 3 })
  }
  expect(() => inFile(file, 'LDS_MALFORMED', failing, 10)).toThrow(
    expect.objectContaining({ code: 'LDS_MALFORMED', facts: { file, tag: 0x5f2e, offset: 13 } }),
  )
})

test('an error that is no FormatError passes through a parser unchanged', () => {
  const error = new RangeError('ours')
  const failing = () => {
    throw error
  }
  expect(() => inFile('EF.COM', 'LDS_MALFORMED', failing)).toThrow(error)
})
