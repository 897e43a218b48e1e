/**
 * The patient's part of table XML1 (Quyết định 130/QĐ-BYT of 2023, amended by 4750/QĐ-BYT of 2023 and 3176/QĐ-BYT of 2024:
 * "Chỉ tiêu tổng hợp khám bệnh, chữa bệnh"). All fields stand in the table's order; those that a card cannot know (the
 * visit, the diagnosis, the costs; codes of nationality, ethnicity and place, whose lists are the hospital's) are empty.
 */
import { parsePartialDate } from '@cccd/mrz'
import type { ReadPerson } from '../person.ts'
import type { HisConfig } from './config.ts'
import { harmless } from './harmless.ts'
import type { InsuranceCard } from './insurance-answer.ts'
import { bestField } from './person-field.ts'

// biome-ignore format: the table's order, in few lines
export const XML1_FIELDS = [
  'MA_LK', 'STT', 'MA_BN', 'HO_TEN', 'SO_CCCD', 'NGAY_SINH', 'GIOI_TINH', 'NHOM_MAU', 'MA_QUOCTICH', 'MA_DANTOC',
  'MA_NGHE_NGHIEP', 'DIA_CHI', 'MATINH_CU_TRU', 'MAHUYEN_CU_TRU', 'MAXA_CU_TRU', 'DIEN_THOAI', 'MA_THE_BHYT',
  'MA_DKBD', 'GT_THE_TU', 'GT_THE_DEN', 'NGAY_MIEN_CCT', 'LY_DO_VV', 'LY_DO_VNT', 'MA_LY_DO_VNT', 'CHAN_DOAN_VAO',
  'CHAN_DOAN_RV', 'MA_BENH_CHINH', 'MA_BENH_KT', 'MA_BENH_YHCT', 'MA_PTTT_QT', 'MA_DOITUONG_KCB', 'MA_NOI_DI',
  'MA_NOI_DEN', 'MA_TAI_NAN', 'NGAY_VAO', 'NGAY_VAO_NOI_TRU', 'NGAY_RA', 'GIAY_CHUYEN_TUYEN', 'SO_NGAY_DTRI',
  'PP_DIEU_TRI', 'KET_QUA_DTRI', 'MA_LOAI_RV', 'GHI_CHU', 'NGAY_TTOAN', 'T_THUOC', 'T_VTYT', 'T_TONGCHI_BV',
  'T_TONGCHI_BH', 'T_BNTT', 'T_BNCCT', 'T_BHTT', 'T_NGUONKHAC', 'T_BHTT_GDV', 'NAM_QT', 'THANG_QT', 'MA_LOAI_KCB',
  'MA_KHOA', 'MA_CSKCB', 'MA_KHUVUC', 'CAN_NANG', 'CAN_NANG_CON', 'NAM_NAM_LIEN_TUC', 'NGAY_TAI_KHAM', 'MA_HSBA',
  'MA_TTDV', 'DU_PHONG',
] as const

export type Xml1Field = (typeof XML1_FIELDS)[number]

/** What is known, by field; what is not is absent. */
export type Xml1 = Readonly<Partial<Record<Xml1Field, string>>>

/** The fields that this reading, and the insurance gateway where it was asked, can fill. */
export function xml1(person: ReadPerson, config: HisConfig): Xml1 {
  const sex = bestField(person, 'sex')?.value
  const filled: Partial<Record<Xml1Field, string | undefined>> = {
    HO_TEN: bestField(person, 'fullName')?.value,
    SO_CCCD: bestField(person, 'personalNumber')?.value,
    NGAY_SINH: xml1Time(bestField(person, 'dateOfBirth')?.value),
    GIOI_TINH: sex === undefined ? undefined : sex === 'male' ? '1' : sex === 'female' ? '2' : '3',
    DIA_CHI: bestField(person, 'placeOfResidence')?.value,
    MA_CSKCB: config.facilityCode,
    ...insuranceFields(person),
  }
  return Object.fromEntries(Object.entries(filled).filter(([, value]) => value !== undefined && value !== ''))
}

/** XML1 as an XML document, UTF-8: every field, the unknown ones empty. */
export function xml1Document(fields: Xml1): string {
  const lines = XML1_FIELDS.map(name => `  <${name}>${escapeXml(fields[name] ?? '')}</${name}>`)
  return `<?xml version="1.0" encoding="UTF-8"?>\n<TONG_HOP>\n${lines.join('\n')}\n</TONG_HOP>\n`
}

/** Text of an element. What XML 1.0 §2.2 knows no character for is left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
}

/** yyyymmddHHMM, unknown month or day as 00; the card knows no hour. Undefined when the text is no date. */
function xml1Time(text: string | undefined): string | undefined {
  const day = xml1Date(text)
  return day === undefined ? undefined : `${day}0000`
}

function xml1Date(text: string | undefined): string | undefined {
  const date = text === undefined ? null : parsePartialDate(text.trim())
  if (date === null) return undefined
  const two = (part: number | null): string => String(part ?? 0).padStart(2, '0')
  return `${String(date.year).padStart(4, '0')}${two(date.month)}${two(date.day)}`
}

interface OneCard {
  readonly number: string
  readonly facility: string
  readonly from: string
  readonly to: string
}

/** Cards that count, several joined by `;`, each list in the same order. */
function insuranceFields(person: ReadPerson): Partial<Record<Xml1Field, string | undefined>> {
  const { insurance } = person
  const scanned = bestField(person, 'insuranceCardNumber')?.value
  if (insurance?.state !== 'answered') return { MA_THE_BHYT: fifteen(scanned) }
  const cards = cardsOf(insurance.kind === 'valid-changed' ? insurance.code : '', insurance.card)
  const listed = cards.length > 0 ? cards : [{ number: fifteen(scanned) ?? '', facility: '', from: '', to: '' }]
  const joined = (part: keyof OneCard): string => {
    const list = listed.map(card => harmless(card[part]).trim())
    return list.every(text => text === '') ? '' : list.join(';')
  }
  return {
    MA_THE_BHYT: joined('number'),
    MA_DKBD: joined('facility'),
    GT_THE_TU: joined('from'),
    GT_THE_DEN: joined('to'),
    MA_KHUVUC: harmless(insurance.card.areaCode ?? '').trim(),
    NAM_NAM_LIEN_TUC: xml1Date(insurance.card.fiveYearsFrom),
  }
}

/** 003: the old card has ended, the new one alone counts; 004: both do. */
function cardsOf(code: string, card: InsuranceCard): readonly OneCard[] {
  const old = one(card.cardNumber, card.facilityCode, card.validFrom, card.validTo)
  const replaced = one(card.newCardNumber, card.newFacilityCode, card.newValidFrom, card.newValidTo)
  const cards = code === '003' && replaced !== null ? [replaced] : code === '004' ? [old, replaced] : [old]
  return cards.filter(found => found !== null)
}

function one(number = '', facility = '', from = '', to = ''): OneCard | null {
  return number === '' ? null : { number, facility, from: xml1Date(from) ?? '', to: xml1Date(to) ?? '' }
}

/** XML1 takes the number of fifteen characters; the ten digits alone are none. */
function fifteen(number: string | undefined): string | undefined {
  return number !== undefined && /^[A-Z]{2}[0-9]{13}$/.test(number) ? number : undefined
}
