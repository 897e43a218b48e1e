/** Prints rows under a title, columns as wide as their longest cell. */
export function printTable(title, header, rows) {
  const all = [header, ...rows].map(row => row.map(String))
  const widths = header.map((_, i) => Math.max(...all.map(row => row[i].length)))
  const line = row => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  ')
  console.log(`\n${title}`)
  console.log(line(all[0]))
  console.log(widths.map(width => '-'.repeat(width)).join('  '))
  for (const row of all.slice(1)) console.log(line(row))
}

/** How often `once` runs in a second, over `seconds`. */
export function perSecond(once, seconds) {
  const begin = process.hrtime.bigint()
  const end = begin + BigInt(Math.round(seconds * 1e9))
  let count = 0
  while (process.hrtime.bigint() < end) {
    once()
    count++
  }
  return (count * 1e9) / Number(process.hrtime.bigint() - begin)
}

export const median = values => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]

/** Tells on stderr how far a long measurement has come; call the function for each piece of work. */
export function progress(name, of) {
  let done = 0
  let told = 0
  return () => {
    done++
    const now = performance.now()
    if (done < of && now - told < (process.stderr.isTTY ? 200 : 5000)) return
    told = now
    if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${done} of ${of}${done === of ? '\n' : ''}`)
    else process.stderr.write(`${name}: ${done} of ${of}\n`)
  }
}
