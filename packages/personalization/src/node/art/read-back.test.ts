import { openPictureDecoder } from '@cccd/card-reader/image'
import { readMrzPicture } from '@cccd/card-reader/mrz-image'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { mrzLines } from '../../prepare/mrz-lines.ts'
import { cardQrText } from '../../prepare/qr-text.ts'
import { openCardArt } from './card-art.ts'
import { inventedPeople } from './testing/people.ts'

// The optical check of a line, on pictures that no printer touched: what a desk's readers see is what the record says.
const decoder = openPictureDecoder({ threads: 1 })
const art = await openCardArt({ threads: 0 })
const people = await inventedPeople()
afterAll(async () => {
  await decoder.close()
  await art.close()
})

describe.each([
  ['2021', 'front.png'],
  ['2024', 'back.png'],
] as const)('the card of %s', (card, qrSide) => {
  test.each([300, 600] as const)('shows QR and MRZ of everybody as the record has them, at %i dpi', async dpi => {
    // The finer pictures take longer: there everybody has one of the two cards.
    const all = Object.entries(people).filter((_, i) => dpi === 300 || (i % 2 === 0) === (card === '2021'))
    for (const [kind, holder] of all) {
      const { files } = await art.render({ holder, card, dpi, outputs: ['png'] })
      const picture = (name: string): Uint8Array => files.find(one => one.name === name)?.bytes ?? new Uint8Array()
      const { texts } = await decoder.decode(picture(qrSide))
      expect([kind, texts.map(({ text }) => text)]).toEqual([kind, [cardQrText(holder, card)]])
      const mrz = await readMrzPicture(picture('back.png'))
      expect([kind, mrz.kind === 'read' ? mrz.mrz.lines : mrz]).toEqual([kind, mrzLines(holder)])
      const { width, height, density } = await sharp(picture('back.png')).metadata()
      expect([width, height, density]).toEqual(dpi === 300 ? [1011, 638, 300] : [2022, 1275, 600])
    }
  })
})
