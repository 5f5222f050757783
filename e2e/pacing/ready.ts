import { setTimeout as pause } from 'node:timers/promises'
import type { Program } from './programs.ts'

const timeoutSeconds = 30

/** Resolves when a URL answers with 200. @throws with the program's own words when it ends before, or takes too long */
export async function ready(what: string, url: string, program: Program): Promise<void> {
  const deadlineMs = performance.now() + timeoutSeconds * 1000
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok === true) return
    if (!program.running) throw new Error(`${what} ended:\n${program.log().split('\n').slice(-10).join('\n')}`)
    if (performance.now() > deadlineMs) throw new Error(`${what} is not ready after ${timeoutSeconds} s`)
    await pause(100)
  }
}
