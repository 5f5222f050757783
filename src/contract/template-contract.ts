import { graceClaim, otherOwners } from './claims.ts'
import type { DeploymentView, FieldOwner, Hook, OwnedLeaves, ReadinessView } from './deployment-view.ts'
import { hookSeconds, sameHook } from './hook.ts'
import { isOurs, isSameOwner } from './managers.ts'
import type { WrittenContract } from './patch.ts'
import { DEFAULT_GRACE_SECONDS } from './project-deployment.ts'
import { isGracePutBack, isHookPutBack } from './put-back.ts'

/** Who stands behind a value in the template. */
export interface Source {
  /**
   * Ours: we own it and nobody else states it. Stated: somebody's intention. Default: the API's default that nobody
   * wrote. PutBack: ours, brought back by somebody's Update. Absent: there is no value.
   */
  kind: 'Ours' | 'Stated' | 'Default' | 'PutBack' | 'Absent'
  /** The managers other than us that own or state it. */
  by: FieldOwner[]
}

/** What a template promises today for one container. */
export interface TemplateContract {
  container: string
  gracePeriodSeconds: number
  graceSource: Source
  preStop?: Hook
  /** How long the hook is known to last; absent for a hook whose duration cannot be read from the template. */
  preStopSeconds?: number
  preStopSource: Source
  readiness?: ReadinessView
  readinessSource: Source
}

/**
 * Reads the present contract; `ours` are contracts that we wrote before. A container that is not there promises only
 * the grace period.
 */
export function readContract(
  view: DeploymentView,
  containerName: string,
  ours: readonly WrittenContract[] = [],
): TemplateContract {
  const container = view.template.containers.find(({ name }) => name === containerName)
  const owned = view.ownership.containers[containerName]
  const applied = view.lastApplied?.containers[containerName]
  const preStop = container?.preStop
  const readiness = container?.readiness
  const preStopSeconds = hookSeconds(preStop)
  return {
    container: containerName,
    gracePeriodSeconds: view.template.terminationGracePeriodSeconds,
    graceSource: putBack(graceSource(view), isGracePutBack(view, ours)),
    ...(preStop && { preStop }),
    ...(preStopSeconds !== undefined && { preStopSeconds }),
    preStopSource: preStop
      ? putBack(
          fieldSource(view, owned?.preStop ?? [], applied?.preStop !== undefined && sameHook(applied.preStop, preStop)),
          isHookPutBack(view, containerName, ours),
        )
      : { kind: 'Absent', by: [] },
    ...(readiness && { readiness }),
    readinessSource: readiness
      ? fieldSource(view, owned?.readiness ?? [], applied?.readiness === true)
      : { kind: 'Absent', by: [] },
  }
}

function putBack({ kind, by }: Source, isPutBack: boolean): Source {
  return { kind: kind === 'Stated' && isPutBack ? 'PutBack' : kind, by }
}

/**
 * A default of the grace period is nobody's intention when the value is the API's default, last-applied-configuration
 * does not name it, and every owner came by it without writing it: by creating the object (whoever creates by Update
 * owns every default), or as the writer of that last-applied-configuration. Any other Update owner got the field by
 * changing it, and an Apply owner by sending it: both mean it.
 */
function graceSource(view: DeploymentView): Source {
  const { gracePeriod: owners, creators, lastAppliedWriters } = view.ownership
  const value = view.template.terminationGracePeriodSeconds
  const others = otherOwners(view, graceClaim(value))
  const applied = view.lastApplied?.terminationGracePeriodSeconds
  const inForce = applied !== undefined && (applied === value || others.length > 0)
  if (inForce) return { kind: 'Stated', by: others.length > 0 ? others : lastAppliedBy(view) }
  if (others.length === 0 && owners.some(isOurs)) return { kind: 'Ours', by: [] }
  const unwritten = [...creators, ...(view.lastApplied ? lastAppliedWriters : [])]
  const bare =
    value === DEFAULT_GRACE_SECONDS &&
    others.every((owner) => owner.operation === 'Update' && unwritten.some((other) => isSameOwner(owner, other)))
  return { kind: bare ? 'Default' : 'Stated', by: others }
}

/** Hooks and probes have no default: what is there and not ours alone is somebody's intention. */
function fieldSource(view: DeploymentView, owned: readonly OwnedLeaves[], inLastApplied: boolean): Source {
  const others = owned.map(({ owner }) => owner).filter((owner) => !isOurs(owner))
  if (others.length > 0) return { kind: 'Stated', by: others }
  if (inLastApplied) return { kind: 'Stated', by: lastAppliedBy(view) }
  return { kind: owned.length > 0 ? 'Ours' : 'Stated', by: [] }
}

/** Who states what last-applied-configuration names: without a recorded writer it is kubectl apply itself. */
function lastAppliedBy(view: DeploymentView): FieldOwner[] {
  const writers = view.ownership.lastAppliedWriters
  return writers.length > 0 ? writers : [{ manager: 'kubectl-client-side-apply', operation: 'Update', subresource: '' }]
}
