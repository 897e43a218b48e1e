// Judges resources by the R4 definitions that the npm package `fhir` carries; nothing is fetched.
import { Fhir } from 'fhir'

const r4 = new Fhir()

/** What the R4 definitions have against a resource; empty when nothing. Value sets count where they are required. */
export function r4Faults(resource: unknown): string[] {
  const faults: string[] = []
  const plain = withoutPrimitiveIds(resource, '', faults)
  const { messages } = r4.validate(plain as object, { errorOnUnexpected: true })
  for (const { severity, location, message } of messages)
    if (severity === 'error' || severity === 'fatal') faults.push(`${location}: ${message}`)
  return faults
}

// R4 §2.6.2.3: `_name` beside a primitive `name` holds its id and extensions. The package does not know these members, so
// they are checked here and taken out.
function withoutPrimitiveIds(value: unknown, path: string, faults: string[]): unknown {
  if (Array.isArray(value)) return value.map((item, i) => withoutPrimitiveIds(item, `${path}[${i}]`, faults))
  if (typeof value !== 'object' || value === null) return value
  const kept: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) {
    if (!name.startsWith('_')) {
      kept[name] = withoutPrimitiveIds(member, `${path}.${name}`, faults)
      continue
    }
    const beside = (value as Record<string, unknown>)[name.slice(1)]
    const members = Object.keys((member ?? {}) as object)
    if (typeof beside === 'object' || beside === undefined || members.some(key => key !== 'id'))
      faults.push(`${path}.${name}: no id of a primitive`)
  }
  return kept
}
