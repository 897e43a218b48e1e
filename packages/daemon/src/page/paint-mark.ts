/** The measure in the page's performance timeline: from the `fields` event to the frame that shows the name. */
export const FIELDS_TO_NAME = 'cccd:fields-to-name'

let start: number | null = null

/** Fields of the chip have just arrived. */
export function fieldsArrived(): void {
  start = performance.now()
}

/** To be called after the name is in the document: closes the measure once that frame has been painted. */
export function nameRendered(): void {
  if (start === null) return
  const from = start
  start = null
  // A message posted from an animation frame is handled after that frame was painted.
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      // Only the last one is kept: the page runs all day.
      performance.clearMeasures(FIELDS_TO_NAME)
      performance.measure(FIELDS_TO_NAME, { start: from, end: performance.now() })
      port1.close()
    }
    port2.postMessage(null)
  })
}
