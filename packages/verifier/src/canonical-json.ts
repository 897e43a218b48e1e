// RFC 8785 (JSON Canonicalization Scheme): one text for one value, so that a signature over the text is one over the
// value. Numbers are written as ECMAScript does, which is what the RFC asks.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

const DEEPEST = 32

/** The canonical text of a JSON value. Members that are undefined are left out, as JSON.stringify does. Throws RangeError
 * for what is no JSON (NaN, a function, half a surrogate pair) and for values nested more than 32 deep. */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > DEEPEST) throw new RangeError('the value is nested too deeply')
  switch (typeof value) {
    case 'string':
      if (!isWellFormed(value)) throw new RangeError('a text holds half a surrogate pair')
      return JSON.stringify(value)
    case 'number':
      if (!Number.isFinite(value)) throw new RangeError('a number is not finite')
      return JSON.stringify(value)
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      break
    default:
      throw new RangeError(`a ${typeof value} is no JSON`)
  }
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${value.map(one => canonicalJson(one, depth + 1)).join(',')}]`
  // RFC 8785 §3.2.3: by UTF-16 code units, which is how JavaScript compares.
  const names = Object.keys(value).sort()
  const members: string[] = []
  for (const name of names) {
    const member = (value as Record<string, unknown>)[name]
    if (member !== undefined) members.push(`${canonicalJson(name, depth)}:${canonicalJson(member, depth + 1)}`)
  }
  return `{${members.join(',')}}`
}

/** Whether the brackets of a JSON text are nested no deeper than a canonical value may be: asked before parsing, so that a
 * text of a million brackets costs nothing. */
export function isShallow(text: string): boolean {
  let depth = 0
  let inText = false
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (inText) {
      if (c === 0x5c) i++
      else if (c === 0x22) inText = false
    } else if (c === 0x22) inText = true
    else if (c === 0x5b || c === 0x7b) {
      if (++depth > DEEPEST) return false
    } else if (c === 0x5d || c === 0x7d) depth--
  }
  return true
}

/** String.prototype.isWellFormed, which is younger than the library that this is compiled for. */
function isWellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)
}
