import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { DrainOptions, DrainReport } from '../../../src/drain-server/index.ts'

const file = fileURLToPath(new URL('server.ts', import.meta.url))

export interface Exit {
  code: number | null
  report: DrainReport
}

/** One server process: started, drained once, gone. */
export class DrainedServer {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #exited: Promise<[number | null, NodeJS.Signals | null]>
  readonly port: Promise<number>

  /** @param compileCache a folder that spares each process the compiling that one before it did */
  constructor(options: DrainOptions, compileCache: string) {
    this.#child = spawn(process.execPath, [file, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', 'ignore'],
      // A process group of its own: Ctrl-C in a terminal is for the run, which ends its servers itself.
      detached: true,
      env: { ...process.env, NODE_OPTIONS: '', NODE_COMPILE_CACHE: compileCache },
    })
    this.#exited = once(this.#child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
    this.#lines = createInterface(this.#child.stdout as NonNullable<ChildProcess['stdout']>)[Symbol.asyncIterator]()
    this.port = this.#line().then(Number)
    this.port.catch(() => undefined)
  }

  /** Begins the drain, as kubelet does; resolves when the process is gone. */
  async drain(): Promise<Exit> {
    this.#child.kill('SIGTERM')
    const report = JSON.parse(await this.#line()) as DrainReport
    const [code] = await this.#exited
    return { code, report }
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error(`a server ended without a word: ${(await this.#exited).join(' ')}`)
    return value
  }
}
