import type { ObservedPod } from '../../../src/lab/rehearsal/pod-log.ts'

/** A pod that was ready at 1 s, deleted at 10 s, and ended by itself at 12 s, unless said otherwise. */
export function observedPod(fields: Partial<ObservedPod> = {}): ObservedPod {
  return {
    uid: 'uid-a',
    name: 'a',
    node: 'node-1',
    ip: '10.0.0.1',
    readyMs: 1000,
    deletedMs: 10_000,
    graceSeconds: 30,
    sliceFlippedMs: 10_020,
    endedMs: 12_000,
    goneMs: 12_100,
    exitCode: 0,
    exitReason: 'Completed',
    terminationMessage: null,
    ...fields,
  }
}
