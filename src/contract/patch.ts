import type { DrainMethod } from './drain-method.ts'
import type { FieldOwner } from './deployment-view.ts'

/** The field manager of everything that is written here. It must never start with `kubectl`: Flux takes those over. */
export const FIELD_MANAGER = 'drainkeeper'

/** The only three fields that are ever written. */
export type ContractField = 'gracePeriod' | 'preStop' | 'readiness'

/** Readiness as a policy states it. Times in whole seconds. */
export interface WantedReadiness {
  path: string
  port: string | number
  periodSeconds: number
  timeoutSeconds: number
  failureThreshold: number
}

/** What we wrote of a contract into a template; what is absent others stated. Whole seconds. */
export interface WrittenContract {
  drainDelaySeconds?: number
  gracePeriodSeconds?: number
}

/** What the policy and the measurement ask of one Deployment. */
export interface PatchRequest {
  /** D, whole seconds. */
  drainDelaySeconds: number
  /** G, whole seconds. */
  gracePeriodSeconds: number
  /** @default the only container, or the one that a Service's port names */
  container?: string
  /** `targetPort` of the Services that select the pods. @default [] */
  servicePorts?: readonly (string | number)[]
  /** @default 'Auto' */
  method?: 'Auto' | DrainMethod
  readiness?: WantedReadiness
  /** Of the API server; unknown is taken as new enough. */
  serverVersion?: { major: number; minor: number }
  /** Fields that were once written and that somebody has since put back: what looks like a default there is intention. */
  reverted?: readonly ContractField[]
  /** Whether a grace period of ours may be lowered beside a hook that others state: a change of its own. @default true */
  mayLower?: boolean
  /** Contracts that we wrote before: such a value that an Update put back is taken again. @default [] */
  ours?: readonly WrittenContract[]
}

export type ConflictCode =
  | 'TargetGone'
  | 'ImpossibleContract'
  | 'ContainerUnknown'
  | 'ContainerAmbiguous'
  | 'ContainerAbandoned'
  | 'DrainPortMissing'
  | 'ReadinessPortMissing'
  | 'ServerTooOld'
  | 'OtherHook'
  | 'HookTooShort'
  | 'SleepNotBelowGrace'
  | 'GraceStated'
  | 'GraceDefaulted'
  | 'PutBack'

/** Something that the API server, or a person, would object to if the patch were simply sent. */
export interface Conflict {
  code: ConflictCode
  /** The path within the Deployment, as kubectl prints it. */
  field: string
  /** Who owns it; empty when nobody does. */
  owners: FieldOwner[]
  /** Who, what, and what to write. */
  message: string
  /** False only for a bare default and for what was ours and was put back: these are overcome by force. */
  blocking: boolean
}

export type NoteCode =
  | 'Paused'
  | 'GraceKept'
  | 'GraceRaisedForHook'
  | 'PreStopAsStated'
  | 'ReadinessAsStated'
  | 'ContainerItemShared'
  | 'SidecarSharesGrace'
  | 'GivenBack'
  | 'StillHeld'
  | 'TakenAgain'

export interface Note {
  code: NoteCode
  message: string
}

/** The server-side apply body: everything that we own and still want, since an apply replaces the manager's whole set. */
export interface ApplyConfiguration {
  apiVersion: 'apps/v1'
  kind: 'Deployment'
  /** With uid and resourceVersion a race is refused, and a deleted Deployment is never created again. */
  metadata: { name: string; namespace: string; uid: string; resourceVersion: string }
  spec?: { template: { spec: { terminationGracePeriodSeconds?: number; containers?: ContainerApply[] } } }
}

export interface ContainerApply {
  name: string
  lifecycle?: { preStop: { sleep?: { seconds?: number }; httpGet?: { path?: string; port?: string | number } } }
  readinessProbe?: {
    httpGet?: { path?: string; port?: string | number }
    periodSeconds?: number
    timeoutSeconds?: number
    failureThreshold?: number
  }
}

export interface Plan {
  /** None: send nothing. Apply and Release: send `body`. Blocked: send nothing and tell the blocking conflicts. */
  action: 'None' | 'Apply' | 'Blocked' | 'Release'
  /** Present for Apply and Release. */
  body?: ApplyConfiguration
  /** True only when every predicted conflict is a bare default, or ours put back. */
  force: boolean
  conflicts: Conflict[]
  notes: Note[]
  /** Would a new ReplicaSet appear, that is: would anything in the template change its value? */
  changesTemplate: boolean
  /** The fields that we own once the body is applied. */
  fields: ContractField[]
  /** The contract that the template keeps once the plan is carried out; absent when Blocked. */
  promises?: {
    container: string
    method: DrainMethod | 'AsStated'
    drainDelaySeconds: number
    gracePeriodSeconds: number
  }
}
