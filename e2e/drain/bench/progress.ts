/** How far a run is: a line that is drawn again on a terminal, a line every tenth of the way anywhere else. */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  #tenths = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  show(done: number, of: number, what: string): void {
    const line = `${done} of ${of} ${what}`
    if (this.#stream.isTTY) {
      this.#stream.write(`\r\u001B[K${line}`)
      return
    }
    const tenths = Math.floor((10 * done) / of)
    if (tenths !== this.#tenths) this.#stream.write(`${line}\n`)
    this.#tenths = tenths
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001B[K')
  }
}
