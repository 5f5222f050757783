/** What the watchdog's thread and the main thread share. */
export const WatchState = { watching: 0, stopped: 1, entered: 2 } as const
export type WatchState = (typeof WatchState)[keyof typeof WatchState]

/** What the thread is told. */
export interface WatchOrder {
  /** One number, a WatchState. */
  state: Int32Array
  afterMs: number
  heldUpMs: number
  longestDelayMs: number
  answerWithinMs: number
  exitWithinMs: number
  /** Runs on the main thread, and turns the state from watching to entered. */
  expression: string
  lastWords: { path: string; text: string } | undefined
}

/**
 * The thread's program. It is text, so that a bundle of one file holds it, and written with getBuiltinModule so that it
 * is a script and a module alike.
 */
export const watchSource = `
const { workerData } = process.getBuiltinModule('node:worker_threads')
const { state, afterMs, heldUpMs, longestDelayMs, answerWithinMs, exitWithinMs, expression, lastWords } = workerData
const watching = ${WatchState.watching}, stopped = ${WatchState.stopped}, entered = ${WatchState.entered}

const dueMs = performance.now() + afterMs
Atomics.wait(state, 0, watching, afterMs)
const lateMs = performance.now() - dueMs
// Who is held up is so with all of the machine, or of the container: the main thread gets back the time that it lost, too.
if (lateMs > heldUpMs) Atomics.wait(state, 0, watching, Math.min(lateMs, longestDelayMs))
if (Atomics.load(state, 0) === watching) {
  enter()
  Atomics.wait(state, 0, watching, answerWithinMs)
  if (Atomics.load(state, 0) === watching) speak()
  Atomics.wait(state, 0, entered, exitWithinMs)
  if (Atomics.load(state, 0) !== stopped) process.kill(process.pid, 'SIGKILL')
}

// A Node without its inspector, or a process without permission to use it, can only be killed.
function enter() {
  try {
    const { Session } = process.getBuiltinModule('node:inspector')
    const session = new Session()
    session.connectToMainThread()
    session.post('Runtime.evaluate', { expression })
  } catch {}
}

function speak() {
  if (lastWords === undefined) return
  try {
    process.getBuiltinModule('node:fs').writeFileSync(lastWords.path, lastWords.text)
  } catch {}
}
`
