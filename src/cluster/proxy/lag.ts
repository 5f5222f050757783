/** How long a service proxy takes from seeing a changed EndpointSlice to routing by it. Milliseconds. */
export type Lag =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'uniform'; readonly fromMs: number; readonly toMs: number }
  /** `floorMs` plus an exponential of this mean, cut off at `maxMs`. */
  | { readonly kind: 'exponential'; readonly floorMs: number; readonly meanMs: number; readonly maxMs: number }

/** The lag of every node, and of those that differ: a slow node. */
export interface LagModel {
  readonly default: Lag
  readonly nodes?: Readonly<Record<string, Lag>>
}
