import type { VietnameseFields } from '@cccd/card-core'
import type { Holder } from '../intake/holder.ts'

/** What the card says where other cards have an expiry date. */
export const NO_EXPIRY_TEXT = 'Không thời hạn'

/** The fields of DG13 as the card writes them: dates as they stand in the record, sex as Nam or Nữ. */
export function vietnameseFields(holder: Holder): VietnameseFields {
  return {
    personalNumber: holder.personalNumber,
    fullName: holder.fullName,
    dateOfBirth: holder.dateOfBirth,
    sex: holder.sex === 'male' ? 'Nam' : 'Nữ',
    nationality: holder.nationality,
    ethnicity: holder.ethnicity,
    religion: holder.religion,
    placeOfOrigin: holder.placeOfOrigin,
    placeOfResidence: holder.placeOfResidence,
    identifyingFeatures: holder.identifyingFeatures,
    dateOfIssue: holder.dateOfIssue,
    dateOfExpiry: holder.dateOfExpiry ?? NO_EXPIRY_TEXT,
    ...(holder.parents ? { parents: holder.parents } : {}),
    ...(holder.spouse === undefined ? {} : { spouse: holder.spouse }),
    ...(holder.oldNumber === undefined ? {} : { oldNumber: holder.oldNumber }),
  }
}
