import type { Clock } from '../../kube/index.ts'
import type { PodNetwork } from '../network/pod-network.ts'
import { ContainerConfigError } from './environment.ts'
import { ContainerProbes } from './container-probes.ts'
import { type HandlerPlace, runHook } from './handlers.ts'
import { isRestarted } from './phase.ts'
import {
  type Container,
  type ContainerState,
  type ContainerStatus,
  isSidecar,
  type Pod,
  podInWords,
  type Terminated,
} from './pod.ts'
import { inGoWords, RestartBackoff } from './restart-backoff.ts'
import type { ContainerExit, ContainerRuntime, ContainerStart, RunningContainer } from './runtime.ts'
import { stopContainer } from './stop-container.ts'

export interface ContainerLifeOptions {
  readonly pod: Pod
  readonly container: Container
  readonly podIp: string
  readonly network: PodNetwork
  readonly runtime: ContainerRuntime
  readonly clock: Clock
  /** Command and environment, resolved now. @throws ContainerConfigError */
  readonly describe: () => Promise<Pick<ContainerStart, 'command' | 'args' | 'env'>>
  /** Resolves when kubelet next looks at its containers. */
  readonly noticed: () => Promise<void>
  /** Aborted when nothing is to be started any more. */
  readonly signal: AbortSignal
  readonly tell: (type: 'Normal' | 'Warning', reason: string, note: string) => void
  readonly onChange: () => void
}

export interface StopOrder {
  readonly graceSeconds: number
  readonly message?: string
  /** A sidecar's: resolves when what ends before it has ended. */
  readonly turn?: Promise<void>
}

/** A container that could not be started is tried again after this time, doubled up to the second. */
const firstAttemptMs = 10_000
const mostAttemptMs = 300_000
const usualGraceSeconds = 30
/** What of the log stands for a message that was not left. */
const fallbackLogBytes = 2048

/** One container of a pod, over all of its restarts. */
export class ContainerLife {
  readonly container: Container
  readonly #options: ContainerLifeOptions
  readonly #backoff = new RestartBackoff()
  #state: ContainerState = {}
  #lastState: ContainerState = {}
  #restartCount = 0
  #id: string | undefined
  #running: RunningContainer | undefined
  /** The one that ran last, and the one before: what they wrote can still be read. */
  #last: RunningContainer | undefined
  #previous: RunningContainer | undefined
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #probes: ContainerProbes | undefined
  #completed = false
  #nextAttemptMs = firstAttemptMs
  #onStarted: () => void = () => {}
  /** Resolves when it has started for the first time, as its startup probe says, or will never. */
  readonly started: Promise<void>

