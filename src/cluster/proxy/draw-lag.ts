import type { Random } from '../../kube/index.ts'
import type { Lag, LagModel } from './lag.ts'

/** The lag that is set for a node. */
export function lagOf(model: LagModel, node: string): Lag {
  return model.nodes?.[node] ?? model.default
}

/** One draw, in milliseconds. */
export function drawLagMs(lag: Lag, random: Random): number {
  if (lag.kind === 'fixed') return lag.ms
  if (lag.kind === 'uniform') return lag.fromMs + (lag.toMs - lag.fromMs) * random()
  return Math.min(lag.maxMs, lag.floorMs - lag.meanMs * Math.log(1 - random()))
}

/** The value below which this share of the draws is: what was set, for a comparison with what was measured. */
export function lagQuantileMs(lag: Lag, share: number): number {
  return drawLagMs(lag, () => Math.min(share, 1 - Number.EPSILON))
}
