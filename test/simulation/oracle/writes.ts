import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../../../src/kube/index.ts'
import type { SeenWrite } from '../run/chronicle.ts'
import { isLeaseWrite } from '../run/lease-view.ts'
import { namespace, operatorNamespace } from '../world/manifest.ts'
import type { RawContainer, RawDeployment } from '../world/raw.ts'
import { isOperators, writesOf } from './final-state.ts'
import type { Rule } from './rule.ts'

/** Rules about every single write, whenever it was made. */
export const writeRules: readonly Rule[] = [
  {
    name: 'scope',
    claim: 'nothing is ever written but statuses of policies, our three fields of Deployments, our lease, and events',
    check: ({ chronicle }) =>
      chronicle.writes.flatMap((write) =>
        isOperators(write) ? outOfScope(write).map((what) => `${at(write)} ${what}`) : [],
      ),
  },
  {
    name: 'names-uid',
    claim: 'every apply names the uid of the object that it is about, and drainkeeper as its field manager',
    check: ({ chronicle }) =>
      chronicle.sent.flatMap(({ request, process, atMs }) => {
        if (request.headers?.['content-type'] !== 'application/apply-patch+yaml') return []
        const { metadata } = JSON.parse(request.body ?? '{}') as KubeObject
        const isRight = metadata.uid !== undefined && request.query?.['fieldManager'] === 'drainkeeper'
        return isRight ? [] : [`${seconds(atMs)} ${process}: ${request.path}`]
      }),
  },
  {
    name: 'leader-only',
    claim: 'no process writes without holding the lease by its own clock',
    check: ({ chronicle }) =>
      chronicle.sent
        .filter(({ leads, request }) => !leads && !isLeaseWrite(request))
        .map(({ atMs, process, request }) => `${seconds(atMs)} ${process} wrote ${request.verb} ${request.path}`),
  },
  {
    name: 'intentions',
    claim: 'what somebody wrote into a Deployment and means is never replaced',
    check: ({ chronicle }) => chronicle.broken.map(({ atMs, text }) => `${seconds(atMs)} ${text}`),
  },
  {
    name: 'write-rate',
    claim: 'no object is written more often than its limit within a minute',
    check: (lived) => tooOften(writesOf(lived)),
  },
]

/**
 * Writes of one object within any minute. Statuses follow pods, at most one every 200 ms. A Deployment may be given
 * back, get a contract again by a new policy, and be raised every 15 s: 1 + 1 + 4.
 */
const mostPerMinute: Readonly<Record<string, number>> = { deployments: 6, drainpolicies: 60, events: 6 }

function tooOften(writes: readonly SeenWrite[]): string[] {
  const times = new Map<string, number[]>()
  for (const { resource, name, atMs } of writes) {
    const key = `${resource.plural} ${name}`
    const known = times.get(key) ?? []
    known.push(atMs)
    times.set(key, known)
  }
  return [...times].flatMap(([key, all]) => {
    const limit = mostPerMinute[key.split(' ')[0] ?? ''] ?? 0
    const first = all.findIndex((atMs, index) => (all[index + limit] ?? Infinity) < atMs + 60_000)
    return first === -1 ? [] : [`${key}: more than ${limit} within a minute from ${seconds(all[first] ?? 0)}`]
  })
}

function outOfScope(write: SeenWrite): string[] {
  const { resource, subresource, verb, before, object, name } = write
  const what = `${verb} ${resource.plural}${subresource === undefined ? '' : `/${subresource}`} ${name}`
  switch (resource.plural) {
    case 'leases':
      return name === 'drainkeeper' && write.namespace === operatorNamespace ? [] : [what]
    case 'events':
      return write.namespace === namespace && verb !== 'delete' ? [] : [what]
    case 'drainpolicies': {
      if (verb !== 'apply' || subresource !== 'status' || before === undefined) return [what]
      return isDeepStrictEqual(withoutStatus(before), withoutStatus(object)) ? [] : [`${what}: more than its status`]
    }
    case 'deployments': {
      if (verb !== 'apply' || subresource !== undefined || before === undefined) return [what]
      const same = isDeepStrictEqual(withoutOurs(before as RawDeployment), withoutOurs(object as RawDeployment))
      return same ? [] : [`${what}: more than our fields`]
    }
    default:
      return [what]
  }
}

function withoutStatus({ metadata, ...rest }: KubeObject & { status?: unknown }): object {
  const { status: _, ...others } = rest
  return { ...others, metadata: withoutBookkeeping(metadata) }
}

/** The Deployment without what drainkeeper may write, and without what the server writes at every change. */
function withoutOurs({ metadata, spec, ...rest }: RawDeployment): object {
  const { terminationGracePeriodSeconds: _, containers, ...podSpec } = spec.template.spec
  const template = { ...spec.template, spec: { ...podSpec, containers: containers.map(withoutContract) } }
  return { ...rest, metadata: withoutBookkeeping(metadata), spec: { ...spec, template } }
}

function withoutContract(container: RawContainer): object {
  const { lifecycle, readinessProbe: _, ...rest } = container
  const { preStop: __, ...others } = lifecycle ?? {}
  return { ...rest, ...(Object.keys(others).length === 0 ? {} : { lifecycle: others }) }
}

function withoutBookkeeping(metadata: KubeObject['metadata']): object {
  const { managedFields: _, resourceVersion: __, generation: ___, ...rest } = metadata
  return rest
}

function at({ atMs, client }: SeenWrite): string {
  return `${seconds(atMs)} ${client}:`
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`
}
