type Schemas = Readonly<Record<string, unknown>>

const REF = '#/components/schemas/'

/** Every schema comes under two names, `X` for replies and `XInput` for requests. Those that nothing reaches go; where one of
 * the two is left, or both say the same, it is `X`. They stand in the order of the alphabet. */
export function tidyComponents(document: Record<string, unknown>): Record<string, unknown> {
  const { components, ...rest } = document as { components: { schemas?: Schemas } }
  let schemas = reached(rest, components.schemas ?? {})
  let text = JSON.stringify(rest)
  for (const name of Object.keys(schemas).filter(name => name.endsWith('Input'))) {
    const short = name.slice(0, -'Input'.length)
    const rename = (json: string): string => json.replaceAll(`"${REF}${name}"`, `"${REF}${short}"`)
    const other = schemas[short]
    if (other !== undefined && JSON.stringify(other) !== rename(JSON.stringify(schemas[name]))) continue
    const { [name]: renamed, ...others } = schemas
    schemas = JSON.parse(rename(JSON.stringify({ ...others, [short]: renamed }))) as Schemas
    text = rename(text)
  }
  const sorted = Object.fromEntries(Object.entries(schemas).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return { ...(JSON.parse(text) as object), components: { ...components, schemas: sorted } }
}

/** Those schemas that `from` refers to, directly or by others. */
function reached(from: unknown, schemas: Schemas): Schemas {
  const found = new Set<string>()
  const look = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (found.has(name)) continue
      found.add(name)
      look(schemas[name])
    }
  }
  look(from)
  return Object.fromEntries(Object.entries(schemas).filter(([name]) => found.has(name)))
}
