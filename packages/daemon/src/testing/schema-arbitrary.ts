import fc, { type Arbitrary } from 'fast-check'

/** A JSON schema as the OpenAPI document has it; only the words that occur there are known, any other is an error. */
export type JsonSchema = Readonly<Record<string, unknown>>

const KNOWN = new Set([
  ...[
    '$ref',
    'anyOf',
    'oneOf',
    'allOf',
    'type',
    'const',
    'enum',
    'pattern',
    'format',
    'minLength',
    'maxLength',
    'minimum',
    'maximum',
  ],
  ...[
    'items',
    'minItems',
    'maxItems',
    'properties',
    'required',
    'additionalProperties',
    'propertyNames',
    'description',
    'default',
    'not',
  ],
])

/** Values that fit the schema, as far as it says; with `strange` now and then one of its parts is anything else instead. */
export function fromSchema(schema: JsonSchema, schemas: Readonly<Record<string, JsonSchema>>): Arbitrary<unknown> {
  return fc.oneof(valueFor(schema, { schemas, strange: 0 }, 0), valueFor(schema, { schemas, strange: 1 }, 0))
}

interface Given {
  readonly schemas: Readonly<Record<string, JsonSchema>>
  readonly strange: 0 | 1
}

function valueFor(schema: JsonSchema, given: Given, depth: number): Arbitrary<unknown> {
  const fits = fitting(schema, given, depth)
  return given.strange === 0 ? fits : fc.oneof({ weight: 12, arbitrary: fits }, { weight: 1, arbitrary: hostile() })
}

function fitting(schema: JsonSchema, given: Given, depth: number): Arbitrary<unknown> {
  for (const word of Object.keys(schema)) if (!KNOWN.has(word)) throw new Error(`unknown word of a schema: ${word}`)
  const deeper = (inner: unknown): Arbitrary<unknown> => valueFor(inner as JsonSchema, given, depth + 1)
  if (depth > 6) return fc.constant(null)
  if (typeof schema.$ref === 'string') {
    const named = given.schemas[schema.$ref.replace('#/components/schemas/', '')]
    if (!named) throw new Error(`a schema refers to nothing: ${schema.$ref}`)
    return deeper(named)
  }
  const choice = (schema.anyOf ?? schema.oneOf) as readonly unknown[] | undefined
  if (choice) return fc.oneof(...choice.map(deeper))
  if (Array.isArray(schema.allOf)) return deeper(schema.allOf[0])
  if ('const' in schema) return fc.constant(schema.const)
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum)
  switch (schema.type) {
    case 'string':
      return text(schema)
    case 'integer':
      return fc.integer({ min: bound(schema.minimum, -1e9), max: bound(schema.maximum, 1e9) })
    case 'number':
      return fc.double({ noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'array':
      return fc.array(deeper(schema.items ?? {}), {
        minLength: bound(schema.minItems, 0),
        maxLength: Math.min(bound(schema.maxItems, 4), Math.max(4, bound(schema.minItems, 0))),
      })
    case 'object':
      return object(schema, deeper)
    default:
      return fc.jsonValue()
  }
}

function text({ pattern, minLength, maxLength, format }: JsonSchema): Arbitrary<string> {
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern, 'u'), { maxLength: 400 })
  if (format === 'binary') return fc.string()
  return fc.string({ unit: 'grapheme', minLength: bound(minLength, 0), maxLength: Math.min(bound(maxLength, 60), 200) })
}

function object(schema: JsonSchema, deeper: (inner: unknown) => Arbitrary<unknown>): Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, unknown>>)
  const required = (schema.required ?? []) as readonly string[]
  const named = fc.record(Object.fromEntries(properties.map(([name, inner]) => [name, deeper(inner)])), {
    requiredKeys: required.filter(name => properties.some(([known]) => known === name)),
  })
  if (typeof schema.additionalProperties !== 'object') return named
  return fc.dictionary(fc.string({ maxLength: 20 }), deeper(schema.additionalProperties), { maxKeys: 4 })
}

/** What no schema asked for. */
export function hostile(): Arbitrary<unknown> {
  return fc.oneof(
    fc.jsonValue(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('__proto__', 'constructor', '../../../etc/passwd', '%00', '\u0000', "'; --", '{{7*7}}', '￿', ''),
    fc.constantFrom(-1, 0, 1e308, -0, 2 ** 53),
    fc.string({ minLength: 2000, maxLength: 5000 }),
  )
}

function bound(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? Math.max(-1e9, Math.min(1e9, value)) : otherwise
}
