import type { DrainProfile } from '../world/drain-endings.ts'
import type { Manifest, StatedHook, StatedPace } from '../world/manifest.ts'
import type { RequestFault } from '../wire/faults.ts'

/** Something that happens at a time: plain data, so that a history can be written down, shrunk and told again. */
export type Happening = { atMs: number } & (
  | { kind: 'apply'; manifest: Manifest }
  | { kind: 'deploy'; name: string; image: string }
  | { kind: 'stateGrace'; name: string; graceSeconds: number | undefined }
  | { kind: 'stateHook'; name: string; hook: StatedHook | undefined }
  | { kind: 'editGrace'; name: string; graceSeconds: number }
  | { kind: 'tune'; name: string; graceSeconds: number | undefined }
  | { kind: 'gitOps'; name: string; everyMs: number; times: number }
  | { kind: 'restart'; name: string }
  | { kind: 'scale'; name: string; replicas: number; by: 'kubectl' | 'horizontal-pod-autoscaler' }
  | { kind: 'pause'; name: string; forMs: number }
  | { kind: 'undo'; name: string }
  | { kind: 'deleteDeployment'; name: string; againAfterMs: number | undefined }
  | { kind: 'deletePods'; name: string; count: number; graceSeconds?: number }
  | { kind: 'drains'; name: string; profile: DrainProfile }
  | { kind: 'applyPolicy'; name: string; spec: Record<string, unknown> }
  | { kind: 'deletePolicy'; name: string; againAfterMs: number | undefined }
  | { kind: 'patchService'; name: string; spec: Record<string, unknown> }
  | { kind: 'deleteService'; name: string; againAfterMs: number | undefined }
  | { kind: 'traffic'; name: string; requestsPerSecond: number }
  | { kind: 'fails'; name: string; image: string; share: number }
  | { kind: 'background'; name: string; share: number; forMs: number }
  | { kind: 'silence'; name: string; forMs: number }
  | { kind: 'resume'; name: string }
  | { kind: 'statePace'; name: string; pace: StatedPace | undefined }
  | { kind: 'editPace'; name: string; pace: StatedPace }
  | { kind: 'budget'; name: string; forMs: number }
  | Fault
)

/** What goes wrong around the operator; left out of the fault-free run. `process` counts the replicas from 0. */
export type Fault =
  | { kind: 'crash'; process: number; downMs: number }
  | { kind: 'stop'; process: number; downMs: number }
  | { kind: 'crashAtWrite'; process: number; nth: number; moment: 'before' | 'after'; downMs: number }
  | { kind: 'freeze'; process: number; forMs: number }
  | { kind: 'freezeAtWrite'; process: number; nth: number; forMs: number }
  | { kind: 'wallJump'; process: number; byMs: number }
  | {
      kind: 'requests'
      process: number
      fault: RequestFault
      probability: number
      forMs: number
      only?: 'writes' | 'leases'
    }
  | { kind: 'outage'; forMs: number; forgets: boolean }
  | { kind: 'breakWatches'; process: number; how: 'ended' | 'reset' | 'truncated' }
  | { kind: 'compaction' }
  | { kind: 'staleView'; process: number; resource: string; forMs: number }

export type FaultKind = Fault['kind']

export const faultKinds: ReadonlySet<string> = new Set<FaultKind>([
  'crash',
  'stop',
  'crashAtWrite',
  'freeze',
  'freezeAtWrite',
  'wallJump',
  'requests',
  'outage',
  'breakWatches',
  'compaction',
  'staleView',
])

/** One history before it is lived. The seed decides only what the happenings do not: delays, pods' ends, jitter. */
export interface Plan {
  seed: number
  /** Operator processes at a time. One that is alone, where nothing goes wrong, needs no lease: 0. */
  replicas: number
  /** One way of a request, at most; most take far less. */
  travelMs: number
  /** From a change to a process's hearing of it, at most; most take far less. */
  watchLagMs: number
  /** Present where policies pace rollouts. */
  paced?: Paced
  happenings: Happening[]
}

export interface Paced {
  /** At the end there are no requests; else every service is busy, and well. */
  endsQuiet: boolean
  /** When the operator dies for good, where the history is told a third time. */
  diesAtMs: number
}

export function isFault(happening: Happening): happening is Happening & Fault {
  return faultKinds.has(happening.kind)
}

/** What people do, and nothing that goes wrong. */
export function faultFree(plan: Plan): Plan {
  const happenings = plan.happenings.filter((happening) => !isFault(happening))
  return { ...plan, replicas: 0, travelMs: 0, watchLagMs: 0, happenings }
}
