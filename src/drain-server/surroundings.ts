import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'
import type { DrainOptions } from './options.ts'
import type { DrainProcess } from './process/drain-process.ts'
import { startWatchdog } from './watchdog/watchdog.ts'
import type { Watchdog, WatchdogOptions } from './watchdog/watchdog.ts'

/** The parts of the process that a drain touches, injected so that tests can drive one without a process. */
export interface Surroundings {
  clock: Clock
  environment: NodeJS.ProcessEnv
  /** @returns a function that stops listening */
  onSignal(signal: NodeJS.Signals, listener: () => void): () => void
  /**
   * Calls back for each error that nobody caught, in place of the crash that Node would make of it; not while the
   * application has a handler of its own.
   * @returns a function that gives Node its own behaviour back
   */
  onUncaughtError(listener: (error: unknown) => void): () => void
  /** Watches over a drain whose event loop may hang. */
  startWatchdog(options: WatchdogOptions): Watchdog
  exit(code: number): void
  /** Resolves when the line has left the process. */
  writeStdout(line: string): Promise<void>
  writeStderr(line: string): void
  /** In a worker of a cluster: what its primary leaves to it, and how it is told to drain. */
  coordinator?: { options: DrainOptions; attend(member: DrainProcess): void }
}

export const processSurroundings: Surroundings = {
  clock: systemClock,
  environment: process.env,
  onSignal(signal, listener) {
    // Before the application's own listeners, which may close the server.
    process.prependListener(signal, listener)
    return () => process.off(signal, listener)
  },
  onUncaughtError(listener) {
    const listen = (error: unknown): void => {
      if (process.listenerCount('uncaughtException') === 1) listener(error)
    }
    process.on('uncaughtException', listen)
    return () => process.off('uncaughtException', listen)
  },
  startWatchdog,
  exit: (code) => process.exit(code),
  writeStdout: (line) =>
    new Promise((resolve) => {
      surviveLostReader(process.stdout)
      process.stdout.write(line, () => resolve())
    }),
  writeStderr(line) {
    surviveLostReader(process.stderr)
    process.stderr.write(line)
  },
}

const ignore = (): void => undefined

/** Whoever read our output may be gone before us: an EPIPE must not end the process in the middle of its drain. */
function surviveLostReader(stream: NodeJS.WriteStream): void {
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore)
}
