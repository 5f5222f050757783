import { vi } from 'vitest'

/** vi.waitFor() gives up after 1 s: a machine that is busy with something else stands still for longer. */
export function waitFor<T>(isSo: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(isSo, { timeout: 40_000, interval: 5 })
}
