import type { CardProtocol } from '@cccd/card-core'
import { openAccess, type UnopenedChip } from './access.ts'
import { ReadingSession, type ReadRequest, type ReadResult } from './reading-session.ts'
import { groupsOfCom, groupsOfSod, WantedFiles } from './wanted-files.ts'

/**
 * Reads a document and gathers the evidence of its chip, without opinion. The order brings what others wait for first:
 * EF.SOD, EF.DG14 and chip authentication, EF.COM, EF.DG1, EF.DG13, EF.DG15 and active authentication, EF.DG2 last.
 * Which groups exist is what EF.SOD and EF.COM list; a group that the chip refuses is recorded and the rest is read.
 * A chip whose EF.CardAccess is malformed is not opened: that file is then all there is to judge. The card must have
 * been reset since it was last used. Status words 61xx are the channel's part: run it over `withStatusHandling`. Throws
 * as openAccess and readFile do; TransportError passes through as it came.
 */
export function* readDocument(request: ReadRequest): CardProtocol<ReadResult> {
  const chip = yield* openAccess(request)
  if ('malformedCardAccess' in chip) return unopened(chip)
  const session = new ReadingSession(request, chip)
  if (chip.cardAccess && (request.files?.includes('EF.CardAccess') ?? true))
    session.keep('EF.CardAccess', chip.cardAccess)

  const wanted = new WantedFiles(request.files)
  for (let file = wanted.next(); file; file = wanted.next()) {
    const bytes = yield* session.read(file)
    if (!bytes) continue
    if (file === 'EF.SOD') {
      session.checkSameChip()
      wanted.list(groupsOfSod(bytes))
    }
    if (file === 'EF.COM') wanted.list(groupsOfCom(bytes))
    if (file === 'EF.DG14') yield* session.authenticateChip(bytes)
    if (file === 'EF.DG15') yield* session.authenticateActively(bytes)
  }
  yield* session.proveChipAuthentication()
  return session.result()
}

function unopened({ malformedCardAccess, limits }: UnopenedChip): ReadResult {
  return {
    files: { 'EF.CardAccess': malformedCardAccess },
    evidence: { access: { offered: [], used: 'none' }, refusedFiles: [] },
    limits,
  }
}
