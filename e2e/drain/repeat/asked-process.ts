import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

interface Envelope {
  id: number
  value?: unknown
  error?: string
}

/** A process of this run that answers what it is asked. */
export class AskedProcess<Request> {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #lastId = 0

  constructor(file: URL) {
    this.#child = fork(file, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child.on('message', ({ id, value, error }: Envelope) => {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) waiting?.resolve(value)
      else waiting?.reject(new Error(error))
    })
    this.#child.on('exit', (code, signal) => {
      const reason = new Error(`${file.pathname.split('/').at(-1)} ended with ${signal ?? code}`)
      for (const { reject } of this.#waiting.values()) reject(reason)
      this.#waiting.clear()
    })
  }

  ask<Answer>(request: Request): Promise<Answer> {
    const id = (this.#lastId += 1)
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(id, waiting)
    this.#child.send({ id, value: request }, (error) => error && waiting.reject(error))
    return waiting.promise as Promise<Answer>
  }

  end(): void {
    this.#child.kill('SIGKILL')
  }
}

type Answering<Request> = (request: Request) => Promise<unknown>

/** The other side: answers each request. Whoever is left alone ends. */
export function answerRequests<Request>(answer: Answering<Request>): void {
  process.on('message', ({ id, value }: Envelope) => {
    answer(value as Request).then(
      (value) => process.send?.({ id, value }),
      (error: unknown) => process.send?.({ id, error: String(error) }),
    )
  })
  process.on('disconnect', () => process.exit())
  // Ctrl-C reaches every process of the terminal: the run ends this one when its clients are through.
  process.on('SIGINT', () => undefined)
}
