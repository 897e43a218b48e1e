import type { CardChannel, CommandApdu, ResponseApdu } from '@cccd/card-core'
import { encodeCommand, encodeResponse } from '@cccd/card-core'

/** What went over the link, the status words and the headers included. */
export interface LinkTraffic {
  readonly apdus: number
  readonly bytesOut: number
  readonly bytesIn: number
}

/** A contactless link in figures; times in milliseconds. */
export interface LinkSpeed {
  /** 106, 212, 424 or 848 (ISO/IEC 14443). */
  readonly kbitPerSecond: number
  /** Bytes of one frame without its prologue and check: FSD or FSC less three, 253 at most. Default 253. */
  readonly frameBytes?: number
  /** Frame delays, start and end of frame and the reader's own work, for each frame and its answer. Default 0.6. */
  readonly msPerFrame?: number
  /** What the chip computes for each command. Default 3. */
  readonly msPerApdu?: number
}

/** Adds two stretches of traffic. */
export function addTraffic(a: LinkTraffic, b: LinkTraffic): LinkTraffic {
  return { apdus: a.apdus + b.apdus, bytesOut: a.bytesOut + b.bytesOut, bytesIn: a.bytesIn + b.bytesIn }
}

/**
 * Time of the traffic over ISO/IEC 14443-4, in milliseconds: nine bits a byte (parity), three bytes more a frame, and a
 * fixed cost for each frame and each command. A model to compare sessions with, not a promise about a card.
 */
export function linkTime(traffic: LinkTraffic, speed: LinkSpeed): number {
  const frameBytes = speed.frameBytes ?? 253
  const extra = Math.max(0, traffic.bytesOut + traffic.bytesIn - 2 * traffic.apdus * frameBytes)
  const frames = 2 * traffic.apdus + Math.ceil(extra / frameBytes)
  const bits = 9 * (traffic.bytesOut + traffic.bytesIn + 3 * frames)
  return bits / speed.kbitPerSecond + frames * (speed.msPerFrame ?? 0.6) + traffic.apdus * (speed.msPerApdu ?? 3)
}

/** A channel that counts what passes, as it would stand on the link: encoded commands, encoded responses. */
export function measured(channel: CardChannel): CardChannel & { readonly traffic: LinkTraffic } {
  let traffic: LinkTraffic = { apdus: 0, bytesOut: 0, bytesIn: 0 }
  return {
    get traffic(): LinkTraffic {
      return traffic
    },
    async transmit(command: CommandApdu): Promise<ResponseApdu> {
      const answer = await channel.transmit(command)
      traffic = addTraffic(traffic, {
        apdus: 1,
        bytesOut: encodeCommand(command).length,
        bytesIn: encodeResponse(answer).length,
      })
      return answer
    },
  }
}
