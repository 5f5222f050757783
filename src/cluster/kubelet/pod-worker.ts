import type { Clock, KubeApi } from '../../kube/index.ts'
import type { PodNetwork } from '../network/pod-network.ts'
import { ContainerLife, type StopOrder } from './container-life.ts'
import { type Container, type ContainerStatus, isSidecar, type Pod } from './pod.ts'
import { type PodView, podStatusOf } from './pod-status.ts'
import type { ContainerRuntime, ContainerStart } from './runtime.ts'
import { StatusWriter } from './status-writer.ts'

export interface PodWorkerOptions {
  readonly node: string
  readonly api: KubeApi
  readonly clock: Clock
  readonly network: PodNetwork
  readonly runtime: ContainerRuntime
  readonly describe: (
    pod: Pod,
    container: Container,
    podIp: string,
  ) => Promise<Pick<ContainerStart, 'command' | 'args' | 'env'>>
  readonly noticed: (signal: AbortSignal) => Promise<void>
  /** An event about the pod, or about one of its containers. */
  readonly tell: (pod: Pod, type: 'Normal' | 'Warning', reason: string, note: string, container?: Container) => void
  readonly onError: (error: unknown) => void
}

const deadlineExceeded = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
}
const usualGraceSeconds = 30

/**
 * One pod on a node, from its binding to its removal: runs its containers, tells its status, ends them when the pod is
 * deleted, and removes it from the API server when its last status is written.
 */
export class PodWorker {
  /** Resolves when nothing of the pod is left here. Never rejects. */
  readonly done: Promise<void>
  readonly #options: PodWorkerOptions
  readonly #writer: StatusWriter
  readonly #stopped = new AbortController()
  /** Aborted when no container is to be started any more. */
  readonly #ending = new AbortController()
  readonly #deleted = Promise.withResolvers<void>()
  readonly #startTime: string
  #lives: ContainerLife[] = []
  #podIp: string | undefined
  #tellPodIp = false
  #sandbox = false
  #ended = false
  #failure: PodView['failure']
  #graceSeconds: number | undefined
  /** What was told of the containers when the pod began to end; it changes only when all have ended. */
  #frozen: ReadonlyMap<string, ContainerStatus> | undefined
  #deadline: { cancel(): void } | undefined

  constructor(options: PodWorkerOptions, pod: Pod) {
    this.#options = options
    this.#startTime = pod.status?.startTime ?? this.#now()
    this.#writer = new StatusWriter(
      {
        ...options,
        signal: this.#stopped.signal,
        status: (newest) => podStatusOf(newest, this.#view(newest), this.#now()),
      },
      pod,
    )
    this.update(pod)
    this.done = this.#run(pod).catch(options.onError)
  }

