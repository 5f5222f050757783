/** The README's tables of the lab, of the simulation and of the API's conformance, from what real runs wrote down. */
interface Counts {
  requests: number
  lost: number
  latency: { p50Ms: number; p95Ms: number; p99Ms: number } | null
}

interface Variant {
  title: string
  expect: 'losses' | 'none' | 'any'
  total: Counts
}

export interface LabArtifact {
  pass: boolean
  commands: string[]
  versions: Record<string, string>
  figures: {
    seconds: number
    peakMemoryBytes: number | null
    scenarios: { title: string; passed: boolean; checks: { passed: boolean }[]; variants: Variant[] }[]
  }
}

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const line = (...cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
const lostOf = ({ total }: Variant): string => `${whole.format(total.lost)} of ${whole.format(total.requests)}`

/** One row for each failure mode: what was lost as it is usually done, and with drainkeeper. */
export function labFigures({ figures, commands, versions, pass }: LabArtifact): string {
  const { scenarios, seconds, peakMemoryBytes } = figures
  const checks = scenarios.flatMap((scenario) => scenario.checks)
  const passed = checks.filter((check) => check.passed).length
  const memory = peakMemoryBytes === null ? '' : `, at most ${Math.round(peakMemoryBytes / 1024 ** 2)} MiB of memory`
  const about = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    '',
    line('failure mode', 'as it is usually done: lost', 'drainkeeper: lost'),
    line('---', '---', '---:'),
    ...scenarios.map(({ title, variants }) => {
      const usual = variants.filter(({ expect }) => expect !== 'none')
      const cured = variants.filter(({ expect }) => expect === 'none')
      const told = usual.map((variant) => `${variant.title}: ${lostOf(variant)}`).join('<br>')
      return line(title, told, cured.map((variant) => `**${lostOf(variant)}**`).join('<br>'))
    }),
    '',
    `\`${commands.join('`, `')}\` (${pass ? 'passed' : 'failed'}: ${passed} of ${checks.length} checks) in ${whole.format(seconds)} s${memory}, ${about.join(', ')}.`,
    '',
  ].join('\n')
}
