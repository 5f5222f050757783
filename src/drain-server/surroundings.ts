import { systemClock } from './clock.ts'
import type { Clock } from './clock.ts'

/** The parts of the process that a drain touches, injected so that tests can drive one without a process. */
export interface Surroundings {
  clock: Clock
  environment: NodeJS.ProcessEnv
  /** @returns a function that stops listening */
  onSignal(signal: NodeJS.Signals, listener: () => void): () => void
  exit(code: number): void
  /** Resolves when the line has left the process. */
  writeStdout(line: string): Promise<void>
  writeStderr(line: string): void
}

export const processSurroundings: Surroundings = {
  clock: systemClock,
  environment: process.env,
  onSignal(signal, listener) {
    process.on(signal, listener)
    return () => process.off(signal, listener)
  },
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
