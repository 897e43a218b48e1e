import { buildDg13, generateEcKeyPair, generateKey, parseDg13, type Randomness } from '@cccd/card-core'
import { type Chip, type ChipDocument, createChip } from '@cccd/card-simulator'
import { type CardDrawer, DeskError, type SimulatedCard } from '@cccd/daemon'
import { formatCardQr, lawInForce, parsePartialDate, requireFullDate } from '@cccd/mrz'
import type { Holder } from '@cccd/personalization'
import { NO_ANCHORS, type TrustAnchors, trustAnchors } from '@cccd/verifier'
import type { SampleAuthority } from './sample.ts'
import { SAMPLE_HOLDER } from './sample-holder.ts'
import type { SimulatedDesk } from './simulated-readers.ts'

/** A drawer of cards for training: a genuine one, and each way in which a card can be bad that a clerk has to know. */
export interface TrainingDrawer extends CardDrawer {
  /** The drawer's own test authority, once it is set up; it vouches for nothing but these cards. */
  anchors(): TrustAnchors
  /** Resolves when the authority is set up; whoever looks at it first sets it up. */
  readonly ready: Promise<void>
}

type Unportrayed = Omit<Holder, 'portrait'>

interface Drawn extends SimulatedCard {
  readonly holder: Unportrayed
  /** What the forger did, between the authority's work and the desk. */
  readonly spoil?: (document: ChipDocument, random: Randomness) => ChipDocument
  /** Made by an authority of the same name that nobody vouches for. */
  readonly foreign?: true
}

// Nobody here lives: province code 999 does not exist.
const CARDS: readonly Drawn[] = [
  {
    id: 'genuine',
    vi: 'Thẻ thật, còn hạn',
    en: 'Genuine, valid',
    lie: 'Đạt (xanh): không có gì sai. / Green: nothing is wrong.',
    holder: SAMPLE_HOLDER,
  },
  {
    id: 'expired',
    vi: 'Thẻ thật, đã hết hạn',
    en: 'Genuine, expired',
    lie: 'Không đạt (đỏ): thẻ đã hết hạn. / Red: the card has expired.',
    holder: {
      ...SAMPLE_HOLDER,
      personalNumber: '999099000002',
      fullName: 'LÊ VĂN QUÁ HẠN',
      dateOfBirth: '15/03/1999',
      sex: 'male',
      dateOfIssue: '20/05/2021',
      dateOfExpiry: '15/03/2024',
      oldNumber: '999000002',
    },
  },
  {
    id: 'forged-hash',
    vi: 'Dữ liệu trong chip bị sửa',
    en: 'Data in the chip were changed',
    lie: 'Không đạt (đỏ): nơi thường trú bị sửa sau khi ký. / Red: the residence was changed after signing.',
    holder: {
      ...SAMPLE_HOLDER,
      personalNumber: '999185000003',
      fullName: 'PHẠM THỊ SỬA ĐỔI',
      dateOfBirth: '20/11/1985',
      dateOfIssue: '10/08/2024',
      dateOfExpiry: '20/11/2045',
      oldNumber: '999000003',
    },
    spoil: ({ files, secrets }) => {
      const fields = parseDg13(files['EF.DG13'] as Uint8Array)
      const placeOfResidence = 'Số 99, Đường Bịa Đặt, Phường Mẫu, Tỉnh Giả Định'
      return { secrets, files: { ...files, 'EF.DG13': buildDg13({ ...fields, placeOfResidence }) } }
    },
  },
  {
    id: 'foreign-signer',
    vi: 'Do cơ quan giả mạo ký',
    en: 'Signed by an impostor',
    lie: 'Không đạt (đỏ): cơ quan cấp trùng tên nhưng sai khóa. / Red: an issuer of the right name with a wrong key.',
    holder: {
      ...SAMPLE_HOLDER,
      personalNumber: '999078000004',
      fullName: 'HOÀNG VĂN KÝ LẠ',
      dateOfBirth: '05/05/1978',
      sex: 'male',
      dateOfIssue: '10/10/2023',
      dateOfExpiry: '05/05/2038',
      oldNumber: '999000004',
    },
    foreign: true,
  },
  {
    id: 'copied-chip',
    vi: 'Bản sao của một chip thật',
    en: 'A copy of a genuine chip',
    lie: 'Không đạt (đỏ): chip không giữ khóa riêng của thẻ. / Red: the chip does not hold the private keys of the card.',
    holder: {
      ...SAMPLE_HOLDER,
      personalNumber: '999195000005',
      fullName: 'VŨ THỊ SAO CHÉP',
      dateOfBirth: '12/12/1995',
      dateOfIssue: '15/01/2025',
      dateOfExpiry: '12/12/2035',
      oldNumber: '999000005',
    },
    spoil: ({ files, secrets }, random) => ({
      files,
      secrets: {
        ...secrets,
        activeAuthentication: { pkcs8: generateKey({ kind: 'rsa', bits: 2048 }).pkcs8, hash: 'sha256' },
        chipAuthentication: [
          {
            curve: 'brainpoolP256r1',
            privateKey: generateEcKeyPair('brainpoolP256r1', random).privateKey,
            cipher: 'AES-128',
          },
        ],
      },
    }),
  },
]

