import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/**
 * A balancer of connections with a lag, as kube-proxy is one: new connections go to the routed ports in turn,
 * established ones stay where they are. Resets and half-closes pass through.
 */
export class Balancer {
  readonly #routed: number[]
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer({ allowHalfOpen: true, noDelay: true }, (downstream) => this.#join(downstream))
  #turn = 0

  private constructor(ports: readonly number[]) {
    this.#routed = [...ports]
  }

  static async listen(ports: readonly number[]): Promise<Balancer> {
    const balancer = new Balancer(ports)
    balancer.#server.listen(0, '127.0.0.1')
    await once(balancer.#server, 'listening')
    return balancer
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  withdraw(port: number): void {
    this.#routed.splice(this.#routed.indexOf(port), 1)
  }

  restore(port: number): void {
    this.#routed.push(port)
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #join(downstream: Socket): void {
    this.#turn += 1
    const port = this.#routed[this.#turn % this.#routed.length] as number
    const upstream = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
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
