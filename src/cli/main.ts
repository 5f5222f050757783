/** `drainctl`: what people type. Commands are data beside this file; here they are only put together and run. */
import { Command } from 'commander'

const program = new Command('drainctl').description('Rehearses rollouts, and runs an embedded cluster to try them on.')
await program.parseAsync()
