import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LoadKind } from './client.ts'
import type { Mark } from './server.ts'

/** One server and one client, in fresh processes. */
export interface Trial {
  load: LoadKind
  /** A library's name, as in `bench/libraries.ts`. */
  library: string
  /** Requests (or connections) before the measurement begins. */
  warmUp: number
  count: number
  /** Collects garbage before the first mark, or before both. */
  collect?: 'before' | 'both'
  serverArguments?: string[]
}

/** What the server used for the counted requests. */
export type Usage = Mark

const serverFile = fileURLToPath(new URL('server.ts', import.meta.url))
const clientFile = fileURLToPath(new URL('client.ts', import.meta.url))
const protocolOf = { http1: 'http1', connections: 'http1', idle: 'http1', http2: 'http2', grpc: 'grpc' } as const
const taskset = '/usr/bin/taskset'
/** Where the command is there, server and client keep to a processor each. */
const pinning = existsSync(taskset)

/** @throws Error when the server or the client does not get through the trial */
export async function runTrial(trial: Trial, stop: AbortSignal): Promise<Usage> {
  stop.throwIfAborted()
  const { load, library, warmUp, count, collect } = trial
  const server = new Part('server', 0, serverFile, [protocolOf[load], library], trial.serverArguments ?? [])
  let client: Part | undefined
  const kill = (): void => {
    server.kill()
    client?.kill()
  }
  stop.addEventListener('abort', kill)
  try {
    const { port } = await server.message<{ port: number }>()
    client = new Part('client', 1, clientFile, [load, String(port)], [])
    await client.message()
    await client.ask({ count: warmUp }, server)
    const before = await server.ask<Mark>({ collect: collect !== undefined })
    await client.ask({ count }, server)
    const after = await server.ask<Mark>({ collect: collect === 'both' })
    const used = (of: keyof Mark): number => after[of] - before[of]
    return {
      cpuMicros: used('cpuMicros'),
      heapBytes: used('heapBytes'),
      residentBytes: used('residentBytes'),
      collections: used('collections'),
    }
  } finally {
    stop.removeEventListener('abort', kill)
    kill()
  }
}

/** A process of a trial, which answers each message with one. */
class Part {
  readonly #process: ChildProcess
  /** Rejects when the process ends, with its own word for it. */
  readonly #failed: Promise<never>

  constructor(role: string, processor: number, file: string, names: string[], flags: string[]) {
    this.#process = fork(file, names, {
      execPath: pinning ? taskset : process.execPath,
      execArgv: pinning ? ['-c', String(processor), process.execPath, ...flags] : flags,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    let errors = ''
    this.#process.stderr?.on('data', (bytes: Buffer) => (errors += String(bytes)))
    this.#failed = new Promise((_, reject) => {
      this.#process.once('close', () => reject(new Error(`the ${role} ended: ${reasonIn(errors)}`)))
    })
    this.#failed.catch(() => undefined)
  }

  message<Message>(): Promise<Message> {
    const arrived = new Promise<Message>((resolve) => {
      this.#process.once('message', (message) => resolve(message as Message))
    })
    return Promise.race([arrived, this.#failed])
  }

  /** @param dependency a process whose end is the reason when this one fails, too */
  async ask<Reply>(question: object, dependency?: Part): Promise<Reply> {
    const reply = this.message<Reply>()
    this.#process.send(question)
    try {
      return await reply
    } catch (error) {
      if (dependency !== undefined && dependency.#process.exitCode !== null) await dependency.#failed
      throw error
    }
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }
}

/** The line of a stack trace that names the error. */
function reasonIn(errors: string): string {
  const lines = errors.split('\n').filter((line) => line !== '')
  return (lines.find((line) => /^(\w*Error|Error)\b/.test(line)) ?? lines.at(0) ?? 'without a word').trim()
}
