import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** Distance to a server on this machine: bytes, FIN and RST arrive half a round trip after they were sent. */
export class DelayedPath {
  port = 0
  readonly #targetPort: number
  readonly #oneWayMs: number
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => this.#join(near))
  readonly #sockets = new Set<Socket>()

  private constructor(targetPort: number, roundTripMs: number) {
    this.#targetPort = targetPort
    this.#oneWayMs = roundTripMs / 2
  }

  static async open(targetPort: number, roundTripMs: number): Promise<DelayedPath> {
    const path = new DelayedPath(targetPort, roundTripMs)
    path.#server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
    await once(path.#server, 'listening')
    path.port = (path.#server.address() as AddressInfo).port
    return path
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(near: Socket): void {
    const far = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      const later = (what: () => void): void => void setTimeout(what, this.#oneWayMs)
      this.#sockets.add(from)
      from.on('data', (bytes: Buffer) => later(() => to.writable && to.write(bytes)))
      from.on('end', () => later(() => to.end()))
      from.on('error', () => later(() => to.resetAndDestroy()))
      from.on('close', () => this.#sockets.delete(from))
    }
  }
}
