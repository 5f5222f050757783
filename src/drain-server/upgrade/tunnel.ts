import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { Upgrade } from './upgrade.ts'

/** A CONNECT tunnel, or an upgrade to a protocol that is not known here: over once nothing passes any more. */
export class Tunnel implements Upgrade {
  over = false
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #idleGraceMs: number
  #passed = -1
  #passedAtMs = 0

  constructor(socket: Socket, clock: Clock, idleGraceMs: number) {
    this.#socket = socket
    this.#clock = clock
    this.#idleGraceMs = idleGraceMs
  }

  get lossy(): boolean {
    return true
  }

  mayLeave(): boolean {
    const { bytesRead, bytesWritten, writableLength } = this.#socket
    const passed = bytesRead + bytesWritten - writableLength
    if (passed !== this.#passed || writableLength > 0) {
      this.#passed = passed
      this.#passedAtMs = this.#clock.nowMs()
    }
    return this.#clock.nowMs() - this.#passedAtMs >= this.#idleGraceMs
  }

  leave(): void {
    this.over = this.mayLeave()
  }
}
