// What an accessibility checker would look at: names, roles, references, headings, contrast. Tests run these functions in
// the page itself, so each is whole in itself.

export interface ContrastOf {
  readonly text: string
  readonly ratio: number
}

/** Everything that is wrong with the page as it stands, as sentences; empty when nothing is. */
export function accessibilityFaults(): readonly string[] {
  const faults: string[] = []
  const isShown = (element: Element): boolean =>
    (element as HTMLElement).checkVisibility({ checkVisibilityCSS: true, checkOpacity: true })
  const told = (element: Element): string => `${element.tagName.toLowerCase()}.${element.className || element.id}`
  const spoken = (node: Node): string => {
    if (node.nodeType === Node.TEXT_NODE) return node.textContent ?? ''
    if (!(node instanceof Element) || node.getAttribute('aria-hidden') === 'true') return ''
    if (node.getAttribute('aria-label')) return node.getAttribute('aria-label') ?? ''
    return [...node.childNodes].map(spoken).join(' ')
  }
  const nameOf = (element: Element): string => {
    const by = element.getAttribute('aria-labelledby')
    if (by)
      return by
        .split(' ')
        .map(id => document.getElementById(id)?.textContent ?? '')
        .join(' ')
        .trim()
    const label = element.getAttribute('aria-label')
    if (label) return label
    const labels = (element as HTMLInputElement).labels
    if (labels?.length) return [...labels].map(spoken).join(' ').trim()
    return spoken(element).trim() || (element.getAttribute('title') ?? '')
  }
  const active = 'button, a[href], input, select, textarea, summary, [role=img], section, dialog[open]'
  for (const element of document.querySelectorAll(active)) {
    if (isShown(element) && nameOf(element) === '') faults.push(`${told(element)} has no name`)
  }
  for (const element of document.querySelectorAll('button, summary, select, textarea, a[href]')) {
    if (!isShown(element) || getComputedStyle(element).clipPath !== 'none') continue
    const { width, height } = element.getBoundingClientRect()
    if (width < 24 || height < 24) faults.push(`${told(element)} is ${Math.round(width)} × ${Math.round(height)}`)
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
  for (const id of new Set(ids)) {
    if (ids.filter(other => other === id).length > 1) faults.push(`two elements are called ${id}`)
  }
  for (const reference of ['aria-labelledby', 'aria-describedby', 'for']) {
    for (const element of document.querySelectorAll(`[${reference}]`)) {
      for (const id of (element.getAttribute(reference) ?? '').split(' ')) {
        if (!document.getElementById(id)) faults.push(`${told(element)} refers to ${id}, which is not there`)
      }
    }
  }
  for (const element of document.querySelectorAll('[tabindex]')) {
    if ((element as HTMLElement).tabIndex > 0) faults.push(`${told(element)} has a tab order of its own`)
  }
  for (const element of document.querySelectorAll('svg')) {
    if (element.getAttribute('aria-hidden') !== 'true') faults.push('a drawing is read out')
  }
  if (document.querySelectorAll('h1').length !== 1) faults.push('there is not one h1')
  if (!/^(?:vi|en)$/.test(document.documentElement.lang)) faults.push('the page does not say its language')
  if (!document.querySelector('main')) faults.push('there is no main')
  if (!document.querySelector('[role=status]') || !document.querySelector('[role=alert]')) {
    faults.push('there is no live region')
  }
  const { scrollWidth, clientWidth } = document.documentElement
  if (scrollWidth > clientWidth) faults.push(`the page is ${scrollWidth - clientWidth} px too wide`)
  for (const element of document.querySelectorAll('[style]')) faults.push(`${told(element)} has a style of its own`)
  return faults
}

/** The lowest contrast (WCAG 2.2 §1.4.3) of any text that is shown, with what it says; only within `selector`. */
export function lowestContrast(selector: string): ContrastOf {
  type Rgba = readonly [number, number, number, number]
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  // Drawn and read back, so that every way in which CSS writes a colour is understood.
  const known = new Map<string, Rgba>()
  const parse = (colour: string): Rgba => {
    const before = known.get(colour)
    if (before) return before
    if (!pen) throw new Error('no canvas')
    pen.clearRect(0, 0, 1, 1)
    pen.fillStyle = colour
    pen.fillRect(0, 0, 1, 1)
    const [r = 0, g = 0, b = 0, a = 0] = pen.getImageData(0, 0, 1, 1).data
    const parsed: Rgba = [r, g, b, a / 255]
    known.set(colour, parsed)
    return parsed
  }
  const over = ([r, g, b, a]: Rgba, below: Rgba): Rgba => [
    r * a + below[0] * (1 - a),
    g * a + below[1] * (1 - a),
    b * a + below[2] * (1 - a),
    1,
  ]
  const groundOf = (element: Element | null): Rgba => {
    if (element === null) return [255, 255, 255, 1]
    const own = parse(getComputedStyle(element).backgroundColor)
    return own[3] === 1 ? own : over(own, groundOf(element.parentElement))
  }
  const light = ([r, g, b]: Rgba): number => {
    const [x = 0, y = 0, z = 0] = [r, g, b].map(value => {
      const part = value / 255
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const walker = document.createTreeWalker(document.querySelector(selector) ?? document.body, NodeFilter.SHOW_TEXT)
  let lowest: ContrastOf = { text: '', ratio: 21 }
  let seen = 0
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement
    const text = node.textContent?.trim() ?? ''
    if (!element || text === '' || !element.checkVisibility({ checkVisibilityCSS: true })) continue
    if (element.closest('.hidden, noscript, script')) continue
    seen++
    const ground = groundOf(element)
    const [a, b] = [light(over(parse(getComputedStyle(element).color), ground)), light(ground)]
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    if (ratio < lowest.ratio) lowest = { text: text.slice(0, 40), ratio }
  }
  if (seen === 0) throw new Error(`no text in ${selector}`)
  return lowest
}
