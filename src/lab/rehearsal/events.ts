import type { Check } from '../measure/verdict.ts'
import type { AppliedContract } from '../result.ts'

/** What happens now in one variant. They come in this order; a phase that has nothing to do is left out. */
export type Phase =
  /** The Deployment is made, and its pods become ready. */
  | 'deploy'
  /** A policy is made, and its first contract reaches every pod. */
  | 'contract'
  /** Load, and disruptions that are not counted: the operator measures. */
  | 'learning'
  /** Load, and nothing else. */
  | 'quiet-before'
  /** Load, and the disruptions that count. */
  | 'disruptions'
  | 'quiet-after'
  /** The load has ended; records come home and are counted. */
  | 'count'
  /** What the variant made is taken away. */
  | 'clean-up'

/** A pod's way through its life, as far as watches tell it while it happens. */
export type PodState =
  | 'starting'
  | 'ready'
  /** Was ready, and is not any more, without being deleted. */
  | 'not-ready'
  /** Deleted: it drains, or it dies. */
  | 'terminating'
  /** Its containers have ended. */
  | 'ended'
  /** It is no more. */
  | 'gone'

/** A variant as it will be run: for the head of a view. */
export interface VariantOutline {
  readonly scenario: string
  readonly scenarioTitle: string
  readonly variant: string
  readonly variantTitle: string
  /** Counts from 1 over all variants of all scenarios. */
  readonly index: number
  readonly of: number
  /** A guess, made before it starts. */
  readonly expectedSeconds: number
}

/** What the clients have done in about one second. */
export interface LoadSecond {
  /** Counts from 0 from the start of this load. */
  readonly second: number
  readonly requests: number
  readonly lost: number
  /** The lost ones by kind: a status, `ECONNREFUSED`, `TIMEOUT`, `UNAVAILABLE` ... */
  readonly lostByKind: Readonly<Record<string, number>>
  readonly inFlight: number
}

/**
 * What a rehearsal tells while it runs, as data. Everything that a live view shows can be folded from these, and nothing
 * else is needed. `atMs` counts from the start of the rehearsal; it never falls from one event to the next.
 */
export type RehearsalEvent = {
  readonly atMs: number
} /** Something is prepared or taken away, before the first variant or after the last. */ & (
  | { readonly type: 'step'; readonly text: string }
  | {
      readonly type: 'rehearsal-started'
      readonly clusterKind: 'embedded' | 'kubeconfig'
      readonly nodes: readonly string[]
      readonly kubernetesVersion: string
      readonly variants: readonly VariantOutline[]
    }
  | { readonly type: 'variant-started'; readonly outline: VariantOutline }
  | { readonly type: 'phase'; readonly phase: Phase }
  /** A disruption begins: the `at`th of `of`; of what kind, in a person's words: `rolling restart`. */
  | {
      readonly type: 'disruption-started'
      readonly at: number
      readonly of: number
      readonly counted: boolean
      readonly what: string
    }
  /** Its last old pod is gone. */
  | { readonly type: 'disruption-ended'; readonly at: number }
  | { readonly type: 'load'; readonly load: LoadSecond }
  | { readonly type: 'pod'; readonly pod: string; readonly node: string; readonly state: PodState }
  /** The operator put another contract into force. */
  | { readonly type: 'contract'; readonly contract: AppliedContract; readonly measured: boolean }
  | {
      readonly type: 'variant-ended'
      readonly outline: VariantOutline
      readonly requests: number
      readonly lost: number
      readonly passed: boolean
    }
  | { readonly type: 'scenario-ended'; readonly scenario: string; readonly checks: readonly Check[] }
  /** Somebody wants it to end; what follows is clean-up. */
  | { readonly type: 'interrupted'; readonly reason: string }
  | { readonly type: 'rehearsal-ended'; readonly passed: boolean; readonly sentence: string }
)

/** An event before it is given its time. `Omit` would not keep the union apart. */
export type UntimedEvent = RehearsalEvent extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'atMs'>
    : never
  : never

/** Takes what happens as it happens. It must not throw. */
export type EventSink = (event: RehearsalEvent) => void
