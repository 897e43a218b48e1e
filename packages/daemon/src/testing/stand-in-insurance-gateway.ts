// Stands in for the insurance gateway: its two calls as they are described, with invented people.
import { createHash, randomBytes } from 'node:crypto'
import { type Seen, type StandIn, startStandIn } from './stand-in-server.ts'

export interface InsuredPerson {
  readonly numbers: readonly string[]
  readonly fullName: string
  readonly dateOfBirth: string
  readonly reply: Readonly<Record<string, unknown>>
}

export interface StandInGateway extends StandIn {
  /** Forgets every token, as a restart of the gateway does. */
  forgetTokens(): void
  /** How many tokens were given. */
  tokensGiven(): number
  /** What the next tokens say of their life. */
  setExpiry(expiry: () => unknown): void
  /** The look-ups that came, with the body read. */
  lookUps(): { readonly query: Record<string, string>; readonly body: Record<string, string> }[]
}

export const GATEWAY_ACCOUNT = { username: '99999_BV', password: 'mật khẩu thử' } as const
export const GATEWAY_CLERK = { fullName: 'LÊ VĂN QUẦY', personalNumber: '999090000009' } as const

/** An invented person who is insured. */
export const INSURED: InsuredPerson = {
  numbers: ['999190000001', '9990000001', 'DN4999990000001'],
  fullName: 'TRẦN THỊ THỬ NGHIỆM',
  dateOfBirth: '15/08/1990',
  reply: {
    maKetQua: '000',
    ghiChu: 'Thẻ còn giá trị sử dụng!',
    maThe: 'DN4999990000001',
    hoTen: 'Trần Thị Thử Nghiệm',
    ngaySinh: '15/08/1990',
    gioiTinh: 'Nữ',
    diaChi: 'Phường Mẫu, Tỉnh Không Có',
    maDKBD: '99001',
    cqBHXH: 'Bảo hiểm xã hội Mẫu',
    gtTheTu: '01/01/2026',
    gtTheDen: '31/12/2026',
    maKV: '',
    ngayDu5Nam: '01/01/2029',
    maSoBHXH: '9990000001',
    maTheCu: null,
    maTheMoi: null,
    gtTheTuMoi: null,
    gtTheDenMoi: null,
    maDKBDMoi: null,
    tenDKBDMoi: null,
    dsLichSuKCB2018: [
      { maHoSo: 1, maCSKCB: '99001', ngayVao: '202601050800', ngayRa: '202601051000', tenBenh: 'BỆNH BỊA RA' },
    ],
    dsLichSuKT2018: [],
  },
}

/** Starts it. The account and the clerk are GATEWAY_ACCOUNT and GATEWAY_CLERK, everybody else is refused. */
export async function startStandInGateway(people: readonly InsuredPerson[] = [INSURED]): Promise<StandInGateway> {
  const md5 = createHash('md5').update(GATEWAY_ACCOUNT.password, 'utf8').digest('hex')
  const tokens = new Map<string, string>()
  let given = 0
  let expiry: () => unknown = () => new Date(Date.now() + 3_600_000).toISOString().replace('Z', '4321Z')

  const standIn = await startStandIn(seen => {
    if (seen.method !== 'POST') return { status: 405, body: {} }
    if (seen.path === '/api/token/take') return takeToken(seen)
    if (seen.path === '/api/egw/KQNhanLichSuKCB2024') return lookUp(seen)
    return { status: 404, body: {} }
  })

  function takeToken({ text }: Seen): { body: unknown } {
    const { username, password } = JSON.parse(text) as Record<string, string>
    if (username !== GATEWAY_ACCOUNT.username || password !== md5) return { body: { maKetQua: '401', APIKey: null } }
    const [accessToken, idToken] = [randomBytes(24).toString('base64'), randomBytes(16).toString('hex')]
    tokens.set(accessToken, idToken)
    given++
    return {
      body: {
        maKetQua: '200',
        APIKey: {
          access_token: accessToken,
          id_token: idToken,
          token_type: 'Bearer',
          username,
          expires_in: expiry(),
        },
      },
    }
  }

  function lookUp({ query, text }: Seen): { body: unknown } {
    const known = tokens.get(query.get('token') ?? '')
    const account = query.get('username') === GATEWAY_ACCOUNT.username && query.get('password') === md5
    if (!account || known === undefined || known !== query.get('id_token')) return { body: { maKetQua: '401' } }
    const { maThe, hoTen, ngaySinh, hoTenCb, cccdCb } = JSON.parse(text) as Record<string, string>
    if (cccdCb !== GATEWAY_CLERK.personalNumber) return { body: { maKetQua: '054' } }
    if (hoTenCb !== GATEWAY_CLERK.fullName) return { body: { maKetQua: '055' } }
    const person = people.find(({ numbers }) => numbers.includes(maThe as string))
    if (person === undefined) return { body: { maKetQua: '050', ghiChu: 'Không tìm thấy thông tin thẻ' } }
    if (hoTen?.toLocaleUpperCase('vi') !== person.fullName) return { body: { maKetQua: '060' } }
    const born = [person.dateOfBirth, person.dateOfBirth.replaceAll('/', ''), person.dateOfBirth.slice(-4)]
    if (!born.includes(ngaySinh as string)) return { body: { maKetQua: '070' } }
    return { body: person.reply }
  }

  return {
    ...standIn,
    forgetTokens: () => tokens.clear(),
    tokensGiven: () => given,
    setExpiry: next => {
      expiry = next
    },
    lookUps: () =>
      standIn.seen
        .filter(({ path }) => path.endsWith('KQNhanLichSuKCB2024'))
        .map(({ query, text }) => ({ query: Object.fromEntries(query), body: JSON.parse(text) })),
  }
}
