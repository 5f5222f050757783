import type { Variant } from '../scenario.ts'

/**
 * A policy for a rehearsal: it learns from so few drains (7 at a quantile of 0.7 and a confidence of 0.9) that a minute
 * is enough. Real ones keep the defaults, 59 drains for the 95th percentile.
 * @param initial the propagation assumed while nothing is measured, and what D may be at least at first
 * @param requestTime the longest request, W, until reports tell it
 */
export function quickPolicy({ initial = '2s', requestTime = '2s' } = {}): Readonly<Record<string, unknown>> {
  return {
    propagation: { quantile: 0.7, confidence: 0.9, initial },
    contract: {
      requestTime: { max: requestTime },
      safetyMargin: '2s',
      bounds: { gracePeriod: { min: '5s' } },
    },
  }
}

/** The cure that every scenario ends with. */
export function drainkeeper(changes: Partial<Variant> = {}): Variant {
  return {
    name: 'drainkeeper',
    title: 'drainkeeper',
    server: 'drained',
    policy: quickPolicy(),
    expect: 'none',
    ...changes,
  }
}

/** The disease that every scenario begins with. */
export function naive(changes: Partial<Variant> = {}): Variant {
  return { name: 'naive', title: 'naive: exits at SIGTERM', server: 'exit-at-once', expect: 'losses', ...changes }
}
