import type { ContainerExit, ContainerRuntime, ContainerStart, RunningContainer } from '../../../src/cluster/index.ts'
import { AddressPool } from '../../../src/cluster/network/address-pool.ts'
import type { HttpProbeAnswer, PodNetwork } from '../../../src/cluster/network/pod-network.ts'
import { ImageNotFound } from '../../../src/cluster/runtime/index.ts'
import type { VirtualClock } from '../../kube/virtual-clock.ts'

/** A container that does nothing but what a test says. */
export class ModelContainer implements RunningContainer {
  readonly id: string
  readonly start: ContainerStart
  readonly exited: Promise<ContainerExit>
  /** What it was sent, and when. */
  readonly signals: { signal: string; atMs: number }[] = []
  readonly commands: (readonly string[])[] = []
  written = ''
  readonly #clock: VirtualClock
  readonly #exit = Promise.withResolvers<ContainerExit>()
  readonly #behaviour: Behaviour
  alive = true

  constructor(id: string, start: ContainerStart, clock: VirtualClock, behaviour: Behaviour) {
    this.id = id
    this.start = start
    this.#clock = clock
    this.#behaviour = behaviour
    this.exited = this.#exit.promise
    if (behaviour.exitAfterMs !== undefined)
      clock.setTimeout(() => this.exit(behaviour.exitCode ?? 0), behaviour.exitAfterMs)
  }

  exit(exitCode: number, message = ''): void {
    this.alive = false
    this.#exit.resolve({ exitCode, message })
  }

  signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (!this.alive) return
    this.signals.push({ signal, atMs: this.#clock.monotonicMs() })
    if (signal === 'SIGKILL') this.exit(137)
    else if (this.#behaviour.termMs !== undefined) {
      this.#clock.setTimeout(() => this.exit(0, this.#behaviour.message ?? ''), this.#behaviour.termMs)
    }
  }

  async exec(command: readonly string[], signal: AbortSignal): Promise<number> {
    this.commands.push(command)
    const takesMs = this.#behaviour.execMs ?? 0
    if (takesMs > 0) await this.#clock.sleep(takesMs, signal).catch(() => {})
    return signal.aborted ? 137 : (this.#behaviour.execCode ?? 0)
  }

  logs(): string {
    return this.written
  }
}

export interface Behaviour {
  /** How long after SIGTERM it exits; absent: never. */
  readonly termMs?: number
  readonly message?: string
  /** It ends by itself. */
  readonly exitAfterMs?: number
  readonly exitCode?: number
  readonly execCode?: number
  readonly execMs?: number
}

/** Containers by image: the image's name says how they behave. */
export class ModelRuntime implements ContainerRuntime {
  readonly containers: ModelContainer[] = []
  readonly #clock: VirtualClock
  readonly #images: Readonly<Record<string, Behaviour>>

  constructor(clock: VirtualClock, images: Readonly<Record<string, Behaviour>>) {
    this.#clock = clock
    this.#images = images
  }

  async start(start: ContainerStart): Promise<RunningContainer> {
    const behaviour = this.#images[start.image]
    if (behaviour === undefined) throw new ImageNotFound(start.image, Object.keys(this.#images))
    const container = new ModelContainer(`c${this.containers.length + 1}`, start, this.#clock, behaviour)
    this.containers.push(container)
    return container
  }

  /** The last one of this name. */
  last(name = 'app'): ModelContainer {
    const found = this.containers.findLast(({ start }) => start.container === name)
    if (found === undefined) throw new Error(`no container ${name} was started`)
    return found
  }
}

/** Answers as the test says. */
export class ModelNetwork implements PodNetwork {
  readonly asked: { what: string; headers?: Readonly<Record<string, string>>; atMs: number }[] = []
  answer: (path: string) => HttpProbeAnswer | Promise<HttpProbeAnswer> = () => ({ status: 200 })
  readonly #pool = new AddressPool('10.1')
  readonly #clock: VirtualClock
  readonly used = new Set<string>()

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  nodeAddress(node: string): string {
    return this.#pool.nodeAddress(node)
  }

  allocate(node: string): string {
    const podIp = this.#pool.allocate(node)
    this.used.add(podIp)
    return podIp
  }

  release(podIp: string): void {
    this.used.delete(podIp)
    this.#pool.release(podIp)
  }

  async httpGet(
    podIp: string,
    port: number,
    path: string,
    options: { headers: Readonly<Record<string, string>>; signal?: AbortSignal },
  ): Promise<HttpProbeAnswer> {
    this.asked.push({ what: `${podIp}:${port}${path}`, headers: options.headers, atMs: this.#clock.monotonicMs() })
    return this.answer(path)
  }

  async tcpConnect(podIp: string, port: number): Promise<{ failed?: string }> {
    this.asked.push({ what: `tcp ${podIp}:${port}`, atMs: this.#clock.monotonicMs() })
    const answer = await this.answer('tcp')
    return 'failed' in answer ? answer : {}
  }

  async grpcHealth(podIp: string, port: number, service: string): Promise<{ serving: number } | { failed: string }> {
    this.asked.push({ what: `grpc ${podIp}:${port} ${service}`, atMs: this.#clock.monotonicMs() })
    const answer = await this.answer('grpc')
    return 'failed' in answer ? answer : { serving: answer.status === 200 ? 1 : 2 }
  }
}
