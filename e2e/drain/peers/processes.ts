import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** A process that is still there so long after it was asked to end is killed. */
const patienceMs = 15_000

/** The processes of a run: none of them outlives it. */
export class Processes {
  readonly #running = new Set<Running>()
  readonly #interrupted: AbortSignal

  constructor(interrupted: AbortSignal) {
    this.#interrupted = interrupted
  }

  /** Starts a program. What it writes to stderr is kept for the message, should it fail. */
  start(command: readonly string[]): Running {
    this.#interrupted.throwIfAborted()
    const [program, ...parameters] = command
    const child = spawn(program as string, parameters, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
      // A group of its own: Ctrl-C is for us to pass on, and what a program has started ends with it.
      detached: true,
    })
    const running = new Running(child, command)
    this.#running.add(running)
    void running.ended.then(() => this.#running.delete(running))
    return running
  }

  /** Ends all that still run, at once. */
  end(): void {
    for (const running of this.#running) running.kill()
  }
}

export class Running {
  /** The exit code, or the signal that ended it; -1 for a program that could not be started. */
  readonly ended: Promise<number | NodeJS.Signals>
  readonly #child: ChildProcess
  readonly #command: readonly string[]
  readonly #stderr: Promise<string>

  constructor(child: ChildProcess, command: readonly string[]) {
    this.#child = child
    this.#command = command
    this.#stderr = child.stderr === null ? Promise.resolve('') : text(child.stderr)
    this.ended = new Promise((resolve) => {
      child.once('error', () => resolve(-1))
      child.once('exit', (code, signal) => resolve(signal ?? code ?? -1))
    })
  }

  /** Resolves with the program's output when it ends with 0. */
  async output(): Promise<string> {
    const [output, code] = await Promise.all([text(this.#child.stdout as NodeJS.ReadableStream), this.ended])
    if (code !== 0) throw await this.#failure(`ended with ${code}`)
    return output
  }

  /** Resolves when the program says that it is ready, with its first output. */
  async ready(): Promise<void> {
    const said = once(this.#child.stdout as NodeJS.ReadableStream, 'data')
    const code = await Promise.race([said.then(() => undefined), this.ended])
    if (code !== undefined) throw await this.#failure(`ended with ${code} before it was ready`)
    this.#child.stdout?.resume()
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Ends it, and what it has started, at once. */
  kill(): void {
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return
    try {
      process.kill(-this.#child.pid, 'SIGKILL')
    } catch {
      // It has just ended by itself.
    }
  }

  /** Asks it to end. @returns how it ended; SIGKILL when it did not within 15 s */
  async stop(): Promise<number | NodeJS.Signals> {
    this.#child.kill('SIGTERM')
    const kill = setTimeout(() => this.kill(), patienceMs)
    const ended = await this.ended
    clearTimeout(kill)
    return ended
  }

  async #failure(what: string): Promise<Error> {
    const said = (await this.#stderr).split('\n').find((line) => /error|fatal|emerg/i.test(line)) ?? 'no word of why'
    return new Error(`${this.#command.join(' ')} ${what}: ${said.trim().slice(0, 200)}`)
  }
}
