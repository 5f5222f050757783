import type { KubeObject, LabelSelector, TransportResponse } from '../../../kube/index.ts'
import { badRequest, invalid, notFound } from '../api-error.ts'
import { applyFields, recordUpdate } from '../fields/index.ts'
import type { ApiRequest } from '../request/api-request.ts'
import { readJson, readQuestion, readYaml } from '../request/body.ts'
import { labelSelectorText } from '../request/label-selector.ts'
import { type WriteOptions, writeOptionsOf } from '../request/options.ts'
import { answerJson, formOf } from '../request/presentation.ts'
import type { Target } from '../request/target.ts'
import { asServed, type ScalePaths, type ServedResource } from '../resources/served-resource.ts'
import type { ServerContext } from '../server-context.ts'
import { cloneJson } from '../storage/json.ts'
import { patchedBy, patchTypeOf, stated } from './patch.ts'
import { existing } from './read.ts'
import { storeChanged, writerOf, type Writing } from './storing.ts'

/** autoscaling/v1, whatever the kind that is scaled. */
interface Scale {
  kind: 'Scale'
  apiVersion: 'autoscaling/v1'
  metadata: KubeObject['metadata']
  spec: { replicas?: number }
  status: { replicas: number; selector?: string }
}

const builtInPaths: ScalePaths = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
}

export function readScale(_context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  return answerJson(request, scaleOf(target.resource, existing(target)), 200, formOf(request))
}

/** PUT or PATCH of a scale: its replicas become those of the object. */
export function writeScale(context: ServerContext, request: ApiRequest, target: Target): TransportResponse {
  const isUpdate = request.method === 'PUT'
  const type = isUpdate ? 'update' : patchTypeOf(request, target.resource)
  const isApply = type === 'application/apply-patch+yaml'
  const options = writeOptionsOf(request, isUpdate ? 'UpdateOptions' : 'PatchOptions', isApply)
  const writing: Writing = {
    context,
    target,
    client: request.userAgent,
    verb: isUpdate ? 'update' : isApply ? 'apply' : 'patch',
    options,
  }
  const live = existing(target)
  const next = isApply ? applied(writing, request, live, options) : scaled(request, type, live, target.resource)
  if (!isApply) own(writing, live, next)
  const written = storeChanged(writing, live, next, true)
  return answerJson(request, scaleOf(target.resource, written.object), 200, formOf(request))
}

function scaled(request: ApiRequest, type: string, live: KubeObject, resource: ServedResource): KubeObject {
  const sent = type === 'update' ? readQuestion(request) : read(() => readJson(request.body).value)
  const before = scaleOf(resource, live)
  const scale = type === 'update' ? (sent as Scale) : patchedBy(type, cloneJson(before), sent, resource)
  const replicas = checkedReplicas(scale, live.metadata.name)
  const next = cloneJson(asServed(resource, live))
  put(next, pathsOf(resource).specReplicasPath, replicas)
  for (const field of ['uid', 'resourceVersion'] as const) {
    const value = scale.metadata?.[field]
    if (value === undefined || value === '') delete next.metadata[field]
    else next.metadata[field] = value
  }
  // A scale may always be written without a version, also where the object itself may not.
  next.metadata.resourceVersion ??= live.metadata.resourceVersion ?? ''
  return next
}

/** A scale has no time, and who scales to 0 owns nothing: the field is not there then. */
function own(writing: Writing, live: KubeObject, next: KubeObject): void {
  const { resource } = writing.target
  recordUpdate(asServed(resource, live), next, writerOf(writing))
  const entries = next.metadata.managedFields
  if (entries === undefined) return
  const isZero = get(next, pathsOf(resource).specReplicasPath) === 0
  next.metadata.managedFields = entries
    .filter(({ subresource }) => subresource !== 'scale' || !isZero)
    .map(({ time, ...entry }) => ({
      ...entry,
      ...(entry.subresource === 'scale' || time === undefined ? {} : { time }),
    }))
}

function applied(writing: Writing, request: ApiRequest, live: KubeObject, options: WriteOptions): KubeObject {
  const { resource } = writing.target
  const scale = read(() => readYaml(request.body).value) as Scale
  const { apiVersion, kind, metadata } = asServed(resource, live)
  const { name, namespace } = metadata
  const fields = { apiVersion, kind, metadata: { name, namespace } } as KubeObject
  put(fields, pathsOf(resource).specReplicasPath, checkedReplicas(scale, name))
  return stated(() => applyFields(asServed(resource, live), fields, { ...writerOf(writing), force: options.force }))
}

function checkedReplicas({ spec }: Partial<Scale>, name: string): number {
  const replicas = spec?.replicas ?? 0
  if (!Number.isInteger(replicas)) {
    const type = typeof replicas
    throw badRequest(
      `Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal ${type} into Go struct field ScaleSpec.spec.replicas of type int32`,
    )
  }
  if (replicas >= 0) return replicas
  const message = `Invalid value: ${replicas}: must be greater than or equal to 0`
  throw invalid({ group: 'autoscaling', kind: 'Scale' }, name, [
    { reason: 'FieldValueInvalid', field: 'spec.replicas', message },
  ])
}

function scaleOf(resource: ServedResource, stored: KubeObject): Scale {
  const paths = pathsOf(resource)
  const { name, namespace, uid, resourceVersion, creationTimestamp } = stored.metadata
  const metadata = { name, namespace, uid, resourceVersion, creationTimestamp } as KubeObject['metadata']
  const replicas = get(stored, paths.specReplicasPath)
  if (replicas === undefined && resource.custom !== undefined) throw notFound(resource.kind.resource, name)
  const selector = selectorOf(stored, resource.custom === undefined ? undefined : paths.labelSelectorPath)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata,
    spec: replicas === 0 || replicas === undefined ? {} : { replicas: Number(replicas) },
    status: {
      replicas: Number(get(stored, paths.statusReplicasPath) ?? 0),
      ...(selector === undefined ? {} : { selector }),
    },
  }
}

/** A custom resource keeps its selector as text; the built-in kinds in their own form. */
function selectorOf(stored: KubeObject, path: string | undefined): string | undefined {
  if (path !== undefined) return get(stored, path) as string | undefined
  const selector = get(stored, '.spec.selector') as LabelSelector | undefined
  return selector === undefined ? undefined : labelSelectorText(selector)
}

function pathsOf({ custom }: ServedResource): ScalePaths {
  return custom?.scale ?? builtInPaths
}

function steps(path: string): string[] {
  return path.split('.').filter((step) => step !== '')
}

function get(object: object, path: string): unknown {
  let value: unknown = object
  for (const step of steps(path)) value = (value as Record<string, unknown> | undefined)?.[step]
  return value
}

function put(object: object, path: string, value: unknown): void {
  const all = steps(path)
  const last = all.pop() ?? ''
  let parent = object as Record<string, unknown>
  for (const step of all) parent = (parent[step] ??= {}) as Record<string, unknown>
  parent[last] = value
}

function read<T>(parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw badRequest((error as Error).message)
  }
}
