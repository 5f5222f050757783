/** `npm run e2e`: everything that drainkeeper promises, on a real cluster, with real load, with figures. */
import { Command } from 'commander'
import { lookOf, ProgressWriter, renderSummary, judge } from '../src/lab/index.ts'
import { writeArtifact } from './artifact.ts'
import { badInput } from './bad-input/index.ts'
import { beforeAfter } from './before-after.ts'
import type { Section } from './check.ts'
import { ClusterError } from './cluster/cluster-error.ts'
import { type ClusterOptions, clusterOf, withClusterOptions } from './cluster-options.ts'
import { interruption } from '../src/cli/interruption.ts'
import { labNamespace } from './manifests.ts'
import { crashSection, handoverSection, idleSection } from './operator-sections.ts'
import { rbacSection } from './rbac-section.ts'
import { saveOperatorLog } from './operator-pod.ts'
import { accuracySection, lossSection, noLossSection } from './sections.ts'
import { Testbed } from './testbed.ts'
import { settled, underLoad } from './workload.ts'

const asked = { requests: 100_000, rate: 400, restarts: 20 }
/** Above what is asked, so that a slow start of the load does not fall below it. */
const ratePerSecond = 450
const policy = { quantile: 0.95, confidence: 0.95 }

const command = withClusterOptions(new Command('e2e')).description(
  'Proves on a real cluster what drainkeeper promises.',
)

async function main(where: ClusterOptions): Promise<boolean> {
  const signal = interruption()
  const startedMs = performance.now()
  const writer = new ProgressWriter(process.stderr, lookOf(process.stderr, process.env), () => performance.now())
  const print = (line: string): void =>
    writer.print(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${line}`)
  const selected = await clusterOf(where)
  const testbed = await Testbed.up({ provider: selected, signal, progress: print })
  const sections: Section[] = []
  const add = (section: Section): void => {
    sections.push(section)
    for (const { name, passed, detail } of section.checks) print(`${passed ? 'ok    ' : 'FAILED'}  ${name}: ${detail}`)
  }
  try {
    const result = await beforeAfter(testbed, {
      replicas: 4,
      ratePerSecond,
      probeIntervalMs: 10,
      // p95 at 95 % takes 59 informative drains: about sixteen restarts of four pods.
      restarts: { before: 5, learning: 40, after: 24 },
      secondsPerRestart: { learning: 6, after: 10 },
      quietSeconds: 10,
      policy: { propagation: policy },
      writer,
      print,
    })
    add(lossSection(result, asked, policy))
    const parts: Record<string, () => Promise<Section>> = {
      'P against ground truth': () => accuracySection(testbed, result, policy),
      'Scale-down': () => scaleDown(testbed, writer),
      'Node drain': () => nodeDrain(testbed, writer),
      'Idle cost of the operator': () => idleSection(testbed, 60),
      'kill -9 of the operator': () => crashSection(testbed),
      'Bad input': () => badInput(testbed),
      RBAC: () => rbacSection(testbed, { paced: false }),
      Handover: () => handoverSection(testbed),
    }
    for (const [name, part] of Object.entries(parts)) add(await attempted(name, part, signal))

    writer.clear()
    const runs = [result.before.run, result.learning.run, result.after.run]
    const verdict = judge(
      result.after.run,
      { minRequests: asked.requests, minRatePerSecond: asked.rate, minRestarts: asked.restarts, maxLost: 0 },
      result.before.run,
    )
    console.log(renderSummary({ verdict, runs }, lookOf(process.stdout, process.env)).join('\n'))
  } finally {
    writer.clear()
    print(`the operator's log: ${await saveOperatorLog(testbed)}`)
    print('ending everything that was started')
    await testbed.down()
  }
  const checks = sections.flatMap((section) => section.checks)
  const passed = checks.filter((check) => check.passed).length
  const pass = passed === checks.length
  const path = writeArtifact(
    {
      name: 'e2e',
      pass,
      figures: Object.fromEntries(
        sections.map(({ name, checks: found, figures }) => [name, { checks: found, ...figures }]),
      ),
      commands: ['npm run e2e'],
    },
    { kubernetes: testbed.cluster.kubernetesVersion, provider: selected.name },
  )
  for (const { name, checks: found } of sections) {
    console.log(`\n${name}`)
    for (const check of found) console.log(`  ${check.passed ? 'ok    ' : 'FAILED'}  ${check.name}: ${check.detail}`)
  }
  console.log(`\nFigures: ${path}`)
  console.log(`${passed} passed, ${checks.length - passed} failed`)
  return pass
}

/** A part that breaks off is one failed check: the others still run, and their figures are kept. */
async function attempted(name: string, part: () => Promise<Section>, signal: AbortSignal): Promise<Section> {
  try {
    return await part()
  } catch (error) {
    signal.throwIfAborted()
    const detail = error instanceof Error ? error.message : String(error)
    return { name, checks: [{ name: `${name} runs to its end`, passed: false, detail }], figures: {} }
  }
}

/** Four pods to two and back, twice. */
async function scaleDown(testbed: Testbed, writer: ProgressWriter): Promise<Section> {
  const run = await underLoad(
    testbed,
    { name: 'scale-down', service: 'drained', ratePerSecond, phase: 'scale-down', writer },
    {
      steps: 4,
      stepName: 'step',
      quietSeconds: 3,
      step: async (index) => {
        await testbed.kubectl.run([
          '-n',
          labNamespace,
          'scale',
          'deployment/drained',
          `--replicas=${index % 2 === 1 ? 2 : 4}`,
        ])
        await testbed.watched.until(
          'the scale-down is seen',
          () => testbed.watched.deployment('drained')?.replicas === (index % 2 === 1 ? 2 : 4),
          30,
          testbed.signal,
        )
        await settled(testbed, 'drained', 120)
      },
    },
  )
  return noLossSection('Scale-down', run)
}

/** `kubectl drain` of a node that holds half of the pods. The agent on it stays: it is part of the measurement. */
async function nodeDrain(testbed: Testbed, writer: ProgressWriter): Promise<Section> {
  const node = testbed.cluster.nodes.at(-1) ?? ''
  const run = await underLoad(
    testbed,
    { name: 'node drain', service: 'drained', ratePerSecond, phase: `kubectl drain ${node}`, writer },
    {
      steps: 1,
      stepName: 'drain',
      quietSeconds: 3,
      step: async () => {
        try {
          await testbed.kubectl.run(['drain', node, '--pod-selector=app=drained', '--timeout=180s'])
          await settled(testbed, 'drained', 120)
        } finally {
          await testbed.kubectl.run(['uncordon', node])
        }
      },
    },
  )
  return noLossSection('Node drain', run)
}

try {
  process.exitCode = (await main(command.parse().opts<ClusterOptions>())) ? 0 : 1
} catch (error) {
  const stack = error instanceof Error && !(error instanceof ClusterError) ? error.stack : undefined
  console.error(`e2e: ${stack ?? (error instanceof Error ? error.message : String(error))}`)
  console.log('0 passed, 1 failed')
  process.exitCode = 2
}
