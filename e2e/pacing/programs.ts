import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Cluster } from '../cluster/provider.ts'

/** A program in a node's network. It ends with the run at the latest. */
export interface Program {
  readonly running: boolean
  /** What it said so far. */
  log(): string
  /** Sends a signal and resolves when it has ended. */
  end(signal: NodeJS.Signals): Promise<void>
}

/** What a run starts and writes beside the cluster: gone when it is closed. */
export class Programs {
  readonly folder = mkdtempSync(join(tmpdir(), 'drainkeeper-pacing-'))
  readonly #cluster: Cluster
  readonly #running = new Set<ChildProcess>()
  #started = 0

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Starts a program that has the network of a node, and the files of this machine. */
  async start(
    name: string,
    node: string,
    command: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<Program> {
    const wrapped = await this.#cluster.nodeCommand?.(node, command)
    const [file, ...parameters] = wrapped ?? []
    if (file === undefined) throw new Error('this provider gives nobody the network of a node')
    this.#started += 1
    const path = join(this.folder, `${name}-${this.#started}.log`)
    const output = openSync(path, 'a')
    const child = spawn(file, parameters, {
      stdio: ['ignore', output, output],
      env: { PATH: process.env['PATH'] ?? '', HOME: this.folder, NODE_ENV: 'production', ...environment },
    })
    closeSync(output)
    await once(child, 'spawn')
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
    return {
      get running() {
        return child.exitCode === null && child.signalCode === null
      },
      log: () => readFileSync(path, 'utf8'),
      end: (signal) => end(child, signal),
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((child) => end(child, 'SIGKILL')))
    rmSync(this.folder, { recursive: true, force: true })
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}
