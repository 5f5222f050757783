import type { Server as NetServer } from 'node:net'
import { isAdopted } from '../adapters/adopted.ts'
import type { DrainTarget } from '../adapters/drain-target.ts'
import type { Drainer } from '../drain.ts'
import { DrainError } from '../errors.ts'

/** Under register a process has one drain: that of the application, when it calls drain() itself, or ours. */
interface Registration {
  drainer: Drainer | undefined
}

let registration: Registration | undefined

/** @returns whether the process was not registered before */
export function register(): boolean {
  if (registration !== undefined) return false
  registration = { drainer: undefined }
  return true
}

/**
 * What drain() returns: a drain of its own, or under register the one of the process, which adopts the target, too. It
 * goes by the options that it began with.
 */
export function drainerFor(target: DrainTarget, open: () => Drainer): Drainer {
  if (registration === undefined) return open()
  if (registration.drainer !== undefined) {
    adoptOnce(registration.drainer, target)
    return registration.drainer
  }
  registration.drainer = open()
  return registration.drainer
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
