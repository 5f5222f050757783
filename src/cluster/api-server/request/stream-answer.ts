import type { TransportResponse } from '../../../kube/index.ts'

/**
 * An answer whose body is still being written: a watch, or a log that is followed. Chunks are kept until they are read.
 * A reader that falls too far behind is cut off, as by the real server: nobody's slowness may cost everybody's memory.
 */
export class StreamAnswer implements TransportResponse {
  readonly status = 200
  readonly headers: Readonly<Record<string, string>>
  readonly body: AsyncIterable<Uint8Array>
  readonly #mostWaitingBytes: number
  readonly #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #ended = false
  #failure: { error: unknown } | undefined
  #wake: (() => void) | undefined
  #onEnd: (() => void) | undefined

  constructor(contentType: string, mostWaitingBytes = 32 * 1024 * 1024) {
    this.headers = { 'content-type': contentType, 'cache-control': 'no-cache, private' }
    this.#mostWaitingBytes = mostWaitingBytes
    this.body = this.#read()
  }

  /** Called once, when no more chunks are wanted: the writer ended, failed, or the reader left. */
  onEnd(callback: () => void): void {
    this.#onEnd = callback
  }

  get ended(): boolean {
    return this.#ended
  }

  write(chunk: Uint8Array): void {
    if (this.#ended) return
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    if (this.#waitingBytes > this.#mostWaitingBytes) {
      this.#waiting.length = 0
      this.end()
    }
    this.#wakeReader()
  }

  /** What is written already can still be read. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd?.()
    this.#wakeReader()
  }

  /** The reader gets `error` at once, whatever is still waiting. */
  fail(error: unknown): void {
    this.#failure ??= { error }
    this.end()
    this.#wakeReader()
  }

  cancel(): void {
    this.#waiting.length = 0
    this.end()
  }

  async text(): Promise<string> {
    const chunks: Uint8Array[] = []
    for await (const chunk of this.body) chunks.push(chunk)
    return Buffer.concat(chunks).toString('utf8')
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure.error
        const chunk = this.#waiting.shift()
        if (chunk !== undefined) {
          this.#waitingBytes -= chunk.length
          yield chunk
        } else if (this.#ended) {
          return
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
        }
      }
    } finally {
      this.cancel()
    }
  }

  #wakeReader(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
