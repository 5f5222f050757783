import type { Reading, Silence } from '../pacing/index.ts'

/** Something that hears requests and errors of one rollout. */
export interface Signal {
  /**
   * What it heard since its span began. A failure of the other side is a silent reading, never an exception.
   * @throws the abort signal's reason, when that aborts
   */
  read(abort?: AbortSignal): Promise<Reading>
}

export type Silent = Extract<Reading, { kind: 'silent' }>

/** `message` is ours: it never carries a text that another server sent, nor a secret. */
export function silent(reason: Silence, message: string): Silent {
  return { kind: 'silent', reason, message }
}

/** Durations and deadlines; the operator's clock fits. */
export interface Clock {
  /** Milliseconds from an arbitrary origin that never go back. */
  monotonicMs(): number
  /** Runs `callback` once, `delayMs` from now, unless cancelled. */
  setTimeout(callback: () => void, delayMs: number): { cancel(): void }
}
