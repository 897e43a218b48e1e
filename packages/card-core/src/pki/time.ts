import { utf8 } from '../bytes.ts'
import { DER, type DerOptions } from '../der.ts'
import { FormatError } from '../error.ts'
import { tlv } from '../tlv.ts'

/** Milliseconds since 1970, and whether the text had another form than RFC 5280 §4.1.2.5 wants. */
export interface ReadTime {
  readonly time: number
  readonly odd: boolean
}

/**
 * Reads the text of a UTCTime (years 1950 to 2049) or GeneralizedTime. Beside YY(YY)MMDDHHMMSSZ it takes what older
 * certificates have: no seconds, a fraction of a second, an offset instead of Z. Throws FormatError.
 */
export function readTime(text: Uint8Array, form: 'utc' | 'generalized', options: DerOptions, offset: number): ReadTime {
  const yearDigits = form === 'utc' ? 2 : 4
  let at = 0
  const fail = (): never => {
    throw new FormatError(options.code ?? 'DER_MALFORMED', 'a time is malformed', { offset })
  }
  const isDigit = (): boolean => {
    const byte = text[at]
    return byte !== undefined && byte >= 0x30 && byte <= 0x39
  }
  const number = (digits: number): number => {
    let value = 0
    for (let i = 0; i < digits; i++) {
      if (!isDigit()) fail()
      value = value * 10 + (text[at++] as number) - 0x30
    }
    return value
  }
  let year = number(yearDigits)
  if (form === 'utc') year += year >= 50 ? 1900 : 2000
  const month = number(2)
  const day = number(2)
  const hour = number(2)
  const minute = number(2)
  let odd = false
  let second = 0
  if (isDigit()) second = number(2)
  else odd = true
  if (text[at] === 0x2e) {
    odd = true
    at++
    if (!isDigit()) fail()
    while (isDigit()) at++
  }
  let time = Date.UTC(year, month - 1, day, hour, minute, second)
  const zone = text[at++]
  if (zone === 0x2b || zone === 0x2d) {
    odd = true
    const minutes = number(2) * 60 + number(2)
    time += (zone === 0x2b ? -minutes : minutes) * 60_000
  } else if (zone !== 0x5a) fail()
  const real = new Date(Date.UTC(year, month - 1, day))
  if (at !== text.length || hour > 23 || minute > 59 || second > 59 || year < 100) fail()
  if (real.getUTCMonth() !== month - 1 || real.getUTCDate() !== day) fail()
  return { time, odd }
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5); whole seconds. */
export function encodeTime(time: Date): Uint8Array {
  const digits = `${time.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
  const year = time.getUTCFullYear()
  return year >= 1950 && year < 2050 ? tlv(DER.utcTime, utf8(digits.slice(2))) : tlv(DER.generalizedTime, utf8(digits))
}
