import type { Clock, KubeObject, Random, Resource, Transport } from '../../kube/index.ts'

export interface ApiServerOptions {
  readonly clock: Clock
  /** For names (`generateName`), uids and cluster addresses. @default Math.random */
  readonly random?: Random
  /** What `/version` says. @default v1.36.3 */
  readonly gitVersion?: string
  /** How many changes can still be watched from; older versions get 410. @default 10000 */
  readonly history?: number
}

/** A write as it was stored. */
export interface StoredWrite {
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
}

/** The API server's own face; how it is made is in the folders beside. */
export interface ApiServerLike {
  /** One client's way in, in this process; its user agent names the default field manager, as for kubectl. */
  client(userAgent: string): Transport
  /** Called after each write, in the order of storing; writes that changed nothing too. Returns how to stop. */
  onWrite(listener: (write: StoredWrite) => void): () => void
  /** What is stored now, past the API. */
  objects(resource: Resource, namespace?: string): readonly KubeObject[]
  /** Everything before now is forgotten: watches end with 410 and cannot be resumed. */
  compact(): void
  /** Open watches end, and can be resumed. */
  dropWatches(): void
}
