import { connect, type Socket } from 'node:net'
import { TransportError } from '@cccd/card-core'
import { type Chip, chipInField, type Fault, type LinkTraffic } from '@cccd/card-simulator'

/** A simulated card lying on a virtual reader. */
export interface InsertedCard {
  /** Settles when the reader has found the card and given it power, some 400 ms after the insertion; never when the
   * port serves another card. */
  readonly powered: Promise<void>
  /** Settles when the card has left the reader, by `remove`, by a fault, or because the reader's service ended. */
  readonly removed: Promise<void>
  /** Takes the card away; settles when the socket is closed. */
  remove(): Promise<void>
  /** APDUs and bytes so far; control bytes and presence polls are not counted. */
  readonly counts: LinkTraffic
}

/** Where the virtual readers of pcscd listen; the second slot is one higher. */
export const VPCD_PORT = 35963

const POWER_OFF = 0x00
const POWER_ON = 0x01
const RESET = 0x02
const ATR = 0x04

/** A frame of the virtual reader: length in two bytes, big-endian, then the payload. One write, so that no half of it
 * waits for an acknowledgement. */
function frame(payload: Uint8Array): Uint8Array {
  if (payload.length > 0xffff) throw new RangeError('a frame of the virtual reader holds at most 65,535 bytes')
  const bytes = new Uint8Array(2 + payload.length)
  bytes[0] = payload.length >> 8
  bytes[1] = payload.length & 0xff
  bytes.set(payload, 2)
  return bytes
}

/** Cuts a byte stream into frames. */
function frames(take: (payload: Uint8Array) => void): (chunk: Uint8Array) => void {
  let held: Uint8Array = new Uint8Array()
  return chunk => {
    const all = new Uint8Array(held.length + chunk.length)
    all.set(held)
    all.set(chunk, held.length)
    let at = 0
    while (all.length - at >= 2) {
      const length = ((all[at] as number) << 8) | (all[at + 1] as number)
      if (all.length - at < 2 + length) break
      take(all.subarray(at + 2, at + 2 + length))
      at += 2 + length
    }
    held = all.slice(at)
  }
}

function open(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true })
    socket.once('connect', () => resolve(socket))
    socket.once('error', cause => {
      reject(
        new TransportError(
          'NO_SMARTCARD_SERVICE',
          `no virtual reader listens on ${host}:${port}`,
          { remedy: 'start pcscd with the package vsmartcard-vpcd installed, then try again' },
          { cause },
        ),
      )
    })
  })
}

/**
 * Lays a chip on a virtual reader of pcscd (vsmartcard-vpcd), as its TCP client. Power off and reset put the chip back
 * to its powered state; a fault "removed" closes the socket, "mute" keeps it open and silent. Throws TransportError
 * NO_SMARTCARD_SERVICE when nobody listens. One card a port: a second one waits, unseen, until the first leaves.
 */
export async function insertCard(given: {
  readonly chip: Chip
  readonly port?: number
  readonly host?: string
  readonly faults?: readonly Fault[]
}): Promise<InsertedCard> {
  const socket = await open(given.host ?? '127.0.0.1', given.port ?? VPCD_PORT)
  const field = chipInField(given.chip, given.faults)
  const removed = new Promise<void>(resolve => socket.once('close', () => resolve()))
  let tellPowered = (): void => undefined
  let isPowered = false
  const powered = new Promise<void>(resolve => {
    tellPowered = resolve
  })
  // A reader that goes away is told by `removed`, not by an exception nobody awaits.
  socket.on('error', () => socket.destroy())
  const answer = (payload: Uint8Array): void => {
    if (!socket.destroyed) socket.write(frame(payload))
  }
  const take = (payload: Uint8Array): void => {
    if (payload.length === 0) return
    if (payload.length === 1) {
      const control = payload[0]
      if (control === ATR) {
        answer(given.chip.atr)
        if (isPowered) tellPowered()
      } else if (control === POWER_OFF || control === POWER_ON || control === RESET) {
        field.reset()
        isPowered = control !== POWER_OFF
      }
      return
    }
    const result = field.exchange(payload)
    if (result.kind === 'removed') socket.destroy()
    else if (result.kind === 'response' && result.bytes.length > 0xffff) socket.destroy()
    else if (result.kind === 'response') {
      if (result.delayMs > 0) setTimeout(() => answer(result.bytes), result.delayMs)
      else answer(result.bytes)
    }
  }
  socket.on('data', frames(take))
  return {
    powered,
    removed,
    async remove() {
      socket.destroy()
      await removed
    },
    get counts(): LinkTraffic {
      return field.traffic
    },
  }
}
