import sharp from 'sharp'
import type { Holder } from '../../../intake/holder.ts'

// Nobody here lives: province code 999 does not exist, and the face is an oval.

/** A face of nobody, 3:4 as on documents. */
export async function drawnPortrait(width = 360, height = 480): Promise<Uint8Array> {
  const face = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 360 480">
<rect width="360" height="480" fill="#dce6ee"/><path d="M40 480q20-120 140-120t140 120z" fill="#35507a"/>
<ellipse cx="180" cy="220" rx="86" ry="112" fill="#dcae88"/><path d="M92 200q8-110 88-110t88 110q-40-60-88-60t-88 60z" fill="#221b18"/>
<circle cx="150" cy="215" r="8"/><circle cx="210" cy="215" r="8"/><path d="M150 280q30 16 60 0" fill="none" stroke="#944" stroke-width="6"/></svg>`
  return Uint8Array.from(await sharp(Buffer.from(face)).jpeg({ quality: 85 }).toBuffer())
}

const COMMON = { nationality: 'Việt Nam', ethnicity: 'Kinh', religion: 'Không', identifyingFeatures: 'Không' } as const

/** Invented holders of all kinds, by what is special about them; portraits are put in where `portrait` says so. */
export async function inventedPeople(): Promise<Readonly<Record<string, Holder>>> {
  const portrait = await drawnPortrait()
  return {
    plain: {
      ...COMMON,
      personalNumber: '999190012345',
      fullName: 'Nguyễn Thị Thử Nghiệm',
      dateOfBirth: '15/05/1990',
      sex: 'female',
      placeOfOrigin: 'Xã Giả Định, Huyện Thí Dụ, Tỉnh Mẫu',
      placeOfResidence: 'Số 12 Đường Ví Dụ, Phường Mẫu, Quận Giả Tưởng, TP. Thử Nghiệm',
      identifyingFeatures: 'Nốt ruồi cách 1cm dưới trước đuôi mắt trái',
      dateOfIssue: '10/08/2021',
      dateOfExpiry: '15/05/2030',
      oldNumber: '999000001',
      portrait,
    },
    'a name of eleven words': {
      ...COMMON,
      personalNumber: '999173999999',
      fullName: 'Công Tằng Tôn Nữ Huyền Trần Ngọc Quỳnh Phương Uyển Nhi',
      dateOfBirth: '01/01/1973',
      sex: 'female',
      placeOfOrigin: 'Phường Thí Dụ, Thành phố Mẫu, Tỉnh Giả Định',
      placeOfResidence:
        'Căn hộ A12.34 Tòa nhà Ví Dụ, Số 1234/56 Đường Thử Nghiệm Kéo Dài, Phường Mẫu, Thành phố Giả Định',
      dateOfIssue: '15/03/2021',
      dateOfExpiry: '01/01/2033',
      portrait,
    },
    'marks above and below every letter': {
      ...COMMON,
      personalNumber: '999085067890',
      fullName: 'Đặng Ẩn Ỷ Ẵm Ộc Ựa Ễnh Ữu',
      dateOfBirth: '02/11/1985',
      sex: 'male',
      placeOfOrigin: 'Ấp Ẳng Ẫm, Xã Ộp Ệch, Tỉnh Ựng Ỵ',
      placeOfResidence: 'Ngõ Ẵng Ậy, Phường Ỡm Ờ, Quận Ễ Ệ, TP. Ữ Ự',
      identifyingFeatures: 'Sẹo chấm cách 2cm trên đầu lông mày phải',
      dateOfIssue: '05/09/2024',
      dateOfExpiry: '02/11/2045',
      oldNumber: '999000000002',
      portrait,
    },
    'only the year of birth, no expiry': {
      ...COMMON,
      personalNumber: '999048333444',
      fullName: 'Hoàng Văn Cụ',
      dateOfBirth: '1948',
      sex: 'male',
      ethnicity: 'Nùng',
      placeOfOrigin: 'Bản Mẫu, Xã Thí Dụ',
      placeOfResidence: 'Bản Mẫu, Xã Thí Dụ, Tỉnh Mẫu',
      dateOfIssue: '12/12/2022',
      dateOfExpiry: null,
      portrait,
    },
    'month and year of birth': {
      ...COMMON,
      personalNumber: '999162000111',
      fullName: 'Lò Thị Ví Dụ',
      dateOfBirth: '07/1962',
      sex: 'female',
      ethnicity: 'Thái',
      placeOfOrigin: 'Bản Mẫu',
      placeOfResidence: 'Bản Mẫu, Xã Thí Dụ, Tỉnh Mẫu',
      dateOfIssue: '12/12/2023',
      dateOfExpiry: null,
      portrait,
    },
    'over sixty': {
      ...COMMON,
      personalNumber: '999155666777',
      fullName: "Y'Mẫu Êban",
      dateOfBirth: '20/02/1955',
      sex: 'female',
      ethnicity: 'Ê Đê',
      placeOfOrigin: 'Buôn Mẫu',
      placeOfResidence: 'Buôn Mẫu, Xã Thí Dụ, Tỉnh Giả Định',
      dateOfIssue: '03/10/2024',
      dateOfExpiry: null,
      portrait,
    },
    'four years old': {
      ...COMMON,
      personalNumber: '999220777888',
      fullName: 'Bùi Gia Bé',
      dateOfBirth: '20/06/2020',
      sex: 'male',
      placeOfOrigin: 'Phường Mẫu Giáo, TP. Mẫu',
      placeOfResidence: 'Số 3 Ngõ Mẫu Giáo, TP. Mẫu',
      dateOfIssue: '01/08/2024',
      dateOfExpiry: '20/06/2034',
    },
    'seven years old': {
      ...COMMON,
      personalNumber: '999317121212',
      fullName: 'Trịnh Ngọc Tiểu Học',
      dateOfBirth: '09/09/2017',
      sex: 'female',
      placeOfOrigin: 'Xã Tiểu Học, Tỉnh Mẫu',
      placeOfResidence: 'Xã Tiểu Học, Tỉnh Mẫu',
      dateOfIssue: '10/10/2024',
      dateOfExpiry: '09/09/2031',
      portrait,
    },
  }
}
