import { CommanderError, type Command } from 'commander'

/**
 * Runs a program of commands, and ends the process: what a command has left open by mistake must not keep it. Exit code 2
 * says that it could not be run, whatever the command line's parser thinks, or that it broke off where nobody caught it.
 */
export async function runProgram(program: Command): Promise<never> {
  process.once('uncaughtException', (error) => {
    console.error(`${program.name()}: ${error.stack ?? error.message}`)
    process.exit(2)
  })
  await attempt(program)
  await Promise.all([written(process.stdout), written(process.stderr)])
  process.exit()
}

/** A pipe takes 64 KiB at a time, and the end of a process does not wait for the rest. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0) resolve()
    else stream.write('', () => resolve())
  })
}

async function attempt(program: Command): Promise<void> {
  try {
    await withExitOverride(program).parseAsync()
  } catch (error) {
    // The parser has said what is wrong by itself. Help and version are no errors.
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2
      return
    }
    console.error(`${program.name()}: ${error instanceof Error ? error.message : String(error)}`)
    if (process.env['DEBUG'] !== undefined && error instanceof Error) console.error(error.stack)
    process.exitCode = 2
  }
}

function withExitOverride(command: Command): Command {
  command.exitOverride()
  for (const each of command.commands) withExitOverride(each)
  return command
}
