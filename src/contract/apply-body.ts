import type { Claim, Claims } from './claims.ts'
import type { DeploymentView } from './deployment-view.ts'
import type { ApplyConfiguration, ContainerApply } from './patch.ts'

/** The server-side apply body that makes exactly these claims. */
export function applyConfiguration(view: DeploymentView, claims: Claims): ApplyConfiguration {
  const { name, namespace, uid, resourceVersion } = view
  const grace = claims.get('gracePeriod')?.value
  const containers = Map.groupBy(claims.values(), ({ container }) => container)
  containers.delete(undefined)
  const podSpec = {
    ...(typeof grace === 'number' && { terminationGracePeriodSeconds: grace }),
    ...(containers.size > 0 && { containers: [...containers].map(([name = '', own]) => containerApply(name, own)) }),
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, uid, resourceVersion },
    ...(claims.size > 0 && { spec: { template: { spec: podSpec } } }),
  }
}

function containerApply(name: string, claims: readonly Claim[]): ContainerApply {
  const preStop = nested(claims.filter(({ field }) => field === 'preStop'))
  const readinessProbe = nested(claims.filter(({ field }) => field === 'readiness'))
  return { name, ...(preStop && { lifecycle: { preStop } }), ...(readinessProbe && { readinessProbe }) }
}

/** `{'httpGet.path': '/', 'periodSeconds': 2}` -> `{httpGet: {path: '/'}, periodSeconds: 2}`; undefined when empty. */
function nested(claims: readonly Claim[]): Record<string, object | number> | undefined {
  const result: Record<string, Record<string, string | number> | number> = {}
  for (const { leaf, value } of claims) {
    const [head = '', tail] = leaf.split('.')
    if (tail === undefined) result[head] = value as number
    else result[head] = { ...(result[head] as object | undefined), [tail]: value }
  }
  return claims.length === 0 ? undefined : result
}
