import { randomUUID } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { WatchState, watchSource } from './watch-source.ts'
import type { WatchOrder } from './watch-source.ts'

export interface WatchdogOptions {
  /**
   * When the main thread counts as stuck, in milliseconds from now: later than any orderly end. Up to half a second later
   * where the watchdog itself was held up: then it was the machine that stood still, and not the event loop.
   */
  afterMs: number
  /**
   * Called on the main thread, in the middle of whatever it is stuck in: it must work synchronously, and exit. When it
   * has not exited after 1 s the process is killed.
   */
  onStuck: () => void
  /**
   * Written by the watchdog itself when the main thread is stuck in native code, where nothing can interrupt it.
   * Without it nothing is written then.
   */
  lastWords?: { path: string; text: string }
  /** A process without permission to start threads has no watchdog; this tells why. */
  onUnavailable: (error: unknown) => void
}

export interface Watchdog {
  /** The process needs no watching any more. Any number of calls. */
  stop(): void
}

/** A thread that sleeps wakes up within a few milliseconds, unless there is no processor for it. */
const heldUpMs = 50
/** At most so much of the time for which all threads were held up is given back: kubelet does not wait. */
const longestDelayMs = 500
/** Interrupting JavaScript takes a few milliseconds: a main thread that is silent for so long is in native code. */
const answerWithinMs = 500
/** What onStuck may take. */
const exitWithinMs = 1000

/**
 * Ends a process that is stuck in its event loop. A thread of its own sleeps until the time has come, then enters the
 * main thread as a debugger would: that interrupts an endless loop, a regular expression, and Atomics.wait. A main
 * thread in native code (execSync, a long pbkdf2Sync) cannot be entered before it comes back; there the process kills
 * itself, except as process 1 of a container, which the kernel protects from signals of its own: that one waits for its
 * return, or for kubelet's SIGKILL.
 *
 * The thread keeps no process alive. It cannot see a main thread that was stuck before it was started: then no signal
 * is ever noticed, and the liveness probe is what helps.
 */
export function startWatchdog({ afterMs, onStuck, lastWords, onUnavailable }: WatchdogOptions): Watchdog {
  const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  const enter = Symbol.for(`drain-server.watchdog.${randomUUID()}`)
  const become = (next: WatchState): void => {
    Atomics.store(state, 0, next)
    Atomics.notify(state, 0)
  }
  const stop = (): void => {
    become(WatchState.stopped)
    Reflect.deleteProperty(globalThis, enter)
  }
  Object.defineProperty(globalThis, enter, {
    configurable: true,
    value() {
      if (Atomics.load(state, 0) !== WatchState.watching) return
      become(WatchState.entered)
      letInspectorGo()
      onStuck()
    },
  })
  const order: WatchOrder = {
    state,
    afterMs,
    heldUpMs,
    longestDelayMs,
    answerWithinMs,
    exitWithinMs,
    expression: `globalThis[Symbol.for(${JSON.stringify(enter.description)})]?.()`,
    lastWords,
  }
  const failed = (error: unknown): void => {
    stop()
    onUnavailable(error)
  }
  try {
    // Neither the environment nor the arguments are for this thread: --import would load the application's hooks in it.
    const thread = new Worker(watchSource, { eval: true, workerData: order, env: {}, execArgv: [], resourceLimits })
    thread.on('error', failed)
    thread.unref()
  } catch (error) {
    failed(error)
  }
  return { stop }
}

/** Sleeping takes little memory; Node itself needs about 4 MiB in a new thread. */
const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 }

/** A process under --inspect exits only when all sessions are over; the one that entered it is not. */
function letInspectorGo(): void {
  const { url, close } = process.getBuiltinModule('node:inspector')
  if (url() !== undefined) close()
}
