/** An oddity that was tolerated; `oid` names the extension or algorithm it is about. */
export interface Finding<Code extends string> {
  readonly code: Code
  readonly oid?: string
}

export type Found<Code extends string> = (code: Code, oid?: string) => void

/** Gathers findings, each once. */
export function gatherFindings<Code extends string>(
  ...first: readonly Finding<Code>[]
): { readonly findings: readonly Finding<Code>[]; readonly found: Found<Code> } {
  const findings: Finding<Code>[] = [...first]
  const seen = new Set<string>()
  return {
    findings,
    found: (code, oid) => {
      const key = `${code} ${oid ?? ''}`
      if (seen.has(key)) return
      seen.add(key)
      findings.push(oid === undefined ? { code } : { code, oid })
    },
  }
}
