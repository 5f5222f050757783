import type { DrainOptions } from '../../../../src/drain-server/index.ts'

/** How the servers of these trials end at SIGTERM: by drain-server, or as their own documentation says. */
export type Ending = 'drain-server' | 'close' | 'tryShutdown' | 'forceShutdown'

/** Longer than routing takes in these trials (see rolling.ts). */
export const drainDelaySeconds = 1

export const drainOptions: DrainOptions = {
  admin: false,
  delaySeconds: drainDelaySeconds,
  graceSeconds: 10,
  idleGraceMs: 500,
  terminationMessagePath: false,
}

export function portAndEnding(): { port: number; ending: Ending } {
  const [port, ending] = process.argv.slice(2)
  return { port: Number(port), ending: ending as Ending }
}

/** Tells the parent process that connections are accepted from now on. */
export function ready(): void {
  process.stdout.write('ready\n')
}

/** What a request takes: from 5 to 30 ms. */
export function workMs(): number {
  return 5 + Math.random() * 25
}

export const exit = (): void => process.exit(0)
