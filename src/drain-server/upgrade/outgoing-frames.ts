const headEnd = '\r\n\r\n'
const switching = /^HTTP\/1\.1 101\b/
/** `HTTP/1.1 101` and one more byte. */
const statusLength = 13
const closeOpcode = 8

/**
 * Follows what a WebSocket server writes (RFC 6455 section 5.2), so that a frame of someone else's can go in between:
 * the head that switches protocols, then frame after frame. Only frame headers are looked at; nothing is kept or copied.
 */
export class OutgoingFrames {
  /** The head refused to switch: what is written are no frames. */
  refused = false
  /** The application has begun a close frame of its own. */
  closing = false
  #status = ''
  #headMatched = 0
  #headOver = false
  #headerBytes = 0
  #headerLength = 2
  #extendedLength = 0
  #payloadLength = 0
  #payloadLeft = 0

  /** The head is complete, and so is every frame that was begun. */
  get atBoundary(): boolean {
    return this.#headOver && !this.refused && this.#headerBytes === 0 && this.#payloadLeft === 0
  }

  follow(bytes: Uint8Array): void {
    let index = this.#headOver ? 0 : this.#followHead(bytes)
    while (index < bytes.length && !this.refused) index += this.#step(bytes, index)
  }

  /** @returns how many of the bytes lie before the next boundary: these were followed */
  followToBoundary(bytes: Uint8Array): number {
    let index = this.#headOver ? 0 : this.#followHead(bytes)
    while (index < bytes.length && !this.refused && !this.atBoundary) index += this.#step(bytes, index)
    return this.refused ? bytes.length : index
  }

  /** @returns how far it went: one byte of a header, or a payload as far as it is there */
  #step(bytes: Uint8Array, index: number): number {
    if (this.#payloadLeft === 0) {
      this.#followHeader(bytes[index] as number)
      return 1
    }
    const length = Math.min(this.#payloadLeft, bytes.length - index)
    this.#payloadLeft -= length
    return length
  }

  #followHead(bytes: Uint8Array): number {
    for (const [index, byte] of bytes.entries()) {
      if (this.#status.length < statusLength) this.#status += String.fromCharCode(byte)
      const expected = byte === headEnd.charCodeAt(this.#headMatched)
      if (expected) this.#headMatched += 1
      else this.#headMatched = byte === headEnd.charCodeAt(0) ? 1 : 0
      if (this.#headMatched < headEnd.length) continue
      this.#headOver = true
      this.refused = !switching.test(this.#status)
      return index + 1
    }
    return bytes.length
  }

  #followHeader(byte: number): void {
    if (this.#headerBytes === 0) {
      this.closing ||= (byte & 0x0f) === closeOpcode
      this.#headerLength = 2
    } else if (this.#headerBytes === 1) {
      const length = byte & 0x7f
      this.#extendedLength = length < 126 ? 0 : length === 126 ? 2 : 8
      this.#headerLength = 2 + this.#extendedLength + (byte & 0x80 ? 4 : 0)
      this.#payloadLength = this.#extendedLength === 0 ? length : 0
    } else if (this.#headerBytes < 2 + this.#extendedLength) {
      this.#payloadLength = this.#payloadLength * 256 + byte
    }
    this.#headerBytes += 1
    if (this.#headerBytes < this.#headerLength) return
    this.#headerBytes = 0
    this.#payloadLeft = this.#payloadLength
  }
}
