/** Exactly what a browser sends as Origin: scheme, host in lower case, a port only where it is not the scheme's own. */
export function isExactOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, origin, hostname } = new URL(text)
  if (protocol !== 'https:' && protocol !== 'http:') return false
  return origin === text && /^([a-z0-9.-]+|\[[0-9a-f:]+\])$/.test(hostname)
}
