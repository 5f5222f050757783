import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DelayedPath } from './delayed-path.ts'
import { HttpConnection } from './http-connection.ts'
import type { Protocol, Terms } from './libraries.ts'

const serverFile = fileURLToPath(new URL('server.ts', import.meta.url))

/** A server that has listened for less knows nothing of its traffic, which no server in production is like. */
const youngestMs = 1500

/** What a client wanted, and did not get. */
export interface Tally {
  asked: number
  lost: string[]
  /** Connections that the server reset. */
  resets: number
}

export interface TrialOptions {
  library: string
  protocol: Protocol
  /** Absent: nothing is configured. */
  terms: Terms | undefined
  /** P: how long after SIGTERM new connections are still routed to the server. */
  routedForMs: number
  /** Where they are routed to then. */
  nextPort: number
  /** A process that is alive so long after SIGTERM is killed. */
  capMs: number
}

/**
 * One server process, from its start to its exit, in the eyes of its clients. They are balanced as by kube-proxy: a
 * connection goes where routing points when it is opened, and stays there.
 */
export class Trial {
  readonly tally: Tally = { asked: 0, lost: [], resets: 0 }
  /** D of the settings under test: when a library may stop serving. */
  readonly delayMs: number
  readonly routedForMs: number
  readonly #options: TrialOptions
  readonly #process: ChildProcess
  readonly #port: number
  readonly #pending = new Set<Promise<void>>()
  readonly #connections = new Set<HttpConnection>()
  readonly #paths = new Map<number, DelayedPath>()
  readonly #cleanUps: (() => void)[] = []
  readonly #exited: Promise<number>
  readonly #startedMs = performance.now()
  #sigtermMs = Number.POSITIVE_INFINITY
  #killed = false
  /** The process is gone, or ought to be: clients stop. */
  over = false

  private constructor(options: TrialOptions, child: ChildProcess, port: number) {
    this.#options = options
    this.#process = child
    this.#port = port
    this.delayMs = options.terms?.delayMs ?? 0
    this.routedForMs = options.routedForMs
    this.#exited = once(child, 'exit').then(() => {
      this.over = true
      return performance.now()
    })
  }

  static async start(options: TrialOptions): Promise<Trial> {
    const { library, protocol, terms } = options
    const child = fork(serverFile, [library, protocol, JSON.stringify(terms ?? null)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    let errors = ''
    child.stderr?.on('data', (bytes: Buffer) => (errors += String(bytes)))
    const failed = once(child, 'exit').then(() => {
      throw new Error(`the server did not start: ${/^\w*Error.*$/m.exec(errors)?.[0] ?? errors}`)
    })
    const [first] = (await Promise.race([once(child, 'message'), failed])) as [{ port: number }]
    failed.catch(() => undefined)
    return new Trial(options, child, first.port)
  }

  /** Ends everything, whatever state it is in. */
  close(): void {
    this.#process.kill('SIGKILL')
    for (const connection of this.#connections) connection.destroy()
    for (const cleanUp of this.#cleanUps) cleanUp()
    for (const path of this.#paths.values()) path.close()
  }

  /** SIGTERM comes so much later, or more; what clients do is timed from there. */
  begin(atLeastMs: number): void {
    this.#sigtermMs = Math.max(performance.now() + atLeastMs, this.#startedMs + youngestMs)
    const leadMs = this.#sigtermMs - performance.now()
    setTimeout(() => this.#process.kill('SIGTERM'), leadMs)
    setTimeout(() => {
      this.#killed = !this.over
      this.#process.kill('SIGKILL')
    }, leadMs + this.#options.capMs).unref()
  }

  /** Resolves so long after SIGTERM (or before it, when negative). */
  async at(afterSigtermMs: number): Promise<void> {
    await sleep(Math.max(0, this.#sigtermMs + afterSigtermMs - performance.now()))
  }

  cleanUp(what: () => void): void {
    this.#cleanUps.push(what)
  }

  /** Where a new connection is routed now. */
  async route(roundTripMs = 0): Promise<number> {
    const converged = performance.now() >= this.#sigtermMs + this.routedForMs
    const port = converged ? this.#options.nextPort : this.#port
    if (roundTripMs === 0) return port
    let path = this.#paths.get(port)
    if (path === undefined) {
      path = await DelayedPath.open(port, roundTripMs)
      this.#paths.set(port, path)
    }
    return path.port
  }

  async connect(roundTripMs = 0): Promise<HttpConnection> {
    const connection = await HttpConnection.open(await this.route(roundTripMs))
    this.#connections.add(connection)
    return connection
  }

  /** Counts what a client wants, and what it does not get. */
  expect(what: string, wanted: () => Promise<unknown>): Promise<void> {
    this.tally.asked += 1
    const outcome = wanted().then(
      () => undefined,
      (error: NodeJS.ErrnoException) => void this.tally.lost.push(`${what}: ${error.code ?? error.message}`),
    )
    this.#pending.add(outcome)
    void outcome.then(() => this.#pending.delete(outcome))
    return outcome
  }

  /** @returns how long after SIGTERM the process was gone; undefined when it had to be killed */
  async end(): Promise<number | undefined> {
    const exitMs = await this.#exited
    // What a dead process owes is told by its connections, a round trip later at most; then clients go elsewhere.
    const patience = AbortSignal.timeout(3000)
    while (this.#pending.size > 0 && !patience.aborted) await sleep(20)
    for (const connection of this.#connections) if (connection.wasReset) this.tally.resets += 1
    for (let open = this.#pending.size; open > 0; open -= 1) this.tally.lost.push('no answer')
    this.close()
    return this.#killed ? undefined : exitMs - this.#sigtermMs
  }
}

/** Asks on one connection while it lasts, then on a new one, as a client with a pool of one does. */
export class Caller {
  readonly #trial: Trial
  readonly #roundTripMs: number
  #connection: HttpConnection | undefined

  constructor(trial: Trial, roundTripMs = 0, connection?: HttpConnection) {
    this.#trial = trial
    this.#roundTripMs = roundTripMs
    this.#connection = connection
  }

  async open(): Promise<void> {
    this.#connection = await this.#trial.connect(this.#roundTripMs)
  }

  ask(path: string): Promise<void> {
    return this.#trial.expect(path, async () => {
      if (this.#connection === undefined || this.#connection.over) await this.open()
      await this.#connection?.ask(path)
    })
  }
}
