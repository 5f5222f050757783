import { applyBody, applyContentType, type ApplyOptions } from './apply.ts'
import { errorOfResponse, KubeError } from './kube-error.ts'
import type { KubeList, KubeObject, ObjectRef } from './object.ts'
import { collectionPath, objectPath, type Resource, resourceName } from './resource.ts'
import type { Transport, TransportRequest, Verb } from './transport.ts'

/** What every call takes. */
export interface CallOptions {
  signal?: AbortSignal
  /** @default 30000 */
  timeoutMs?: number
}

/** What every write takes besides. */
export interface WriteOptions extends CallOptions {
  /** e.g. `status`, `scale`. */
  subresource?: string
  /** Let the server check and answer, but store nothing. @default false */
  dryRun?: boolean
  /** Who is written into managedFields. @default the user agent up to its first slash */
  fieldManager?: string
}

/** What a list takes besides. */
export interface ListOptions extends CallOptions {
  /** Absent: all namespaces. */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  limit?: number
  continue?: string
}

/** What a delete takes besides. */
export interface DeleteOptions extends CallOptions {
  /** Delete only the object with this uid: never one that was re-created under the same name. */
  uid?: string
  gracePeriodSeconds?: number
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  dryRun?: boolean
}

/** One operation of RFC 6902. */
export type JsonPatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string }
  | { op: 'move' | 'copy'; from: string; path: string }

/**
 * Calls on objects as plain JSON. All of them
 * @throws KubeError with the code of what went wrong.
 */
export interface KubeApi {
  get<T extends KubeObject>(
    resource: Resource,
    ref: ObjectRef,
    options?: CallOptions & { subresource?: string },
  ): Promise<T>
  /** One page. */
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<KubeList<T>>
  create<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>
  /** Only for an object that was read by `get` and is written whole: unknown fields survive because nothing parses them. */
  replace<T extends KubeObject>(resource: Resource, object: T, options?: WriteOptions): Promise<T>
  /** Server-side apply: `body` states exactly the fields that `fieldManager` wants to own. */
  apply<T extends KubeObject>(resource: Resource, ref: ObjectRef, body: object, options: ApplyOptions): Promise<T>
  /** RFC 6902. Put a `test` before what must not have changed: the API server answers Invalid (422) when it fails. */
  jsonPatch<T extends KubeObject>(
    resource: Resource,
    ref: ObjectRef,
    operations: readonly JsonPatchOperation[],
    options?: WriteOptions,
  ): Promise<T>
  /** RFC 7386. */
  mergePatch<T extends KubeObject>(
    resource: Resource,
    ref: ObjectRef,
    patch: object,
    options?: WriteOptions,
  ): Promise<T>
  delete(resource: Resource, ref: ObjectRef, options?: DeleteOptions): Promise<void>
  /** An arbitrary GET that answers JSON, e.g. `/version` or `/apis/admissionregistration.k8s.io/v1`. */
  getPath<T>(path: string, options?: CallOptions): Promise<T>
}

/** The calls on this transport. */
export function createKubeApi(transport: Transport): KubeApi {
  async function call<T>(
    request: Omit<TransportRequest, 'signal' | 'timeoutMs'>,
    options: CallOptions = {},
  ): Promise<T> {
    const response = await transport.request({
      ...request,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    })
    const text = await response.text()
    const what = `${request.verb} ${request.path}`
    if (response.status < 200 || response.status > 299) {
      throw errorOfResponse(response.status, text, what, response.headers)
    }
    try {
      return JSON.parse(text) as T
    } catch (cause) {
      throw new KubeError('Unexpected', `${what}: the answer is not JSON`, { status: response.status, cause })
    }
  }

  /** A write of `body`; `query` besides dryRun. */
  function write<T>(
    parts: { method: 'POST' | 'PUT' | 'PATCH'; verb: Verb; path: string; contentType?: string; body: unknown },
    resource: Resource,
    options: WriteOptions = {},
    query: TransportRequest['query'] = {},
  ): Promise<T> {
    return call<T>(
      {
        method: parts.method,
        verb: parts.verb,
        path: parts.path,
        resource: resourceName(resource),
        query: {
          ...query,
          fieldManager: options.fieldManager,
          dryRun: options.dryRun === true ? 'All' : undefined,
        },
        headers: { 'content-type': parts.contentType ?? 'application/json' },
        body: JSON.stringify(parts.body),
      },
      options,
    )
  }

  return {
    async get(resource, ref, options) {
      const path = objectPath(resource, ref, options?.subresource)
      return call({ method: 'GET', verb: 'get', path, resource: resourceName(resource) }, options)
    },
    async list(resource, options = {}) {
      const { namespace, labelSelector, fieldSelector, limit } = options
      const query = { labelSelector, fieldSelector, limit, continue: options.continue }
      const path = collectionPath(resource, namespace)
      return call({ method: 'GET', verb: 'list', path, query, resource: resourceName(resource) }, options)
    },
    async create(resource, object, options) {
      const { name, namespace } = object.metadata
      const path =
        options?.subresource === undefined
          ? collectionPath(resource, namespace)
          : objectPath(resource, { namespace, name }, options.subresource)
      return write({ method: 'POST', verb: 'create', path, body: object }, resource, options)
    },
    async replace(resource, object, options) {
      const path = objectPath(resource, object.metadata, options?.subresource)
      return write({ method: 'PUT', verb: 'update', path, body: object }, resource, options)
    },
    async apply(resource, ref, fields, options) {
      const path = objectPath(resource, ref, options.subresource)
      const body = applyBody(resource, ref, fields, options)
      const query = { force: options.force ?? false }
      return write(
        { method: 'PATCH', verb: 'patch', path, contentType: applyContentType, body },
        resource,
        options,
        query,
      )
    },
    async jsonPatch(resource, ref, operations, options) {
      const path = objectPath(resource, ref, options?.subresource)
      const contentType = 'application/json-patch+json'
      return write({ method: 'PATCH', verb: 'patch', path, contentType, body: operations }, resource, options)
    },
    async mergePatch(resource, ref, patch, options) {
      const path = objectPath(resource, ref, options?.subresource)
      const contentType = 'application/merge-patch+json'
      return write({ method: 'PATCH', verb: 'patch', path, contentType, body: patch }, resource, options)
    },
    async delete(resource, ref, options = {}) {
      const { uid, gracePeriodSeconds, propagationPolicy, dryRun } = options
      await call(
        {
          method: 'DELETE',
          verb: 'delete',
          path: objectPath(resource, ref),
          resource: resourceName(resource),
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            ...(uid === undefined ? {} : { preconditions: { uid } }),
            gracePeriodSeconds,
            propagationPolicy,
            ...(dryRun === true ? { dryRun: ['All'] } : {}),
          }),
        },
        options,
      )
    },
    async getPath(path, options) {
      return call({ method: 'GET', verb: 'get', path, resource: 'nonresource' }, options)
    },
  }
}
