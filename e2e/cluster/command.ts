import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { ClusterError } from './cluster-error.ts'

export interface CommandOptions {
  readonly signal?: AbortSignal
  /** Text, or the content of a stream, given to the program's standard input. @default nothing */
  readonly input?: string | Readable
  readonly cwd?: string
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>
}

/** Runs a program to its end and resolves with its standard output. Tests inject their own. */
export type CommandRunner = (command: readonly string[], options?: CommandOptions) => Promise<string>

/**
 * Runs a program, without a shell.
 *
 * @throws ClusterError `CommandFailed` with what the program said, when it cannot be started or does not exit with 0.
 * The signal's reason, when it was aborted.
 */
export const runCommand: CommandRunner = async (command, options = {}) => {
  const [program, ...parameters] = command
  if (program === undefined) throw new TypeError('an empty command')
  options.signal?.throwIfAborted()
  const child = spawn(program, parameters, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  })
  const abort = () => child.kill('SIGKILL')
  options.signal?.addEventListener('abort', abort, { once: true })
  const output: Buffer[] = []
  const complaint: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk))
  // A program may exit before it has read everything: its exit code tells what that means.
  child.stdin.on('error', () => {})
  if (typeof options.input === 'string' || options.input === undefined) child.stdin.end(options.input)
  else options.input.pipe(child.stdin)
  try {
    const outcome = await new Promise<string>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve(signal ?? String(code)))
    })
    options.signal?.throwIfAborted()
    if (outcome !== '0') {
      const said = Buffer.concat([...complaint, ...output])
        .toString('utf8')
        .trim()
        .slice(-4000)
      throw new ClusterError('CommandFailed', `${command.join(' ')} ended with ${outcome}: ${said}`)
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new ClusterError('CommandFailed', `${program} is not installed`, { cause: error })
    throw error
  } finally {
    options.signal?.removeEventListener('abort', abort)
  }
  return Buffer.concat(output).toString('utf8')
}
