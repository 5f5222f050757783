/** `npm run e2e:pacing`: rollouts that are paced by their errors, on a real cluster, with a real Prometheus and real load. */
import { writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { interruption } from '../src/cli/interruption.ts'
import { artifactPath, writeArtifact } from './artifact.ts'
import { ClusterError } from './cluster/cluster-error.ts'
import { selectProvider } from './cluster/select.ts'
import { Bed } from './pacing/bed.ts'
import { groups } from './pacing/groups.ts'
import { type PacingSection, type Scenario, tableLines } from './pacing/section.ts'

interface Options {
  only?: string[]
  kubeconfig?: string
}

const names = groups.flatMap(({ scenarios }) => scenarios.map(({ name }) => name))

const command = new Command('e2e:pacing')
  .description(
    'Proves on a real cluster what paced rollouts promise. Needs root on Linux, as it starts the cluster itself.',
  )
  .option('--only <name...>', `only these: ${names.join(', ')}`)
  .option('--kubeconfig <path>', 'of a cluster that npm run cluster -- up left running')

async function main({ only = names, kubeconfig }: Options): Promise<boolean> {
  const unknown = only.filter((name) => !names.includes(name))
  if (unknown.length > 0) throw new Error(`no scenario is called ${unknown.join(', ')}: there are ${names.join(', ')}`)
  const signal = interruption()
  const startedMs = performance.now()
  const progress = (line: string): void =>
    console.error(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${line}`)
  const provider = await selectProvider({
    provider: 'local',
    ...(kubeconfig === undefined ? {} : { kubeconfigPath: kubeconfig }),
  })
  const bed = await Bed.up({ provider, signal, progress })
  const sections: PacingSection[] = []
  try {
    for (const { withOperator, scenarios } of groups) {
      const chosen = scenarios.filter(({ name }) => only.includes(name))
      if (chosen.length === 0) continue
      const operator = withOperator ? bed.operator() : undefined
      await operator?.start()
      sections.push(...(await Promise.all(chosen.map((scenario) => attempted(scenario, bed)))))
      await operator?.stop()
    }
  } finally {
    const log = bed.operators.map((operator) => operator.log()).join('')
    if (log !== '') writeFileSync(artifactPath('e2e-pacing-operator.log'), log)
    progress('ending everything that was started')
    await bed.down()
  }
  return report(sections, bed, (performance.now() - startedMs) / 1000, only)
}

/** A scenario that breaks off is one failed check: the others still run, and their figures are kept. */
async function attempted({ name, title, run }: Scenario, bed: Bed): Promise<PacingSection> {
  bed.progress(`${name} begins`)
  const beganMs = performance.now()
  const section = await run(bed).catch((error: unknown): Omit<PacingSection, 'name'> => {
    bed.signal.throwIfAborted()
    const detail = error instanceof Error ? error.message : String(error)
    return { checks: [{ name: 'runs to its end', passed: false, detail }], figures: {} }
  })
  const seconds = Math.round((performance.now() - beganMs) / 1000)
  for (const { name: what, passed, detail } of section.checks)
    bed.progress(`${passed ? 'ok    ' : 'FAILED'}  ${name}: ${what}: ${detail}`)
  return { ...section, name: title, figures: { scenario: name, seconds, ...section.figures } }
}

function report(sections: readonly PacingSection[], bed: Bed, seconds: number, only: readonly string[]): boolean {
  const checks = sections.flatMap((section) => section.checks)
  const passed = checks.filter((check) => check.passed).length
  const pass = passed === checks.length && checks.length > 0
  const all = only.length === names.length
  const path = writeArtifact(
    {
      name: all ? 'e2e-pacing' : 'e2e-pacing-part',
      pass,
      figures: {
        seconds: Math.round(seconds),
        ...Object.fromEntries(
          sections.map(({ name, checks: found, figures }) => [name, { checks: found, ...figures }]),
        ),
      },
      commands: [all ? 'npm run e2e:pacing' : `npm run e2e:pacing -- --only ${only.join(' ')}`],
    },
    { kubernetes: bed.cluster.kubernetesVersion, prometheus: bed.prometheus?.version ?? 'none' },
  )
  for (const { name, checks: found, table } of sections) {
    console.log(`\n${name}`)
    for (const check of found) console.log(`  ${check.passed ? 'ok    ' : 'FAILED'}  ${check.name}: ${check.detail}`)
    if (table !== undefined) for (const line of ['', ...tableLines(table)]) console.log(`  ${line}`)
  }
  console.log(`\nFigures: ${path}`)
  console.log(`${passed} passed, ${checks.length - passed} failed`)
  return pass
}

try {
  process.exitCode = (await main(command.parse().opts<Options>())) ? 0 : 1
} catch (error) {
  const stack = error instanceof Error && !(error instanceof ClusterError) ? error.stack : undefined
  console.error(`e2e:pacing: ${stack ?? (error instanceof Error ? error.message : String(error))}`)
  console.log('0 passed, 1 failed')
  process.exitCode = 2
}
process.exit()
