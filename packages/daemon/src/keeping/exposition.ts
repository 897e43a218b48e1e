// The text format of Prometheus, version 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/

export type Labels = Readonly<Record<string, string>>

export interface Sample {
  readonly value: number
  readonly labels?: Labels
  /** `_bucket`, `_sum`, `_count`: what a histogram adds to its name. */
  readonly suffix?: string
}

export interface MetricFamily {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly samples: readonly Sample[]
}

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** The families as text, one sample a line; families without a sample are left out. */
export function exposition(families: readonly MetricFamily[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, help, type, samples }) => {
      const lines = samples.map(
        sample => `${name}${sample.suffix ?? ''}${labelText(sample.labels)} ${valueText(sample.value)}\n`,
      )
      return `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}\n# TYPE ${name} ${type}\n${lines.join('')}`
    })
    .join('')
}

function labelText(labels: Labels = {}): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`,
  )
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}

const valueText = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)

/** Counts by a few labels whose values come from closed lists. */
export class Counter {
  readonly #counts = new Map<string, { readonly labels: Labels; value: number }>()

  add(labels: Labels): void {
    const key = JSON.stringify(labels)
    const found = this.#counts.get(key)
    if (found) found.value++
    else this.#counts.set(key, { labels, value: 1 })
  }

  family(name: string, help: string): MetricFamily {
    return { name, help, type: 'counter', samples: [...this.#counts.values()] }
  }
}

/** Counts observations by upper bounds. */
export class Histogram {
  readonly #bounds: readonly number[]
  readonly #counts: number[]
  #sum = 0
  #count = 0

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = bounds.map(() => 0)
  }

  observe(value: number): void {
    this.#sum += value
    this.#count++
    for (const [i, bound] of this.#bounds.entries()) if (value <= bound) this.#counts[i] = (this.#counts[i] ?? 0) + 1
  }

  family(name: string, help: string): MetricFamily {
    const buckets = this.#bounds.map((bound, i) => ({
      suffix: '_bucket',
      labels: { le: String(bound) },
      value: this.#counts[i] ?? 0,
    }))
    return {
      name,
      help,
      type: 'histogram',
      samples: [
        ...buckets,
        { suffix: '_bucket', labels: { le: '+Inf' }, value: this.#count },
        { suffix: '_sum', value: this.#sum },
        { suffix: '_count', value: this.#count },
      ],
    }
  }
}
