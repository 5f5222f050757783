const newline = 0x0a

/** Cuts a stream of bytes into lines. A character may be split between chunks: only whole lines are decoded. */
export class LineDecoder {
  #rest: Uint8Array[] = []

  /** The lines that this chunk completes, without their newline; blank ones are left out. */
  push(chunk: Uint8Array): string[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const lines: string[] = []
    let start = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      const line =
        this.#rest.length === 0
          ? bytes.toString('utf8', start, end)
          : Buffer.concat([...this.#rest, bytes.subarray(start, end)]).toString('utf8')
      this.#rest = []
      if (line.trim() !== '') lines.push(line)
      start = end + 1
    }
    if (start < bytes.length) this.#rest.push(bytes.subarray(start))
    return lines
  }

  /** Whether the stream, if it ends now, ends in the middle of a line. */
  get truncated(): boolean {
    return this.#rest.length > 0
  }
}
