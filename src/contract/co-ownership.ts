import { type Claim, graceClaim, heldClaims, itemClaim, otherOwners } from './claims.ts'
import type { DeploymentView } from './deployment-view.ts'
import { isOurs } from './managers.ts'
import { readContract } from './template-contract.ts'

/**
 * The claims that must stay as they are whatever is planned, because giving them back would take away what somebody
 * else states or would be refused:
 * - a value that only we own though last-applied-configuration names it;
 * - the rest of a handler of which another manager took a part (half a handler is invalid);
 * - an item that would vanish with our claim though nobody removed it.
 */
export function keptClaims(view: DeploymentView): Claim[] {
  const held = [...heldClaims(view).values()]
  const { gracePeriodSeconds, graceSource } = readContract(view, '')
  const graceStated = graceSource.kind === 'Stated' && otherOwners(view, graceClaim(0)).length === 0
  return [
    ...(graceStated && held.some(({ field }) => field === 'gracePeriod') ? [graceClaim(gracePeriodSeconds)] : []),
    ...view.template.containers.flatMap(({ name }) => (isAbandoned(view, name) ? [] : statedRest(view, held, name))),
  ]
}

function statedRest(view: DeploymentView, held: readonly Claim[], container: string): Claim[] {
  const { preStopSource, readinessSource } = readContract(view, container)
  const preStop = preStopSource.kind === 'Stated' || preStopSource.kind === 'PutBack'
  const stated = { preStop, readiness: readinessSource.kind === 'Stated' }
  const rest = (['preStop', 'readiness'] as const).flatMap((field) => {
    if (!stated[field]) return []
    const alone = held.filter(
      (claim) => claim.container === container && claim.field === field && otherOwners(view, claim).length === 0,
    )
    return alone.some(({ leaf }) => isHandler(leaf)) ? alone : []
  })
  return [...(isOursAlone(view, container) ? [itemClaim(container)] : []), ...rest]
}

/** `httpGet.path` is a part of a handler, `periodSeconds` is not. */
function isHandler(leaf: string): boolean {
  return leaf.includes('.')
}

/** We hold the container's item, its owner has let go of it, and that owner still owns other containers. */
export function isAbandoned(view: DeploymentView, container: string): boolean {
  const items = Object.values(view.ownership.containers).map(({ item }) => item)
  return isOursAlone(view, container) && items.some((owners) => owners.some((owner) => !isOurs(owner)))
}

function isOursAlone(view: DeploymentView, container: string): boolean {
  const owners = view.ownership.containers[container]?.item ?? []
  return owners.length > 0 && owners.every(isOurs)
}
