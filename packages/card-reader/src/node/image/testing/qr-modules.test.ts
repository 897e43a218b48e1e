import { expect, test } from 'vitest'
import { zxing } from '../zxing.ts'
import { plainSymbol } from './card-picture.ts'
import { type EccLevel, qrModules } from './qr-modules.ts'

test.each(['L', 'M', 'Q', 'H'] as const)(
  'at level %s every version up to 20 is read without using error correction',
  async (level: EccLevel) => {
    const seen = new Set<number>()
    for (let length = 1; ; length += 3) {
      const text = `Đ${'x'.repeat(length)}`
      let version: number
      try {
        ;({ version } = qrModules(new TextEncoder().encode(text), level))
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
        break
      }
      if (seen.has(version)) continue
      seen.add(version)
      const [found] = await zxing(plainSymbol(text, level, 3), { threshold: 'local', denoise: false })
      expect(found).toMatchObject({ text, spare: 1, utf8: true })
    }
    expect(seen.size).toBe(20)
  },
)