  constructor(options: ContainerLifeOptions) {
    this.#options = options
    this.container = options.container
    const initializing = (options.pod.spec.initContainers?.length ?? 0) > 0
    this.#state = { waiting: { reason: initializing ? 'PodInitializing' : 'ContainerCreating' } }
    this.started = new Promise((resolve) => (this.#onStarted = resolve))
  }

  /** What it has written, in this run or in the one before; undefined when there was none. */
  logs(previous: boolean): string | undefined {
    return (previous ? this.#previous : this.#last)?.logs()
  }

  /** Ends it at once, as a crash would: what its pod says about restarts follows. */
  kill(): void {
    this.#running?.signal('SIGKILL')
  }

  status(): ContainerStatus {
    const { name, image, resources = {} } = this.container
    return {
      name,
      state: this.#state,
      lastState: this.#lastState,
      ready: this.#probes?.ready ?? this.#completed,
      started: this.#probes?.started ?? false,
      restartCount: this.#restartCount,
      image,
      imageID: this.#id === undefined ? '' : image,
      ...(this.#id === undefined ? {} : { containerID: `process://${this.#id}` }),
      resources,
    }
  }

  /** Starts it, again and again as its pod says. Resolves with its last exit code when it is not started any more. */
  async run(): Promise<number | undefined> {
    const { signal, pod } = this.#options
    let exitCode: number | undefined
    while (!signal.aborted) {
      this.#starting = this.#start()
      await this.#starting
      if (this.#running === undefined) continue
      const ended = await this.#liveOnce(this.#running)
      exitCode = ended.exitCode
      if (signal.aborted || !isRestarted(pod.spec, this.container, exitCode)) break
      await this.#backOff(ended.endedMs)
    }
    this.#onStarted()
    return exitCode
  }

  /** From its start to its end; each is told when it is noticed. */
  async #liveOnce(running: RunningContainer): Promise<ContainerExit & { endedMs: number }> {
    const { signal, clock, noticed } = this.#options
    const startedAt = this.#now()
    let over = false
    const exited = running.exited.then((exit) => {
      over = true
      return { ...exit, endedMs: clock.monotonicMs(), finishedAt: this.#now() }
    })
    if (!signal.aborted) await noticed()
    const missed = over
    this.#begin(running, startedAt, missed)
    const exit = await exited
    this.#probes?.stop()
    this.#probes = undefined
    if (!signal.aborted && !missed) await noticed()
    this.#end(running, exit, { startedAt, finishedAt: exit.finishedAt })
    return exit
  }

  /** Ends it if it runs. Resolves when it has ended; one ending at a time. */
  async stop(order: StopOrder): Promise<void> {
    await this.#starting
    if (this.#running === undefined) return
    this.#stopping ??= this.#stop(this.#running, order).finally(() => (this.#stopping = undefined))
    await this.#stopping
  }

  #stop(running: RunningContainer, { graceSeconds, message, turn }: StopOrder): Promise<void> {
    const { clock, tell } = this.#options
    tell('Normal', 'Killing', message ?? `Stopping container ${this.container.name}`)
    this.#probes?.end()
    const preStop = this.container.lifecycle?.preStop
    const unending = new AbortController().signal
    return stopContainer({
      clock,
      running,
      graceSeconds,
      ...(turn === undefined ? {} : { turn }),
      ...(preStop === undefined ? {} : { preStop: () => runHook(preStop, this.#place(running), unending) }),
      onHookFailed: () => tell('Warning', 'FailedPreStopHook', 'PreStopHook failed'),
    })
  }

  /** As one attempt; afterwards it runs, or what is wrong has been told and waited for. */
  async #start(): Promise<void> {
    const { pod, podIp, runtime, describe, tell } = this.#options
    const { name, image } = this.container
    try {
      const description = await describe()
      const running = await runtime.start({
        ...description,
        podUid: pod.metadata.uid ?? '',
        podName: pod.metadata.name,
        namespace: pod.metadata.namespace ?? '',
        container: name,
        image,
        podIp,
        terminationMessagePath: this.container.terminationMessagePath ?? '/dev/termination-log',
      })
      this.#running = running
      this.#previous = this.#last
      this.#last = running
      tell('Normal', 'Pulled', `Container image "${image}" already present on machine and can be accessed by the pod`)
      tell('Normal', 'Created', 'Container created')
      tell('Normal', 'Started', 'Container started')
      await this.#postStart(running)
    } catch (error) {
      await this.#couldNotStart(error)
    }
  }

  async #postStart(running: RunningContainer): Promise<void> {
    const { signal, tell } = this.#options
    const hook = this.container.lifecycle?.postStart
    if (hook === undefined) return
    try {
      await runHook(hook, this.#place(running), signal)
    } catch {
      if (signal.aborted) return
      tell('Warning', 'FailedPostStartHook', 'PostStartHook failed')
      // Not waited for: the container's end is seen where it always is.
      this.#killSoon('FailedPostStartHook', undefined)
    }
  }

  async #couldNotStart(reason: unknown): Promise<void> {
    const { signal, tell, noticed } = this.#options
    const { image } = this.container
    const message = reason instanceof Error ? reason.message : String(reason)
    if (reason instanceof ContainerConfigError) {
      tell('Warning', 'Failed', `Error: ${message}`)
      this.#wait('CreateContainerConfigError', message)
    } else if (isImageMissing(reason) && this.container.imagePullPolicy === 'Never') {
      const missing = `Container image "${image}" is not present with pull policy of Never`
      tell('Warning', 'ErrImageNeverPull', missing)
      tell('Warning', 'Failed', 'Error: ErrImageNeverPull')
      this.#wait('ErrImageNeverPull', missing)
    } else if (isImageMissing(reason)) {
      tell('Normal', 'Pulling', `Pulling image "${image}"`)
      tell('Warning', 'Failed', `Failed to pull image "${image}": ${message}`)
      tell('Warning', 'Failed', 'Error: ErrImagePull')
      this.#wait('ErrImagePull', message)
      await noticed()
      if (signal.aborted) return
      tell('Normal', 'BackOff', `Back-off pulling image "${image}"`)
      tell('Warning', 'Failed', 'Error: ImagePullBackOff')
      this.#wait('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${message}`)
    } else {
      tell('Warning', 'Failed', `Error: ${message}`)
      this.#wait('RunContainerError', message)
    }
    await this.#pause(this.#nextAttemptMs)
    this.#nextAttemptMs = Math.min(this.#nextAttemptMs * 2, mostAttemptMs)
  }

  /** @param missed it has ended before anybody looked: nobody is told that it ran */
  #begin(running: RunningContainer, startedAt: string, missed: boolean): void {
    if (this.#state.terminated !== undefined) this.#lastState = this.#state
    if (this.#id !== undefined) this.#restartCount += 1
    this.#id = running.id
    this.#state = { running: { startedAt } }
    if (missed) return
    const { signal, tell, onChange } = this.#options
    this.#probes = new ContainerProbes({
      place: this.#place(running),
      ending: signal.aborted,
      onFailure: (note) => tell('Warning', 'Unhealthy', note),
      onUnhealthy: (why, { terminationGracePeriodSeconds }) =>
        this.#killSoon(`Container ${this.container.name} ${why}`, terminationGracePeriodSeconds),
      onStarted: this.#onStarted,
      onChange,
    })
    if (this.#probes.started) this.#onStarted()
    onChange()
  }

  #end(
    running: RunningContainer,
    { exitCode, message }: ContainerExit,
    times: Pick<Terminated, 'startedAt' | 'finishedAt'>,
  ): void {
    const fallback = this.container.terminationMessagePolicy === 'FallbackToLogsOnError' && exitCode !== 0
    const told = message === '' && fallback ? running.logs().slice(-fallbackLogBytes) : message
    this.#running = undefined
    this.#completed = exitCode === 0 && !isSidecar(this.container) && this.#isInit
    this.#state = {
      terminated: {
        exitCode,
        reason: exitCode === 0 ? 'Completed' : 'Error',
        ...(told === '' ? {} : { message: told }),
        ...times,
        containerID: `process://${running.id}`,
      },
    }
    this.#options.onChange()
  }

  /** Waits as long as it must before the next start. */
  async #backOff(endedMs: number): Promise<void> {
    const { clock, pod, tell } = this.#options
    const delayMs = this.#backoff.next(endedMs)
    if (delayMs === 0) return
    const { name } = this.container
    this.#lastState = this.#state
    tell('Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${podInWords(pod)}`)
    this.#wait(
      'CrashLoopBackOff',
      `back-off ${inGoWords(delayMs)} restarting failed container=${name} pod=${podInWords(pod)}`,
    )
    await this.#pause(Math.max(0, endedMs + delayMs - clock.monotonicMs()))
  }

  /** Until then, or until nothing is to be started any more. */
  async #pause(delayMs: number): Promise<void> {
    const { clock, signal } = this.#options
    await clock.sleep(delayMs, signal).catch(() => {})
  }

  #killSoon(message: string, graceSeconds: number | undefined): void {
    if (this.#options.signal.aborted) return
    const usual = this.#options.pod.spec.terminationGracePeriodSeconds ?? usualGraceSeconds
    void Promise.resolve().then(() => this.stop({ graceSeconds: graceSeconds ?? usual, message }))
  }

  #wait(reason: string, message: string): void {
    this.#state = { waiting: { reason, message } }
    this.#options.onChange()
  }

  get #isInit(): boolean {
    return this.#options.pod.spec.initContainers?.includes(this.container) === true
  }

  #place(running: RunningContainer): HandlerPlace {
    const { podIp, network, clock } = this.#options
    return { container: this.container, running, podIp, network, clock }
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z')
  }
}

function isImageMissing(reason: unknown): boolean {
  return (reason as { code?: unknown }).code === 'ImageNotFound'
}
