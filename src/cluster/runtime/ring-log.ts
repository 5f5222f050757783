/** The end of what was written: at most so many bytes, cut at a line's start. */
export class RingLog {
  readonly #mostBytes: number
  #parts: Buffer[] = []
  #bytes = 0
  #cut = false

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  push(chunk: Buffer): void {
    this.#parts.push(chunk)
    this.#bytes += chunk.length
    // Only now and then, so that many small writes do not copy everything each time.
    if (this.#bytes > this.#mostBytes * 2) this.#shorten()
  }

  text(): string {
    if (this.#bytes > this.#mostBytes) this.#shorten()
    const text = Buffer.concat(this.#parts).toString('utf8')
    return this.#cut ? text.slice(text.indexOf('\n') + 1) : text
  }

  #shorten(): void {
    const end = Buffer.concat(this.#parts).subarray(-this.#mostBytes)
    this.#parts = [Buffer.from(end)]
    this.#bytes = end.length
    this.#cut = true
  }
}
