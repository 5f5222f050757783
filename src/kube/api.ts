import type { ApplyOptions } from './apply.ts'
import type { KubeList, KubeObject, ObjectRef } from './object.ts'
import type { Resource } from './resource.ts'
import type { Transport } from './transport.ts'

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
  /** RFC 6902. Put a `test` before what must not have changed. */
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

export function createKubeApi(_transport: Transport): KubeApi {
  throw new Error('not implemented')
}
