/** `npm run lab`: the same rolling restarts under load, without drainkeeper and with it, and what each of them lost. */
import { Command, InvalidArgumentError, Option } from 'commander'
import { judge, lookOf, ProgressWriter, renderSummary } from '../src/lab/index.ts'
import { writeArtifact } from './artifact.ts'
import { beforeAfter } from './before-after.ts'
import { ClusterError } from './cluster/cluster-error.ts'
import { type ClusterOptions, clusterOf, withClusterOptions } from './cluster-options.ts'
import { interruption } from './interrupt.ts'
import { saveOperatorLog } from './operator-pod.ts'
import { Testbed } from './testbed.ts'

interface Options extends ClusterOptions {
  rate: number
  restarts: number
  json: boolean
}

const wholeNumber = (least: number, most: number) => (text: string) => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < least || number > most) {
    throw new InvalidArgumentError(`write a whole number from ${least} to ${most}.`)
  }
  return number
}

const command = withClusterOptions(new Command('lab'))
  .description('Rolls a service under load, without drainkeeper and with it, and counts what was lost.')
  .addOption(new Option('--rate <number>', 'requests a second').default(200).argParser(wholeNumber(20, 2000)))
  .addOption(
    new Option('--restarts <number>', 'rolling restarts before, and again once measured')
      .default(4)
      .argParser(wholeNumber(1, 100)),
  )
  .option('--json', 'print the figures as JSON', false)

async function main({ rate, restarts, json, ...where }: Options): Promise<boolean> {
  const signal = interruption()
  const look = lookOf(process.stderr, process.env)
  const startedMs = performance.now()
  const writer = new ProgressWriter(process.stderr, look, () => performance.now())
  const elapsed = (): number => (performance.now() - startedMs) / 1000
  const print = (line: string): void => writer.print(`${elapsed().toFixed(0).padStart(4)} s  ${line}`)

  const selected = await clusterOf(where)
  print(`checking what ${selected.name} needs`)
  const testbed = await Testbed.up({ provider: selected, signal, progress: print })
  try {
    // p90 at 95 % takes 29 drains: about eight restarts of four pods.
    const result = await beforeAfter(testbed, {
      replicas: 4,
      ratePerSecond: rate,
      probeIntervalMs: 20,
      restarts: { before: restarts, learning: 24, after: restarts },
      secondsPerRestart: { learning: 5, after: 5 },
      quietSeconds: 5,
      policy: { propagation: { quantile: 0.9 } },
      writer,
      print,
    })
    writer.clear()
    const runs = [result.before.run, result.learning.run, result.after.run]
    const verdict = judge(
      result.after.run,
      { minRequests: 1000, minRatePerSecond: rate * 0.9, minRestarts: restarts, maxLost: 0 },
      result.before.run,
    )
    const figures = {
      runs,
      contract: result.final.targets?.[0]?.contract,
      propagation: result.final.targets?.[0]?.propagation,
    }
    const versions = { kubernetes: testbed.cluster.kubernetesVersion, provider: selected.name }
    const path = writeArtifact({ name: 'lab', pass: verdict.passed, figures, commands: ['npm run lab'] }, versions)
    if (json) console.log(JSON.stringify({ pass: verdict.passed, figures, versions }))
    else {
      console.log(renderSummary({ verdict, runs }, lookOf(process.stdout, process.env)).join('\n'))
      console.log(`\nThe contract in force: ${result.final.targets?.[0]?.contract?.because ?? 'none'}`)
      console.log(`Figures: ${path}`)
    }
    return verdict.passed
  } finally {
    writer.clear()
    print(`the operator's log: ${await saveOperatorLog(testbed)}`)
    print('ending everything that was started')
    await testbed.down()
  }
}

try {
  process.exitCode = (await main(command.parse().opts<Options>())) ? 0 : 1
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  console.error(`lab: ${message}`)
  if (!(error instanceof ClusterError) && error instanceof Error && process.env['DEBUG'] !== undefined)
    console.error(error.stack)
  process.exitCode = 2
}
