export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A line is not what the format says. It is not quoted: it came from another server. */
export class ExpositionError extends Error {
  override readonly name = 'ExpositionError'
}

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t]*$/
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/y
const number = /^[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)$/
const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  '+Inf': Infinity,
  Inf: Infinity,
  '-Inf': -Infinity,
}

/**
 * The samples of one metric in the Prometheus text format, version 0.0.4. Every line must be of that format, whichever
 * metric it is about: a page that is something else has no samples, not none of this metric.
 * @throws ExpositionError
 */
export function parseSamples(text: string, metric: string): Sample[] {
  const samples = new Map<string, Sample>()
  for (const row of text.split('\n')) {
    if (row.trim() === '' || row.startsWith('#')) continue
    const [, name, labels = '', value = ''] = line.exec(row.replace(/\r$/, '')) ?? []
    if (name === undefined) throw new ExpositionError('a line is not of the text format')
    if (name !== metric) continue
    const sample = { labels: parseLabels(labels), value: parseNumber(value) }
    const series = JSON.stringify(Object.entries(sample.labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    if (samples.has(series)) throw new ExpositionError('a series is told twice')
    samples.set(series, sample)
  }
  return [...samples.values()]
}

/** As Prometheus writes and reads numbers. @throws ExpositionError */
export function parseNumber(text: string): number {
  if (number.test(text)) return Number(text)
  const value = special[text]
  if (value === undefined) throw new ExpositionError('a value is not a number')
  return value
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  label.lastIndex = 0
  while (label.lastIndex < text.length) {
    const [, name, value] = label.exec(text) ?? []
    if (name === undefined || value === undefined || Object.hasOwn(labels, name)) {
      throw new ExpositionError('labels are not of the text format')
    }
    labels[name] = value.replace(/\\(["\\n])/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
  }
  return labels
}
