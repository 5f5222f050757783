/** `drainctl`: what people type. Commands are data beside this file; here they are only put together and run. */
import { Command } from 'commander'
import { catalogue } from './catalogue.ts'
import { runCluster } from './cluster.ts'
import { clusterCommand, type ClusterCommandOptions } from './cluster-command.ts'
import { interruption } from './interruption.ts'
import { runRehearse } from './rehearse.ts'
import { rehearseCommand, type RehearseOptions } from './rehearse-command.ts'
import { runProgram } from './run-program.ts'

await runProgram(
  new Command('drainctl')
    .description('Rehearses rollouts, and runs an embedded cluster to try them on.')
    .addCommand(
      rehearseCommand().action(async (options: RehearseOptions) => {
        const { stdout, stderr, env: environment } = process
        const signal = interruption()
        const surroundings = { stdout, stderr, environment, signal, versions: {}, catalogue }
        process.exitCode = (await runRehearse(options, surroundings)).exitCode
      }),
    )
    .addCommand(
      clusterCommand().action(async (options: ClusterCommandOptions) => {
        const write = (line: string): void => console.log(line)
        process.exitCode = await runCluster(options, { write, signal: interruption() })
      }),
    ),
)
