import { dataGroupFile, FILE_NAMES, FILES, type FileName, FormatError, parseCom, parseSod } from '@cccd/card-core'

/**
 * First what others wait for, then the holder's fields, the portrait last; DG3 and DG4 behind it, since asking for them
 * ends the session of some chips.
 */
const FIRST: readonly FileName[] = ['EF.SOD', 'EF.DG14', 'EF.COM', 'EF.DG1', 'EF.DG13', 'EF.DG15', 'EF.DG11', 'EF.DG12']
const LAST: readonly FileName[] = ['EF.DG2', 'EF.DG3', 'EF.DG4']
const ORDER: readonly FileName[] = [
  ...FIRST,
  ...FILE_NAMES.filter(file => FILES[file].dg !== undefined && ![...FIRST, ...LAST].includes(file)),
  ...LAST,
]

/** Fingerprints and irises need a government terminal's certificate. */
const CLOSED: readonly FileName[] = ['EF.DG3', 'EF.DG4']
/** What a document without a readable list is asked for. */
const USUAL: readonly FileName[] = ['EF.DG1', 'EF.DG2', 'EF.DG13', 'EF.DG14', 'EF.DG15']

/** Which file comes next: those wanted, in order, and of the data groups those that the document lists. */
export class WantedFiles {
  readonly #requested: readonly FileName[] | undefined
  readonly #listed = new Set<FileName>()
  readonly #done = new Set<FileName>()

  /** Absent: everything but DG3 and DG4. */
  constructor(requested?: readonly FileName[]) {
    this.#requested = requested
  }

  /** Adds what EF.SOD or EF.COM lists. */
  list(groups: readonly FileName[]): void {
    for (const group of groups) this.#listed.add(group)
  }

  /** The next file, or undefined when all are done. EF.SOD is given first, EF.COM before all groups it alone lists. */
  next(): FileName | undefined {
    const file = ORDER.find(candidate => !this.#done.has(candidate) && this.#isWanted(candidate))
    if (file) this.#done.add(file)
    return file
  }

  #isWanted(file: FileName): boolean {
    if (FILES[file].dg === undefined) {
      return this.#requested ? this.#requested.includes(file) : file === 'EF.SOD' || file === 'EF.COM'
    }
    if (this.#requested ? !this.#requested.includes(file) : CLOSED.includes(file)) return false
    if (this.#listed.size) return this.#listed.has(file)
    if (!this.#done.has('EF.COM') && this.#isWanted('EF.COM')) return false
    return this.#requested !== undefined || USUAL.includes(file)
  }
}

/** The groups an EF.SOD lists; none when it cannot be parsed, which is the verifier's to judge. */
export function groupsOfSod(sod: Uint8Array): FileName[] {
  return leniently(() => [...parseSod(sod).ldsSecurityObject.dataGroupHashes.keys()].map(dataGroupFile))
}

/** The groups an EF.COM lists; none when it cannot be parsed. */
export function groupsOfCom(com: Uint8Array): FileName[] {
  return leniently(() => parseCom(com).dataGroups.map(dataGroupFile))
}

function leniently(parse: () => FileName[]): FileName[] {
  try {
    return parse()
  } catch (error) {
    if (error instanceof FormatError) return []
    throw error
  }
}
