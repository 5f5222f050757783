import { deployments, type KubeObject, services } from '../../../src/kube/index.ts'
import type { DrainPolicyStatus } from '../../../src/api/index.ts'
import { drainPolicies } from '../../../src/operator/resources.ts'
import type { SeenWrite } from '../run/chronicle.ts'
import type { Lived } from '../run/history.ts'
import { namespace } from '../world/manifest.ts'
import type { RawDeployment, RawService } from '../world/raw.ts'

/** What the oracle reads of a policy; written by hand, so that it shares no reading with the operator. */
export interface RawPolicy extends KubeObject {
  spec: {
    targetRef?: { name: string }
    selector?: { matchLabels: Record<string, string> }
    mode?: string
    services?: string[]
    propagation?: { quantile?: number; confidence?: number; window?: number; initial?: string }
    contract?: {
      drain?: { method?: string }
      requestTime?: { source?: string; max?: string }
      safetyMargin?: string
      bounds?: { gracePeriod?: { max?: string } }
    }
    pacing?: { onBreach?: string; onInconclusive?: string; maxHold?: string }
  }
  status?: DrainPolicyStatus
}

/** The write came from one of the operator's processes. */
export function isOperators({ client }: { client: string }): boolean {
  return client.startsWith('drainkeeper/')
}

/** Writes of the operator other than of its lease. */
export function writesOf({ chronicle }: Lived): SeenWrite[] {
  return chronicle.writes.filter((write) => isOperators(write) && write.resource.plural !== 'leases')
}

export function policiesOf({ server }: Lived): RawPolicy[] {
  return [...(server.objects(drainPolicies, namespace) as RawPolicy[])]
}

export function deploymentsOf({ server }: Lived): RawDeployment[] {
  return [...(server.objects(deployments, namespace) as RawDeployment[])]
}

export function servicesOf({ server }: Lived): RawService[] {
  return [...(server.objects(services, namespace) as RawService[])]
}

export function isFor({ spec }: RawPolicy, { metadata }: RawDeployment): boolean {
  if (spec.targetRef !== undefined) return spec.targetRef.name === metadata.name
  const labels = Object.entries(spec.selector?.matchLabels ?? {})
  return labels.length > 0 && labels.every(([key, value]) => metadata.labels?.[key] === value)
}

/** Of the policies for a Deployment, the oldest, then the first by name. */
export function holderOf(policies: readonly RawPolicy[], deployment: RawDeployment): RawPolicy | undefined {
  const age = ({ metadata }: RawPolicy): string => `${metadata.creationTimestamp ?? ''} ${metadata.name}`
  return policies
    .filter((policy) => isFor(policy, deployment))
    .sort((one, other) => (age(one) < age(other) ? -1 : 1))[0]
}

/** What of a Deployment one of our managers owns by managedFields, as paths. */
export function ownedPaths({ metadata }: KubeObject, manager = 'drainkeeper'): string[] {
  const own = metadata.managedFields?.find((entry) => entry.manager === manager && entry.operation === 'Apply')
  return own === undefined ? [] : leavesOf(own.fieldsV1 ?? {}, '')
}

function leavesOf(fields: object, path: string): string[] {
  const entries = Object.entries(fields)
  if (entries.length === 0) return [path]
  return entries.flatMap(([key, inner]) => leavesOf(inner as object, `${path}/${key}`))
}

export function condition(
  policy: RawPolicy,
  type: string,
): { status: string; reason: string; message: string } | undefined {
  return policy.status?.conditions?.find((each) => each.type === type)
}
