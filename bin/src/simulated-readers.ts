import { type CommandApdu, encodeCommand, encodeResponse, type ResponseApdu } from '@cccd/card-core'
import type { ReaderService } from '@cccd/card-reader/pcsc'
import { type Chip, chipChannel, type LinkSpeed, linkTime } from '@cccd/card-simulator'
import { type LaidCard, SimulatedReader, simulatedReaders } from '@cccd/daemon'

/** A reader in this process whose card comes from a drawer. */
export interface SimulatedDesk {
  /** As `openReaderService` gives it. */
  openReaders(): Promise<ReaderService>
  lay(chip: Chip): void
  lift(): void
}

/** The link of a usual contactless reader: a reading takes about a second, so that progress can be seen. */
const LINK: LinkSpeed = { kbitPerSecond: 424 }

/** One simulated reader. `link` is the speed of its field; null: answers come at once. */
export function simulatedDesk(link: LinkSpeed | null = LINK): SimulatedDesk {
  const reader = new SimulatedReader('Đầu đọc mô phỏng')
  return {
    openReaders: async () => simulatedReaders([reader]),
    lay: chip => reader.lay(laidCard(chip, link)),
    lift: () => reader.lift(),
  }
}

function laidCard(chip: Chip, link: LinkSpeed | null): LaidCard {
  const channel = chipChannel(chip)
  return {
    atr: chip.atr,
    async transmit(command: CommandApdu): Promise<ResponseApdu> {
      const begun = performance.now()
      const response = await channel.transmit(command)
      const bytesOut = encodeCommand(command).length
      const bytesIn = encodeResponse(response).length
      const ms = link === null ? 0 : linkTime({ apdus: 1, bytesOut, bytesIn }, link) + channel.field.state.delayMs
      // What the simulated chip took to compute is part of the time that a real one would take.
      const left = ms - (performance.now() - begun)
      if (left > 0) await new Promise(resolve => setTimeout(resolve, left))
      return response
    },
    reset: () => channel.field.reset(),
  }
}
