// Apart from what makes cards: the desk's drawer knows its holders without loading that.
import type { Holder } from '@cccd/personalization'

/** The invented holder. 999 is no province, and no such number was ever given out. */
export const SAMPLE_HOLDER: Omit<Holder, 'portrait'> = {
  personalNumber: '999190000001',
  fullName: 'TRẦN THỊ THỬ NGHIỆM',
  dateOfBirth: '15/08/1990',
  sex: 'female',
  nationality: 'Việt Nam',
  ethnicity: 'Kinh',
  religion: 'Không',
  placeOfOrigin: 'Xã Mẫu, Huyện Thử, Tỉnh Giả Định',
  placeOfResidence: 'Số 1, Đường Thử Nghiệm, Phường Mẫu, Tỉnh Giả Định',
  identifyingFeatures: 'Nốt ruồi cách 1 cm dưới mắt trái (không có thật)',
  dateOfIssue: '01/09/2024',
  dateOfExpiry: '15/08/2030',
  parents: ['TRẦN VĂN GIẢ', 'NGUYỄN THỊ ĐỊNH'],
  oldNumber: '999000001',
}
