import type { KubeObject, Resource } from '../../kube/index.ts'

/** A write as it was stored. */
export interface StoredWrite {
  /** The user agent of who wrote. */
  readonly client: string
  readonly verb: 'create' | 'update' | 'patch' | 'apply' | 'delete'
  readonly resource: Resource
  readonly subresource: string | undefined
  readonly namespace: string | undefined
  readonly name: string
  /** As stored; for a deletion, as it was last. */
  readonly object: KubeObject
  /** Absent for a creation. */
  readonly before: KubeObject | undefined
  /** A patch or update that changed nothing has the version that was there. */
  readonly changed: boolean
  /** Whether the object is gone now: after its deletion, or after the write that took its last finalizer. */
  readonly removed: boolean
}
