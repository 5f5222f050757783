import type { Clock } from '../../kube/index.ts'
import type { Probe } from './pod.ts'
import type { ProbeResult } from './handlers.ts'

export interface ProberOptions {
  readonly clock: Clock
  readonly probe: Probe
  /** When the container started, on the monotonic clock. */
  readonly startedMs: number
  /** Runs the probe once. */
  readonly run: (signal: AbortSignal) => Promise<ProbeResult>
  /** Whether it is this probe's turn: others wait for the startup probe. */
  readonly due: () => boolean
  /** Each failure. */
  readonly onFailure: (output: string) => void
  /** The result, each time that its threshold is reached. */
  readonly onResult: (ok: boolean) => void
}

/** One probe of one running container: once now, then each period, until it is stopped. */
export class Prober {
  readonly #options: ProberOptions
  readonly #ending = new AbortController()
  #wake: (() => void) | undefined
  #last: boolean | undefined
  #run = 0

  constructor(options: ProberOptions) {
    this.#options = options
    void this.#loop()
  }

  /** Something has changed that makes it worth asking now. */
  poke(): void {
    this.#wake?.()
  }

  stop(): void {
    this.#ending.abort()
    this.#wake?.()
  }

  async #loop(): Promise<void> {
    const { clock, probe, due } = this.#options
    const { signal } = this.#ending
    while (!signal.aborted) {
      const sinceStartMs = clock.monotonicMs() - this.#options.startedMs
      if (due() && Math.floor(sinceStartMs / 1000) >= (probe.initialDelaySeconds ?? 0)) await this.#once()
      if (signal.aborted) return
      await this.#nextPeriod()
    }
  }

  async #once(): Promise<void> {
    const { probe, run, onFailure, onResult } = this.#options
    const { ok, output } = await run(this.#ending.signal)
    if (this.#ending.signal.aborted) return
    if (!ok) onFailure(output)
    this.#run = ok === this.#last ? this.#run + 1 : 1
    this.#last = ok
    if (this.#run < ((ok ? probe.successThreshold : probe.failureThreshold) ?? (ok ? 1 : 3))) return
    onResult(ok)
  }

  #nextPeriod(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.setTimeout(resolve, (this.#options.probe.periodSeconds ?? 10) * 1000)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
    })
  }
}