  /** A newer object of the same pod. */
  update(pod: Pod): void {
    this.#writer.see(pod)
    const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
    if (deletionTimestamp !== undefined) {
      this.#endSoon(deletionGracePeriodSeconds ?? usualGraceSeconds)
      this.#deleted.resolve()
    } else {
      this.#watchDeadline(pod)
    }
    if (this.#lives.length > 0) void this.#writer.publish()
  }

  /** The API server has it no more: what still runs ends within a second or two. */
  removed(): void {
    this.#writer.gone = true
    this.#endSoon(0)
    this.#deleted.resolve()
  }

  /** Forgets the pod without a word; its containers are the runtime's to end. */
  stop(): void {
    this.#stopped.abort()
    this.#ending.abort()
    this.#deadline?.cancel()
    this.#deleted.resolve()
  }

  life(container: string | undefined): ContainerLife | undefined {
    return this.#lives.find(({ container: { name } }) => container === undefined || name === container)
  }

  async #run(pod: Pod): Promise<void> {
    const { network, node } = this.#options
    const podIp = pod.spec.hostNetwork === true ? network.nodeAddress(node) : network.allocate(node)
    this.#podIp = podIp
    this.#lives = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((container) =>
      this.#lifeOf(pod, container, podIp),
    )
    void this.#writer.publish()
    this.#sandbox = true
    void this.#writer.publish()
    await this.#runContainers(pod)
    if (this.#stopped.signal.aborted) return
    this.#ended = true
    this.#sandbox = false
    this.#frozen = undefined
    this.#deadline?.cancel()
    if (pod.spec.hostNetwork !== true) network.release(podIp)
    await this.#writer.publish()
    await this.#deleted.promise
    if (this.#stopped.signal.aborted) return
    await this.#writer.publish()
    await this.#writer.remove()
  }

  /** Resolves when the last container has ended, by itself or because the pod ends. */
  async #runContainers({ spec }: Pod): Promise<void> {
    const main = this.#lives.filter(({ container }) => spec.containers.includes(container))
    const sidecars = this.#lives.filter(({ container }) => isSidecar(container))
    const sidecarRuns: Promise<unknown>[] = []
    const { signal } = this.#ending
    const ended = (async () => {
      for (const life of this.#lives) {
        if (main.includes(life) || signal.aborted) continue
        const run = life.run()
        if (isSidecar(life.container)) {
          sidecarRuns.push(run)
          await life.started
        } else if ((await run) !== 0) {
          return
        }
      }
      await Promise.all(main.map((life) => life.run()))
    })()
    const ending = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([ended, ending])
    if (this.#stopped.signal.aborted) return
    // Main containers that have all ended by themselves leave their sidecars to be ended.
    this.#ending.abort()
    const graceSeconds = this.#graceSeconds ?? spec.terminationGracePeriodSeconds ?? usualGraceSeconds
    await this.#stopAll(sidecars, Math.max(graceSeconds, 1))
    await Promise.all([ended, ...sidecarRuns])
  }

  /** All at once, but each sidecar after the main containers and after the sidecars that started after it. */
  async #stopAll(sidecars: readonly ContainerLife[], graceSeconds: number): Promise<void> {
    const order = (life: ContainerLife, turn?: Promise<void>): Promise<void> =>
      life.stop({ graceSeconds, ...(turn === undefined ? {} : { turn }) } satisfies StopOrder)
    const others = this.#lives.filter((life) => !sidecars.includes(life)).map((life) => order(life))
    let before: Promise<unknown> = Promise.all(others)
    const stops = sidecars.toReversed().map((life) => {
      const stop = order(
        life,
        before.then(() => {}),
      )
      before = Promise.all([before, stop])
      return stop
    })
    await Promise.all([...others, ...stops])
  }

  #endSoon(graceSeconds: number): void {
    // A second deletion with less grace changes the object, and nothing here: kubelet does not break off an ending.
    if (this.#ending.signal.aborted) return
    this.#graceSeconds = graceSeconds
    this.#frozen = new Map(this.#lives.map((life) => [life.container.name, life.status()]))
    this.#ending.abort()
  }

  #watchDeadline({ spec }: Pod): void {
    this.#deadline?.cancel()
    if (spec.activeDeadlineSeconds === undefined || this.#ending.signal.aborted) return
    const { clock, tell } = this.#options
    const deadlineMs = Date.parse(this.#startTime) + spec.activeDeadlineSeconds * 1000
    this.#deadline = clock.setTimeout(() => {
      if (this.#ending.signal.aborted) return
      this.#failure = deadlineExceeded
      tell(this.#writer.pod, 'Normal', deadlineExceeded.reason, deadlineExceeded.message)
      this.#endSoon(spec.terminationGracePeriodSeconds ?? usualGraceSeconds)
      void this.#writer.publish()
    }, deadlineMs - clock.now())
  }

  #lifeOf(pod: Pod, container: Container, podIp: string): ContainerLife {
    const { network, runtime, clock, describe, noticed, tell } = this.#options
    return new ContainerLife({
      pod,
      container,
      podIp,
      network,
      runtime,
      clock,
      describe: () => describe(pod, container, podIp),
      noticed: () => noticed(this.#ending.signal),
      signal: this.#ending.signal,
      tell: (type, reason, note) => tell(pod, type, reason, note, container),
      onChange: () => {
        this.#tellPodIp = true
        void this.#writer.publish()
      },
    })
  }

  #view({ spec }: Pod): PodView {
    const { network, node } = this.#options
    const statuses = new Map(this.#lives.map((life) => [life.container.name, this.#told(life)]))
    const of = (containers: readonly Container[]): ContainerStatus[] =>
      containers.flatMap(({ name }) => statuses.get(name) ?? [])
    return {
      hostIp: network.nodeAddress(node),
      podIp: this.#tellPodIp ? this.#podIp : undefined,
      startTime: this.#startTime,
      sandbox: this.#sandbox,
      initContainers: of(spec.initContainers ?? []),
      containers: of(spec.containers),
      ended: this.#ended,
      failure: this.#failure,
    }
  }

  /** While the pod ends, only its readiness probes change what is told of its containers. */
  #told(life: ContainerLife): ContainerStatus {
    const frozen = this.#frozen?.get(life.container.name)
    if (frozen === undefined) return life.status()
    return life.container.readinessProbe === undefined ? frozen : { ...frozen, ready: life.status().ready }
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  }
}
