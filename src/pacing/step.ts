/** As in the Deployment's strategy: pods, or a share of them such as `25%`. */
export type PodsOrPercent = number | string

export interface Strategy {
  readonly maxSurge: PodsOrPercent
  readonly maxUnavailable: PodsOrPercent
}

/** A strategy in pods. Never both 0. */
export interface StepBounds {
  readonly surge: number
  readonly unavailable: number
}

/** As the Deployment controller resolves it: surge rounds up, unavailable rounds down, and both 0 is one unavailable. */
export function resolveBounds({ maxSurge, maxUnavailable }: Strategy, desired: number): StepBounds {
  const surge = resolve(maxSurge, desired, Math.ceil)
  const unavailable = Math.min(resolve(maxUnavailable, desired, Math.floor), Math.max(desired, 1))
  return surge === 0 && unavailable === 0 ? { surge, unavailable: 1 } : { surge, unavailable }
}

function resolve(value: PodsOrPercent, desired: number, round: (pods: number) => number): number {
  if (typeof value === 'number') return Math.max(0, Math.trunc(value))
  const percent = /^(\d+)%$/.exec(value)?.[1]
  return percent === undefined ? 0 : round((Number(percent) * desired) / 100)
}

/** The most pods that one step may replace: as many as the plain Deployment replaces at once. */
export function stepLimit({ surge, unavailable }: StepBounds): number {
  return surge + unavailable
}

/** Whatever the size of the Deployment, a step is fully grown after this many healthy ones. */
const healthyStepsToGrow = 4

/** Additive increase: the same number of pods each time, at most up to the limit. */
export function grownStep(stepPods: number, bounds: StepBounds): number {
  const limit = stepLimit(bounds)
  return boundedStep(stepPods + Math.max(1, Math.ceil((limit - 1) / healthyStepsToGrow)), bounds)
}

/** Multiplicative decrease: the half, at least one pod. */
export function shrunkStep(stepPods: number, bounds: StepBounds): number {
  return boundedStep(Math.floor(stepPods / 2), bounds)
}

export function boundedStep(stepPods: number, bounds: StepBounds): number {
  return Math.max(1, Math.min(Math.trunc(stepPods), stepLimit(bounds)))
}

/** Which half of the strategy we may not write: it stays what the user says. */
export interface StepFixed {
  readonly surge: boolean
  readonly unavailable: boolean
}

/**
 * A step as a strategy. Surge comes first, because it costs no capacity; what is unavailable stays within what the
 * PodDisruptionBudgets allow. The least that the API accepts is one pod: with no surge to use, that one is unavailable
 * whatever they allow.
 */
export function splitStep(
  stepPods: number,
  bounds: StepBounds,
  fixed: StepFixed = { surge: false, unavailable: false },
  disruptionsAllowed: number = Number.POSITIVE_INFINITY,
): StepBounds {
  const step = boundedStep(stepPods, bounds)
  if (fixed.unavailable) {
    const surge = Math.min(bounds.surge, Math.max(step - bounds.unavailable, bounds.unavailable === 0 ? 1 : 0))
    return { surge: fixed.surge ? bounds.surge : surge, unavailable: bounds.unavailable }
  }
  const surge = fixed.surge ? bounds.surge : Math.min(bounds.surge, step)
  const wanted = Math.min(bounds.unavailable, Math.max(0, step - surge), Math.max(0, disruptionsAllowed))
  return { surge, unavailable: surge === 0 ? Math.max(1, wanted) : wanted }
}
