/** How far the run is: a line that is drawn again on a terminal, a line every tenth of the way anywhere else. */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #all: number
  #done = 0

  constructor(stream: NodeJS.WriteStream, all: number) {
    this.#stream = stream
    this.#all = all
  }

  step(): void {
    this.#done += 1
    const line = `${this.#done} of ${this.#all} drains`
    if (this.#stream.isTTY) this.#stream.write(`\r\u001B[K${line}`)
    else if (this.#done % Math.ceil(this.#all / 10) === 0) this.#stream.write(`${line}\n`)
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001B[K')
  }
}
