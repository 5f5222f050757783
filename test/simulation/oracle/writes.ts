import { isDeepStrictEqual } from 'node:util'
import type { KubeObject, TransportRequest } from '../../../src/kube/index.ts'
import type { SeenWrite } from '../run/chronicle.ts'
import type { Lived } from '../run/history.ts'
import { isLeaseWrite } from '../run/lease-view.ts'
import { namespace, operatorNamespace } from '../world/manifest.ts'
import type { RawContainer, RawDeployment } from '../world/raw.ts'
import { isOperators, writesOf } from './final-state.ts'
import { isPace, paceManager, paceNames, withoutPace } from './pace-book.ts'
import type { Rule } from './rule.ts'

/** Rules about every single write, whenever it was made. */
export const writeRules: readonly Rule[] = [
  {
    name: 'scope',
    claim:
      'nothing is ever written but statuses of policies, the fields of Deployments that each of our managers has, our lease, and events',
    check: ({ chronicle }) => [
      ...chronicle.writes.flatMap((write) =>
        isOperators(write) ? outOfScope(write).map((what) => `${at(write)} ${what}`) : [],
      ),
      ...chronicle.sent.flatMap(({ request, process, atMs }) =>
        notItsManagers(request).map((what) => `${seconds(atMs)} ${process}: ${what}`),
      ),
    ],
  },
  {
    name: 'names-uid',
    claim:
      'every apply names the uid of the object that it is about and a field manager of ours, and what paces or rolls back the version that it was decided on',
    check: ({ chronicle }) =>
      chronicle.sent
        .filter(({ request }) => !namesItsObject(request))
        .map(({ request, process, atMs }) => `${seconds(atMs)} ${process}: ${request.path}`),
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
    check: ({ chronicle }) =>
      chronicle.broken.filter(({ field }) => !isPace(field)).map(({ atMs, text }) => `${seconds(atMs)} ${text}`),
  },
  {
    name: 'write-rate',
    claim: 'no object is written more often than its limit within a minute',
    check: (lived, reference) => [lived, reference].flatMap((each) => (each === undefined ? [] : tooOften(each))),
  },
]

/**
 * Writes of one object within any minute. Statuses follow pods, at most one every 200 ms. A Deployment may be given
 * back, get a contract again by a new policy, and be raised every 15 s: 1 + 1 + 4. Its pace is looked at every two
 * seconds at most, and a step is a write to hold and one to let it through; its status tells each of four changes.
 */
const mostPerMinute: Record<string, number> = { deployments: 6, paces: 40, drainpolicies: 60, events: 6 }

function tooOften(lived: Lived): string[] {
  const most = lived.plan.paced === undefined ? mostPerMinute : { ...mostPerMinute, drainpolicies: 150, events: 15 }
  const times = new Map<string, number[]>()
  for (const write of writesOf(lived)) {
    const { resource, name, atMs } = write
    const key = `${isPaceWrite(write) ? 'paces' : resource.plural} ${name}`
    const known = times.get(key) ?? []
    known.push(atMs)
    times.set(key, known)
  }
  return [...times].flatMap(([key, all]) => {
    const limit = most[key.split(' ')[0] ?? ''] ?? 0
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
      if ((verb !== 'apply' && verb !== 'patch') || subresource !== undefined || before === undefined) return [what]
      const views = verb === 'patch' ? [withoutTemplate] : [withoutContractFields, withoutPaceFields]
      const same = views.some((view) => isDeepStrictEqual(view(before as RawDeployment), view(object as RawDeployment)))
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

/** A write of the pace alone. */
function isPaceWrite({ resource, verb, before, object }: SeenWrite): boolean {
  if (resource.plural !== 'deployments' || verb !== 'apply' || before === undefined) return false
  return isDeepStrictEqual(withoutPaceFields(before as RawDeployment), withoutPaceFields(object as RawDeployment))
}

/** Fields of a Deployment that a request states, and that are not those of its field manager. */
function notItsManagers({ resource, query, headers, body = '{}' }: TransportRequest): string[] {
  if (resource !== 'deployments.apps' || headers?.['content-type'] !== applyPatch) return []
  const { spec = {} } = JSON.parse(body) as { spec?: object }
  const allowed = query?.['fieldManager'] === paceManager ? [...paceNames, 'strategy'] : ['template']
  return Object.keys(spec).flatMap((field) => (allowed.includes(field) ? [] : [`spec.${field}`]))
}

function namesItsObject({ method, resource, query, headers, body = '{}' }: TransportRequest): boolean {
  const type = headers?.['content-type']
  if (type === applyPatch) {
    const { uid, resourceVersion } = (JSON.parse(body) as KubeObject).metadata
    if (query?.['fieldManager'] === paceManager) return uid !== undefined && resourceVersion !== undefined
    return uid !== undefined && query?.['fieldManager'] === 'drainkeeper'
  }
  if (method === 'GET' || resource !== 'deployments.apps') return true
  return type === 'application/json-patch+json' && body.includes('/metadata/resourceVersion')
}

const applyPatch = 'application/apply-patch+yaml'

function withoutTemplate({ metadata, spec, ...rest }: RawDeployment): object {
  return { ...rest, metadata: withoutBookkeeping(metadata), spec: { ...spec, template: undefined } }
}

function withoutPaceFields(deployment: RawDeployment): object {
  const { metadata, ...rest } = withoutPace(deployment) as RawDeployment
  return { ...rest, metadata: withoutBookkeeping(metadata) }
}

/** The Deployment without what a contract writes, and without what the server writes at every change. */
function withoutContractFields({ metadata, spec, ...rest }: RawDeployment): object {
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
