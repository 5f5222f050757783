import { formatSeconds, type TargetStatus } from '../api/index.ts'
import {
  addSample,
  decodeWindow,
  encodeWindow,
  type Outcome,
  type WindowEntry,
  windowEntryOf,
} from '../propagation/index.ts'
import type { Drain } from './termination-observer.ts'

/** Everything measured of one target: what status keeps, as numbers. */
export interface Measurement {
  propagation: readonly WindowEntry[]
  longestRequests: readonly WindowEntry[]
  uninformative: number
  lateRequestMs: number
  /** By Service, newest last. Not kept across a restart: status then goes on showing the last figures. */
  apiToSliceMs: Readonly<Record<string, readonly number[]>>
  drains: Readonly<Record<Outcome, number>>
}

const noDrains: Record<Outcome, number> = { clean: 0, forced: 0, killed: 0, hookFailed: 0, outOfMemory: 0, unknown: 0 }

/** What status remembers; empty where it says nothing. */
export function measurementOf(status: TargetStatus | undefined): Measurement {
  return {
    propagation: decodeWindow(status?.propagation?.history ?? '').entries,
    longestRequests: decodeWindow(status?.requestTimeHistory ?? '').entries,
    uninformative: status?.propagation?.uninformative ?? 0,
    lateRequestMs: millisecondsOf(status?.propagation?.lateRequests),
    apiToSliceMs: {},
    drains: { ...noDrains, ...status?.drains },
  }
}

/** The measurement with one more drain. */
export function withDrain(known: Measurement, { sample, outcome }: Drain, windowSize: number): Measurement {
  const entry = windowEntryOf(sample.propagation)
  const apiToSliceMs = { ...known.apiToSliceMs }
  for (const [service, ms] of Object.entries(sample.apiToSliceMs)) {
    apiToSliceMs[service] = [...(apiToSliceMs[service] ?? []), ms].slice(-windowSize)
  }
  return {
    propagation: entry === undefined ? known.propagation : addSample(known.propagation, entry, windowSize),
    longestRequests:
      sample.longestRequest === undefined
        ? known.longestRequests
        : addSample(known.longestRequests, sample.longestRequest, windowSize),
    uninformative: known.uninformative + (entry === undefined ? 1 : 0),
    lateRequestMs: Math.max(known.lateRequestMs, sample.lateRequestMs ?? 0),
    apiToSliceMs,
    drains: { ...known.drains, [outcome.outcome]: known.drains[outcome.outcome] + 1 },
  }
}

/** The measurement as status keeps it. */
export function measurementStatus(known: Measurement): Pick<TargetStatus, 'requestTimeHistory' | 'drains'> & {
  propagation: { uninformative: number; history?: string; lateRequests?: string }
} {
  return {
    propagation: {
      uninformative: known.uninformative,
      ...(known.propagation.length === 0 ? {} : { history: encodeWindow(known.propagation) }),
      ...(known.lateRequestMs === 0 ? {} : { lateRequests: formatSeconds(known.lateRequestMs / 1000) }),
    },
    ...(known.longestRequests.length === 0 ? {} : { requestTimeHistory: encodeWindow(known.longestRequests) }),
    drains: { ...known.drains },
  }
}

/**
 * The measurements of every policy's targets. Memory is ahead of status, never behind it: a drain is added here first,
 * and status is read only for a target that is not known yet, which is once after a start.
 */
export class Measurements {
  readonly #known = new Map<string, Measurement>()
  readonly #pending = new Map<string, Drain[]>()

  /** Keeps a drain until the policy of its Deployment is reconciled. */
  add(drain: Drain): void {
    const key = `${drain.namespace}/${drain.deployment}`
    const waiting = this.#pending.get(key)
    if (waiting === undefined) this.#pending.set(key, [drain])
    else waiting.push(drain)
  }

  /** The measurement of one target, with every drain that waited for it. */
  settle(
    policy: { uid: string; namespace: string },
    deployment: string,
    status: TargetStatus | undefined,
    windowSize: number,
  ): Measurement {
    const key = `${policy.uid}/${deployment}`
    const drains = this.#take(`${policy.namespace}/${deployment}`)
    const known = drains.reduce(
      (measurement, drain) => withDrain(measurement, drain, windowSize),
      this.#known.get(key) ?? measurementOf(status),
    )
    this.#known.set(key, known)
    return known
  }

  /** Forgets a deleted policy. */
  forget(policyUid: string): void {
    for (const key of this.#known.keys()) if (key.startsWith(`${policyUid}/`)) this.#known.delete(key)
  }

  #take(key: string): Drain[] {
    const drains = this.#pending.get(key) ?? []
    this.#pending.delete(key)
    return drains
  }
}

/** The reverse of formatSeconds, for what we wrote ourselves; 0 for anything else. */
function millisecondsOf(text = ''): number {
  const seconds = /^([0-9]+(?:\.[0-9]+)?)s$/.exec(text)?.[1]
  return seconds === undefined ? 0 : Math.round(Number(seconds) * 1000)
}