/** Opens the drawer over a simulated reader. What makes cards is loaded when `ready` is asked for or a card is laid, so that
 * a desk listens before that. */
export function openDrawer(given: {
  readonly desk: SimulatedDesk
  readonly now: () => Date
  readonly random: Randomness
}): TrainingDrawer {
  const { desk, now, random } = given
  const newAuthority = async (): Promise<SampleAuthority> => {
    const { makeSampleAuthority } = await import('./sample.ts')
    return makeSampleAuthority({ now: now(), random })
  }
  const authority = once(newAuthority)
  const impostor = once(newAuthority)
  const chips = new Map<string, Promise<Chip>>()
  let anchors = NO_ANCHORS
  const ready = once(async () => {
    const { csca, crl } = await authority()
    anchors = trustAnchors({ certificates: [csca], crls: [crl] }).anchors
  })

  const found = (id: string): Drawn => {
    const card = CARDS.find(one => one.id === id)
    if (!card) throw new DeskError('CARD_UNKNOWN', 'there is no such card in the drawer')
    return card
  }
  const chipOf = async ({ holder, spoil, foreign }: Drawn): Promise<Chip> => {
    const [{ makeSampleDocument }, { samplePortrait }] = await Promise.all([
      import('./sample.ts'),
      import('./sample-portrait.ts'),
    ])
    const issuer = await (foreign ? impostor() : authority())
    const made = await makeSampleDocument(issuer, { ...holder, portrait: await samplePortrait() }, random)
    const document = spoil ? spoil(made, random) : made
    // Longer than any of its files, and told by its EF.ATR/INFO.
    return createChip(document, { access: ['PACE', 'BAC'], random, extendedLength: 32_768 })
  }
  return {
    get ready() {
      return ready()
    },
    anchors: () => anchors,
    cards: () => CARDS.map(({ id, vi, en, lie }) => ({ id, vi, en, lie })),
    async insert(id) {
      const card = found(id)
      let chip = chips.get(id)
      if (!chip) {
        chip = chipOf(card)
        chips.set(id, chip)
        chip.catch(() => chips.delete(id))
      }
      const made = await chip
      await ready()
      desk.lay(made)
    },
    async remove() {
      desk.lift()
    },
    scanText: id => qrOf(found(id).holder),
  }
}

/** As the card of its year has it: seven fields, eleven from the law of 2023 on. */
function qrOf(holder: Unportrayed): string {
  const { personalNumber, oldNumber = '', fullName, sex, placeOfResidence: address } = holder
  const nothing = { year: 0, month: null, day: null }
  const dateOfIssue = requireFullDate(parsePartialDate(holder.dateOfIssue) ?? nothing, 'dateOfIssue')
  return formatCardQr({
    variant: lawInForce(dateOfIssue) === '2014' ? '2021' : '2024',
    ...{ personalNumber, oldNumber, fullName, sex, address, dateOfIssue },
    dateOfBirth: parsePartialDate(holder.dateOfBirth) ?? nothing,
  })
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
