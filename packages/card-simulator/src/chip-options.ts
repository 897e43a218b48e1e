import type { FileName, Randomness } from '@cccd/card-core'

/** How the chip answers SELECT MF; a status word in hex when it is not "ok". Every one of them is met in the field. */
export type SelectMfAnswer = 'ok' | '6D00' | '6982' | '6A81' | '6A82' | '6A86' | '6A87' | '6700'

/** What the chip can do, and where it departs from the usual. Only `access` and `random` must be given. */
export interface ChipOptions {
  /** The access protocols the chip knows. Without 'PACE' it has no EF.CardAccess either. */
  readonly access: readonly ('PACE' | 'BAC')[]
  readonly random: Randomness
  /**
   * Extended length: a number is the most data bytes of one command and one response, told in EF.ATR/INFO (DO 7F66) when
   * the document brings no such file; true is 65,533; false answers 6700 to every extended APDU. Default true.
   */
  readonly extendedLength?: boolean | number
  /** Default 6D00, as the Vietnamese card answers. */
  readonly selectMf?: SelectMfAnswer
  /** Answers 6700 to a SELECT or MSE that carries Le, as German documents do. */
  readonly refuseLeOnSelect?: boolean
  /** Plain SELECT of the application before PACE. Default: 'ok' when BAC is offered, else '6982' (9303-11 §4.2). */
  readonly applicationBeforePace?: 'ok' | '6982'
  /** A READ BINARY that asks for more than the file holds. Default '6282': the rest, with that warning. */
  readonly endOfFile?: '6282' | '9000' | '6Cxx'
  /** A READ BINARY whose answer does not fit in the response once protected. Default 'truncate'. */
  readonly overlong?: 'truncate' | '6700' | '6Cxx'
  /** '61xx' hands every response with data out through GET RESPONSE. Default 'direct'. */
  readonly responseData?: 'direct' | '61xx'
  /** Whether READ BINARY knows the odd INS B1. Default true. */
  readonly oddReadBinary?: boolean
  /** Files that terminal authentication alone would open; the chip knows none, so they stay closed. Default DG3, DG4. */
  readonly closedFiles?: readonly FileName[]
  /** Whether asking for a closed file ends the session, as some chips do. Default false. */
  readonly closedFileEndsSession?: boolean
  /** DO 84 (domain parameter reference) in MSE:Set AT for PACE. Default 'optional'. */
  readonly paceParameterReference?: 'optional' | 'required' | 'refused'
  /** MSE:Set AT for PACE answers this although EF.CardAccess announces the protocol. */
  readonly paceBroken?: number
  /** Wrong passwords in a row before the chip answers 6983 for good; it tells the tries left as 63Cx. Default: no
   * limit, 6300. */
  readonly tries?: { readonly bac?: number; readonly pace?: number }
  /** How long the chip holds back its answer for each failed try so far, in ms. Default 0. */
  readonly failureDelayMs?: number
  /** Default 3B80800101: a contactless card without historical bytes. */
  readonly atr?: Uint8Array
}
