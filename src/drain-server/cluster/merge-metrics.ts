/** Of these the largest of all workers is shown; whatever is not named here is added up. */
const largest = new Set(['drain_server_info', 'drain_server_phase', 'drain_server_hook_duration_seconds'])

interface Family {
  head: Set<string>
  samples: Map<string, number>
}

/** One text of Prometheus metrics for all workers' texts. A phase has the value 1 while any worker is in it. */
export function mergeMetrics(texts: readonly string[]): string {
  const families = new Map<string, Family>()
  for (const text of texts) {
    let family: Family | undefined
    let name = ''
    for (const line of text.split('\n')) {
      if (line === '') continue
      if (line.startsWith('#')) {
        name = line.split(' ', 3)[2] ?? ''
        family = families.get(name) ?? { head: new Set(), samples: new Map() }
        families.set(name, family)
        family.head.add(line)
      } else if (family !== undefined) addSample(family, line, largest.has(name))
    }
  }
  const lines = [...families.values()].flatMap(({ head, samples }) => [
    ...head,
    ...[...samples].map(([series, value]) => `${series} ${value}`),
  ])
  return [...lines, ''].join('\n')
}

function addSample({ samples }: Family, line: string, keepLargest: boolean): void {
  const at = line.lastIndexOf(' ')
  const series = line.slice(0, at)
  const value = Number(line.slice(at + 1))
  const before = samples.get(series)
  if (before === undefined) samples.set(series, value)
  else samples.set(series, keepLargest ? Math.max(before, value) : before + value)
}
