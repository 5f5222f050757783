import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/**
 * A balancer of connections, as kube-proxy is one: a new connection goes to the current target, an established one
 * stays where it is. Resets and half-closes pass through.
 */
export class Balancer {
  target: number
  port = 0
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true }, (downstream) => this.#join(downstream))
  readonly #sockets = new Set<Socket>()

  constructor(target: number) {
    this.target = target
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(downstream: Socket): void {
    const upstream = connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    for (const [from, to] of [
      [downstream, upstream],
      [upstream, downstream],
    ] as const) {
      this.#sockets.add(from)
      from.pipe(to)
      from.on('error', () => to.resetAndDestroy())
      from.on('close', () => this.#sockets.delete(from))
    }
  }
}
