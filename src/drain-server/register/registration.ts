import type { Server as NetServer } from 'node:net'
import { isAdopted } from '../adapters/adopted.ts'
import type { DrainTarget } from '../adapters/drain-target.ts'
import type { Drainer } from '../drain.ts'
import { DrainError } from '../errors.ts'

/** The drain of the process. */
let current: Drainer | undefined
let registered = false

/** @returns whether the process was not registered before */
export function register(): boolean {
  if (registered) return false
  registered = true
  return true
}

/**
 * What drain() returns: a process has one drain, the first that it asked for or, under register, ours. It adopts the
 * further targets, and goes by the options that it began with. Two of them would exit under each other's requests.
 */
export function drainerFor(target: DrainTarget, open: () => Drainer): Drainer {
  if (current === undefined || (!registered && current.state === 'done')) {
    current = open()
  } else if (registered) {
    adoptOnce(current, target)
  } else {
    current.adopt(target)
  }
  return current
}

/** The process has no drain any more. */
export function forget(drainer: Drainer): void {
  if (current === drainer) current = undefined
}

/** A server begins to listen: it is adopted unless it is already, or speaks no protocol of ours. */
export function adoptListening(server: NetServer, open: () => Drainer): void {
  if (isAdopted(server)) return
  try {
    drainerFor(server, open)
  } catch (error) {
    if (!(error instanceof DrainError && error.code === 'ERR_DRAIN_TARGET')) throw error
  }
}

function adoptOnce(drainer: Drainer, target: DrainTarget): void {
  try {
    drainer.adopt(target)
  } catch (error) {
    if (!(error instanceof DrainError && error.code === 'ERR_DRAIN_ADOPTED')) throw error
  }
}
