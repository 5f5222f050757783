import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import type { ContainerExit, RunningContainer } from '../kubelet/runtime.ts'
import type { Reaper } from './reaper.ts'
import { RingLog } from './ring-log.ts'

export interface ProcessContainerOptions {
  readonly id: string
  /** Its working folder, and its termination message's. */
  readonly folder: string
  readonly commandLine: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly reaper: Reaper
}

const logBytes = 256 * 1024
const messageBytes = 4096
/** A process that has left its group may hold the pipes open: its container does not wait for it longer than this. */
const drainPipesMs = 500
/** As a shell tells that a command could not be run. */
const notRunnable = 127

/** One container: a process group that ends as a whole. */
export class ProcessContainer implements RunningContainer {
  readonly id: string
  readonly exited: Promise<ContainerExit>
  /** Rejects when the program cannot be run. */
  readonly started: Promise<void>
  readonly #options: ProcessContainerOptions
  readonly #child: ChildProcess
  readonly #log = new RingLog(logBytes)
  readonly #commands = new Set<ChildProcess>()

  constructor(options: ProcessContainerOptions) {
    this.id = options.id
    this.#options = options
    writeFileSync(this.#messagePath, '')
    this.#child = this.#spawn(options.commandLine)
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#log.push(chunk))
    this.#child.stderr?.on('data', (chunk: Buffer) => this.#log.push(chunk))
    this.started = new Promise((resolve, reject) => {
      this.#child.once('spawn', () => resolve())
      this.#child.once('error', reject)
    })
    this.exited = this.#untilGone()
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid
  }

  get #messagePath(): string {
    return `${this.#options.folder}/termination-log`
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    if (signal === 'SIGKILL') killGroup(this.#child)
    else this.#child.kill(signal)
  }

  exec(command: readonly string[], signal: AbortSignal): Promise<number> {
    return new Promise((resolve) => {
      if (signal.aborted || this.#child.pid === undefined) {
        resolve(137)
        return
      }
      const child = this.#spawn(command)
      this.#commands.add(child)
      const onAbort = (): void => killGroup(child)
      signal.addEventListener('abort', onAbort, { once: true })
      const done = (code: number): void => {
        this.#commands.delete(child)
        signal.removeEventListener('abort', onAbort)
        resolve(code)
      }
      child.once('error', () => done(notRunnable))
      child.once('exit', (code, signalName) => {
        this.#forget(child)
        done(exitCodeOf(code, signalName))
      })
      child.stdout?.resume()
      child.stderr?.resume()
    })
  }

  logs(): string {
    return this.#log.text()
  }

  #spawn([program = '', ...parameters]: readonly string[]): ChildProcess {
    const { folder, environment, reaper } = this.#options
    const child = spawn(program, parameters, {
      cwd: folder,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (child.pid !== undefined) reaper.add(child.pid)
    return child
  }

  async #untilGone(): Promise<ContainerExit> {
    const { promise: closed, resolve: onClosed } = Promise.withResolvers<void>()
    const exitCode = await new Promise<number>((resolve) => {
      this.#child.once('error', () => resolve(notRunnable))
      this.#child.once('close', () => onClosed())
      this.#child.once('exit', (code, signal) => resolve(exitCodeOf(code, signal)))
    })
    if (this.#child.pid !== undefined) {
      // What the first process has left behind ends with it, as in a container.
      this.#forget(this.#child)
      for (const command of this.#commands) killGroup(command)
      const timer = setTimeout(onClosed, drainPipesMs)
      await closed
      clearTimeout(timer)
    }
    return { exitCode, message: this.#message() }
  }

  /** After the end of a group's first process. */
  #forget(child: ChildProcess): void {
    killGroup(child)
    if (child.pid !== undefined) this.#options.reaper.drop(child.pid)
  }

  #message(): string {
    try {
      return readFileSync(this.#messagePath).subarray(-messageBytes).toString('utf8')
    } catch {
      return ''
    }
  }
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}

function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}
