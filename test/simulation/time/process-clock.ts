import { type Clock, sleepOn, type Timer } from '../../../src/kube/clock.ts'

/**
 * Time as one process has it: its wall clock may be wrong, and while the process is frozen (SIGSTOP, a machine that
 * swaps) nothing of it runs, though time goes on. Whatever reaches a process comes through here, timers and messages.
 */
export class ProcessClock implements Clock {
  readonly #clock: Clock
  #wallOffsetMs = 0
  #state: 'running' | 'frozen' | 'dead' = 'running'
  readonly #held: (() => void)[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isFrozen(): boolean {
    return this.#state === 'frozen'
  }

  get isDead(): boolean {
    return this.#state === 'dead'
  }

  now(): number {
    return this.#clock.now() + this.#wallOffsetMs
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs()
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    let cancelled = false
    const timer = this.#clock.setTimeout(() => {
      this.#run(() => {
        if (!cancelled) callback()
      })
    }, delayMs)
    return {
      cancel: () => {
        cancelled = true
        timer.cancel()
      },
    }
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal)
  }

  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs
  }

  freeze(): void {
    if (this.#state === 'running') this.#state = 'frozen'
  }

  /** Everything that was due meanwhile happens now, in order. */
  thaw(): void {
    if (this.#state !== 'frozen') return
    this.#state = 'running'
    for (const callback of this.#held.splice(0)) this.#clock.setTimeout(() => this.#run(callback), 0)
  }

  /** Nothing ever runs any more. */
  kill(): void {
    this.#state = 'dead'
    this.#held.length = 0
  }

  #run(callback: () => void): void {
    if (this.#state === 'frozen') this.#held.push(callback)
    else if (this.#state === 'running') callback()
  }
}
