import { CommanderError, type Command } from 'commander'

/** Runs a program of commands, and says why it could not: exit code 2, whatever the command line's parser thinks. */
export async function runProgram(program: Command): Promise<void> {
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
