import { type HandlerPlace, runProbe } from './handlers.ts'
import type { Probe } from './pod.ts'
import { Prober } from './prober.ts'

type Kind = 'Startup' | 'Readiness' | 'Liveness'

export interface ContainerProbesOptions {
  readonly place: HandlerPlace
  /** The pod ends: nothing is restarted, so that only its readiness matters. */
  readonly ending: boolean
  readonly onFailure: (note: string) => void
  /** The container is to be ended and started again. */
  readonly onUnhealthy: (why: string, probe: Probe) => void
  readonly onStarted: () => void
  readonly onChange: () => void
}

/** The probes of one running container: whether it has started, and whether it is ready. */
export class ContainerProbes {
  started: boolean
  ready: boolean
  readonly #options: ContainerProbesOptions
  readonly #probers: Partial<Record<Kind, Prober>> = {}

  constructor(options: ContainerProbesOptions) {
    this.#options = options
    const { startupProbe, readinessProbe, livenessProbe } = options.place.container
    this.started = startupProbe === undefined
    this.ready = this.started && readinessProbe === undefined
    if (readinessProbe !== undefined) this.#start('Readiness', readinessProbe)
    if (options.ending) return
    if (startupProbe !== undefined) this.#start('Startup', startupProbe)
    if (livenessProbe !== undefined) this.#start('Liveness', livenessProbe)
  }

  /** The container ends: whether it is ready is asked on, as long as it runs. */
  end(): void {
    this.#probers.Startup?.stop()
    this.#probers.Liveness?.stop()
  }

  stop(): void {
    for (const prober of Object.values(this.#probers)) prober.stop()
  }

  #start(kind: Kind, probe: Probe): void {
    const { place, onFailure, onChange } = this.#options
    this.#probers[kind] = new Prober({
      clock: place.clock,
      probe,
      startedMs: place.clock.monotonicMs(),
      run: (signal) => runProbe(probe, place, signal),
      due: () => this.started === (kind !== 'Startup'),
      onFailure: (output) => onFailure(`${kind} probe failed: ${output}`),
      onResult: (ok) => {
        if (kind === 'Readiness') this.ready = ok
        else if (!ok) this.#options.onUnhealthy(`failed ${kind.toLowerCase()} probe, will be restarted`, probe)
        else if (kind === 'Startup') this.#hasStarted()
        onChange()
      },
    })
  }

  #hasStarted(): void {
    this.started = true
    this.ready = this.#options.place.container.readinessProbe === undefined
    this.#probers.Startup?.stop()
    this.#probers.Readiness?.poke()
    this.#probers.Liveness?.poke()
    this.#options.onStarted()
  }
}
