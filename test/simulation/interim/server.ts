import type { ApiServerLike, StoredWrite } from '../../../src/cluster/api-server/index.ts'
import type { Clock, KubeObject, Resource, Transport, TransportRequest, TransportResponse } from '../../../src/kube/index.ts'
import * as kube from '../../../src/kube/resource.ts'
import { drainPolicies } from '../../../src/operator/resources.ts'
import { answer, refused } from '../../operator/memory-api.ts'
import { entriesOf, isObject, leavesOf, mergeInto, type Owner, ownersOf, removePath } from './owned-paths.ts'

type Json = Record<string, unknown>
const resources: Resource[] = [kube.pods, kube.services, kube.endpointSlices, kube.deployments, kube.leases, kube.events, drainPolicies]
interface Change { version: number; type: string; resource: Resource; namespace: string; line: Uint8Array }

export class InterimServer implements ApiServerLike {
  #version = 100
  #uids = 0
  #compacted = 0
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #history: Change[] = []
  readonly #watches = new Set<{ take(change: Change): void; end(error?: object): void }>()
  readonly #listeners = new Set<(write: StoredWrite) => void>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
    for (const { plural } of resources) this.#objects.set(plural, new Map())
  }

  onWrite(listener: (write: StoredWrite) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  objects({ plural }: Resource, namespace?: string): readonly KubeObject[] {
    return [...(this.#objects.get(plural)?.values() ?? [])].filter((object) => namespace === undefined || object.metadata.namespace === namespace)
  }

  compact(): void {
    this.#compacted = this.#version
    for (const watch of [...this.#watches]) watch.end({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old' })
  }

  dropWatches(): void {
    for (const watch of [...this.#watches]) watch.end()
  }

  client(userAgent: string): Transport {
    return { request: async (request) => this.#serve(userAgent, request) }
  }

  #serve(client: string, request: TransportRequest): TransportResponse {
    if (request.path === '/version') return answer(200, { major: '1', minor: '36' })
    const found = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(request.path)
    const [, , namespace = '', plural = '', name, subresource] = found ?? []
    const resource = resources.find((each) => each.plural === plural)
    const all = this.#objects.get(plural)
    if (resource === undefined || all === undefined) return refused(404, 'NotFound')
    if (request.query?.['watch'] === true) return this.#watch(resource, namespace, request)
    if (request.method === 'GET' && name === undefined)
      return answer(200, { metadata: { resourceVersion: String(this.#version) }, items: this.objects(resource, namespace || undefined) })
    const sent = request.body === undefined ? undefined : (JSON.parse(request.body) as Json & KubeObject)
    const key = `${namespace}/${name ?? sent?.metadata.name ?? ''}`
    const present = all.get(key)
    if (request.method === 'GET') return present === undefined ? refused(404, 'NotFound') : answer(200, present)
    const isApply = request.headers?.['content-type'] === 'application/apply-patch+yaml'
    const manager = String(request.query?.['fieldManager'] ?? client.split('/')[0])
    if (request.method === 'POST') {
      if (present !== undefined) return refused(409, 'AlreadyExists')
      if (sent === undefined) return refused(400, 'BadRequest')
      return this.#store(client, 'create', resource, undefined, key, withDefaults(resource, structuredClone(sent)), undefined, { manager })
    }
    if (request.method === 'DELETE') return this.#delete(client, resource, key, present, sent)
    if (isApply && present === undefined) {
      if (sent?.metadata.uid !== undefined) return refused(409, 'Conflict', 'uid mismatch')
      return this.#apply(client, resource, subresource, key, undefined, sent as Json, manager, true)
    }
    if (present === undefined) return refused(404, 'NotFound')
    const meta = isObject(sent) && !Array.isArray(sent) ? sent.metadata : undefined
    if (meta?.uid !== undefined && meta.uid !== present.metadata.uid) return refused(409, 'Conflict', 'uid mismatch')
    if (meta?.resourceVersion !== undefined && meta.resourceVersion !== present.metadata.resourceVersion)
      return refused(409, 'Conflict', 'the object has been modified')
    if (isApply) return this.#apply(client, resource, subresource, key, present, sent as Json, manager, request.query?.['force'] === true)
    const next = structuredClone(present) as KubeObject & Json
    if (request.method === 'PUT') {
      const whole = structuredClone(sent) as KubeObject & Json
      for (const field of Object.keys(next)) if (field !== 'metadata' && field !== 'status') delete next[field]
      Object.assign(next, { ...whole, metadata: next.metadata, ...(next['status'] === undefined ? {} : { status: next['status'] }) })
    } else if (Array.isArray(sent)) {
      for (const operation of sent as { path: string; value: unknown }[]) (next['spec'] as Json)[operation.path.split('/').at(-1) ?? ''] = structuredClone(operation.value)
    } else {
      const patch = structuredClone(sent) as Json
      delete (patch['metadata'] as Json | undefined)?.['namespace']
      if (subresource === undefined) delete patch['status']
      if (subresource === 'status') mergeInto(next, { status: patch['status'] }, true)
      else mergeInto(next, patch, true)
    }
    return this.#store(client, request.method === 'PUT' ? 'update' : 'patch', resource, subresource, key, withDefaults(resource, next), present, { manager })
  }

  #apply(client: string, resource: Resource, subresource: string | undefined, key: string, present: KubeObject | undefined, sent: Json, manager: string, force: boolean): TransportResponse {
    const { apiVersion: _a, kind: _k, metadata: sentMeta, ...fields } = sent as Json & { metadata?: Json }
    const { name: _n, namespace: _s, uid: _u, resourceVersion: _r, ...metaFields } = sentMeta ?? {}
    const wanted = leavesOf({ ...fields, ...(Object.keys(metaFields).length > 0 ? { metadata: metaFields } : {}) })
    wanted.delete('')
    const owners = ownersOf(present?.metadata.managedFields)
    const ours = owners.find(({ entry }) => entry.manager === manager && entry.operation === 'Apply' && entry.subresource === subresource)
    const others = owners.filter((owner) => owner !== ours)
    const live = leavesOf(present ?? {})
    const conflicts = [...wanted].filter(([path, value]) => JSON.stringify(live.get(path)) !== JSON.stringify(value) && others.some(({ paths }) => paths.has(path)))
    if (conflicts.length > 0 && !force) {
      const causes = conflicts.map(([path]) => ({ reason: 'FieldManagerConflict', field: path.replaceAll('\u0000', '.') }))
      return answer(409, { kind: 'Status', code: 409, reason: 'Conflict', message: 'Apply failed with conflicts', details: { causes } })
    }
    for (const [path] of conflicts) for (const { paths } of others) paths.delete(path)
    const next = structuredClone(present ?? { metadata: { ...(sentMeta as object) } }) as KubeObject & Json
    const dropped = [...(ours?.paths ?? [])].filter((path) => !wanted.has(path) && !others.some(({ paths }) => paths.has(path)))
    for (const path of dropped.sort((a, b) => b.length - a.length)) if (!path.endsWith('\u0000.')) removePath(next, path)
    mergeInto(next, { ...structuredClone(fields), ...(Object.keys(metaFields).length > 0 ? { metadata: metaFields } : {}) }, false)
    const entry: Owner = { entry: { manager, operation: 'Apply', apiVersion: kube.apiVersionOf(resource), ...(subresource === undefined ? {} : { subresource }) }, paths: new Set(wanted.keys()) }
    next.metadata.managedFields = entriesOf([...others, entry])
    return this.#store(client, 'apply', resource, subresource, key, withDefaults(resource, next), present, undefined)
  }

  #store(client: string, verb: StoredWrite['verb'], resource: Resource, subresource: string | undefined, key: string, next: KubeObject & Json, before: KubeObject | undefined, update: { manager: string } | undefined): TransportResponse {
    const invalid = resource.plural === 'deployments' ? invalidDeployment(next) : undefined
    if (invalid !== undefined) return refused(422, 'Invalid', invalid)
    if (update !== undefined && resource.plural === 'deployments' && subresource !== 'status') {
      const was = leavesOf(specOf(before))
      const is = leavesOf(specOf(next))
      const changed = [...is].filter(([path, value]) => JSON.stringify(was.get(path)) !== JSON.stringify(value)).map(([path]) => path)
      const gone = [...was.keys()].filter((path) => !is.has(path))
      const owners = ownersOf(before?.metadata.managedFields)
      for (const { paths } of owners) for (const path of [...changed, ...gone]) paths.delete(path)
      const known = owners.find(({ entry }) => entry.manager === update.manager && entry.operation === 'Update' && entry.subresource === subresource)
      if (known !== undefined) for (const path of changed) known.paths.add(path)
      else owners.push({ entry: { manager: update.manager, operation: 'Update', apiVersion: 'apps/v1', ...(subresource === undefined ? {} : { subresource }) }, paths: new Set(changed) })
      next.metadata.managedFields = entriesOf(owners)
    }
    const [namespace = ''] = key.split('/')
    const same = before !== undefined && JSON.stringify(before) === JSON.stringify(next)
    if (same) {
      this.#tell({ client, verb, resource, subresource, namespace, name: next.metadata.name, object: before, before, changed: false })
      return answer(200, before)
    }
    const version = (this.#version += 1)
    const specSame = before !== undefined && JSON.stringify((before as Json & KubeObject)['spec']) === JSON.stringify(next['spec'])
    next.metadata = {
      ...next.metadata, namespace,
      uid: before?.metadata.uid ?? `uid-${(this.#uids += 1)}`,
      creationTimestamp: before?.metadata.creationTimestamp ?? new Date(this.#clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
      generation: (before?.metadata.generation ?? 0) + (specSame ? 0 : 1),
      resourceVersion: String(version),
    }
    this.#objects.get(resource.plural)?.set(key, next)
    this.#publish(version, before === undefined ? 'ADDED' : 'MODIFIED', resource, namespace, next)
    this.#tell({ client, verb, resource, subresource, namespace, name: next.metadata.name, object: next, before, changed: true })
    return answer(before === undefined ? 201 : 200, next)
  }

  #delete(client: string, resource: Resource, key: string, present: KubeObject | undefined, options: Json | undefined): TransportResponse {
    if (present === undefined) return refused(404, 'NotFound')
    const uid = (options?.['preconditions'] as { uid?: string } | undefined)?.uid
    if (uid !== undefined && uid !== present.metadata.uid) return refused(409, 'Conflict')
    const [namespace = ''] = key.split('/')
    const grace = (options?.['gracePeriodSeconds'] as number | undefined) ?? (present as { spec?: { terminationGracePeriodSeconds?: number } }).spec?.terminationGracePeriodSeconds ?? 30
    if (resource.plural === 'pods' && grace > 0) {
      if (present.metadata.deletionTimestamp !== undefined && (present.metadata.deletionGracePeriodSeconds ?? 0) <= grace) return answer(200, present)
      const next = structuredClone(present) as KubeObject & Json
      next.metadata.deletionTimestamp = new Date(this.#clock.now() + grace * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
      next.metadata.deletionGracePeriodSeconds = grace
      return this.#store(client, 'delete', resource, undefined, key, next, present, undefined)
    }
    this.#objects.get(resource.plural)?.delete(key)
    const version = (this.#version += 1)
    const final = { ...present, metadata: { ...present.metadata, resourceVersion: String(version) } }
    this.#publish(version, 'DELETED', resource, namespace, final)
    this.#tell({ client, verb: 'delete', resource, subresource: undefined, namespace, name: final.metadata.name, object: final, before: present, changed: true })
    return answer(200, final)
  }

  #watch(resource: Resource, namespace: string, request: TransportRequest): TransportResponse {
    const { resourceVersion, sendInitialEvents, timeoutSeconds } = request.query ?? {}
    const from = resourceVersion === undefined ? undefined : Number(resourceVersion)
    if (from !== undefined && from < this.#compacted) return refused(410, 'Expired')
    const ready: (Uint8Array | 'end')[] = []
    let wake: (() => void) | undefined
    const push = (item: Uint8Array | 'end'): void => { ready.push(item); wake?.() }
    const lineOf = (type: string, object: object): Uint8Array => Buffer.from(`${JSON.stringify({ type, object })}\n`)
    const watch = {
      take: (change: Change) => { if (change.resource.plural === resource.plural && (namespace === '' || change.namespace === namespace)) push(change.line) },
      end: (error?: object) => { if (!this.#watches.delete(watch)) return; timer.cancel(); if (error !== undefined) push(lineOf('ERROR', error)); push('end') },
    }
    const timer = this.#clock.setTimeout(() => watch.end(), Number(timeoutSeconds) * 1000)
    if (sendInitialEvents === true) {
      for (const object of this.objects(resource, namespace || undefined)) push(lineOf('ADDED', object))
      push(lineOf('BOOKMARK', { metadata: { resourceVersion: String(this.#version), annotations: { 'k8s.io/initial-events-end': 'true' } } }))
    } else for (const change of this.#history) if (change.version > (from ?? Infinity)) watch.take(change)
    this.#watches.add(watch)
    request.signal?.addEventListener('abort', () => watch.end())
    const body = (async function* () {
      for (;;) {
        const next = ready.shift()
        if (next === undefined) await new Promise<void>((resolve) => { wake = resolve })
        else if (next === 'end') return
        else yield next
      }
    })()
    return { status: 200, headers: {}, text: async () => '', body, cancel: () => watch.end() }
  }

  #publish(version: number, type: string, resource: Resource, namespace: string, object: KubeObject): void {
    const change = { version, type, resource, namespace, line: Buffer.from(`${JSON.stringify({ type, object })}\n`) }
    this.#history.push(change)
    for (const watch of this.#watches) watch.take(change)
  }

  #tell(write: StoredWrite): void {
    for (const listener of this.#listeners) listener(write)
  }
}

function specOf(object: KubeObject | undefined): object {
  if (object === undefined) return {}
  const { spec, metadata } = object as Json & KubeObject
  return { spec, metadata: { ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }) } }
}

function withDefaults(resource: Resource, object: KubeObject & Json): KubeObject & Json {
  if (resource.plural !== 'deployments') return object
  const podSpec = (object['spec'] as { template: { spec: Json } }).template.spec
  podSpec['terminationGracePeriodSeconds'] ??= 30
  return object
}

function invalidDeployment(object: Json): string | undefined {
  const podSpec = (object['spec'] as { template: { spec: { terminationGracePeriodSeconds: number; containers?: { name: string; image?: string; lifecycle?: { preStop?: Json } }[] } } }).template.spec
  for (const { name, image, lifecycle } of podSpec.containers ?? []) {
    if (image === undefined) return `containers[${name}].image: Required value`
    const preStop = lifecycle?.preStop
    if (preStop === undefined) continue
    if (Object.keys(preStop).length !== 1) return 'preStop: must specify exactly one handler'
    const seconds = (preStop['sleep'] as { seconds?: number } | undefined)?.seconds
    if (seconds !== undefined && seconds > podSpec.terminationGracePeriodSeconds) return 'sleep.seconds: must be less than grace'
  }
  return undefined
}
