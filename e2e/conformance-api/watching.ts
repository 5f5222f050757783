import type { KubeObject, Transport } from '../../src/kube/index.ts'
import { LineDecoder } from '../../src/kube/line-decoder.ts'
import { at, type Fields } from './data.ts'

export interface SeenEvent {
  readonly type: string
  readonly object: KubeObject
  /** On this process's monotonic clock. */
  readonly atMs: number
}

const patienceSeconds = 20

/** A watch that is read in the background, and what it has said so far. */
export class Watching {
  readonly status: number
  readonly events: SeenEvent[] = []
  /** The body of an answer that was no watch. */
  refusal: unknown
  ended = false
  readonly #closing: AbortController
  #waiting: (() => void)[] = []

  private constructor(status: number, closing: AbortController) {
    this.status = status
    this.#closing = closing
  }

  static async open(
    transport: Transport,
    path: string,
    query: Readonly<Record<string, string | number | boolean>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Watching> {
    const closing = new AbortController()
    const response = await transport.request({
      method: 'GET',
      path,
      query,
      headers,
      verb: 'watch',
      resource: path,
      signal: closing.signal,
    })
    const watching = new Watching(response.status, closing)
    if (response.status === 200) {
      void watching.#read(response.body)
    } else {
      watching.refusal = JSON.parse(await response.text())
      watching.ended = true
    }
    return watching
  }

  async #read(body: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new LineDecoder()
    try {
      for await (const chunk of body) {
        for (const line of decoder.push(chunk)) {
          const { type, object } = JSON.parse(line) as { type: string; object: KubeObject }
          this.events.push({ type, object, atMs: performance.now() })
        }
        this.#wake()
      }
    } catch {
      // A watch that was cut has ended; what it said before is what counts.
    }
    this.ended = true
    this.#wake()
  }

  /** Waits until an event is there that fits. @throws Error with what was seen instead */
  async until(what: string, fits: (event: SeenEvent) => boolean, seconds = patienceSeconds): Promise<SeenEvent> {
    await this.#untilTrue(what, () => this.events.some(fits), seconds)
    return this.events.find(fits) as SeenEvent
  }

  /** Waits for this many events, bookmarks included. */
  count(events: number): Promise<void> {
    return this.#untilTrue(`${events} events`, () => this.events.length >= events, patienceSeconds)
  }

  untilEnd(seconds = patienceSeconds): Promise<void> {
    return this.#untilTrue('the end of the watch', () => this.ended, seconds)
  }

  async #untilTrue(what: string, holds: () => boolean, seconds: number): Promise<void> {
    const limit = AbortSignal.timeout(seconds * 1000)
    while (!holds()) {
      if (limit.aborted || (this.ended && !holds())) throw new Error(`watch: no ${what}; seen: ${this.#seen()}`)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
        limit.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  #seen(): string {
    return (
      this.events.map(({ type, object }) => `${type} ${String(at(object, 'metadata.name'))}`).join(', ') || 'nothing'
    )
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }

  /** The events in few words, and these paths of each object. */
  shown(...paths: string[]): Fields[] {
    return this.events.map(({ type, object }) => {
      if (type === 'ERROR') return { type, object }
      const { name, resourceVersion } = object.metadata
      const known = type === 'BOOKMARK' ? {} : { name, metadata: { uid: '', resourceVersion } }
      return { type, ...known, ...Object.fromEntries(paths.map((path) => [path, at(object, path)])) }
    })
  }

  close(): void {
    this.#closing.abort()
  }
}
