import type { KubeObject } from '../../../kube/index.ts'
import type { Kind } from '../kinds/index.ts'
import type { Collection } from '../storage/collection.ts'

/** Between the form in which a resource is served and the one in which it is stored. Both give objects of their own. */
export interface Conversion {
  fromStored(object: KubeObject): KubeObject
  toStored(object: KubeObject): KubeObject
}

/** A resource under one of its versions: what it is, and where its objects are. Versions share their objects. */
export interface ServedResource {
  readonly kind: Kind
  readonly collection: Collection
  /** Absent where it is served as it is stored. */
  readonly conversion?: Conversion
  /** Of a CustomResourceDefinition: its objects carry their kind in lists, and want a kind when they are sent. */
  readonly custom?: CustomFacts
}

/** What a CustomResourceDefinition says about one of its versions, besides the kind. */
export interface CustomFacts {
  readonly listKind: string
  readonly columns: readonly CustomColumn[]
  readonly scale?: ScalePaths
}

/** One of `additionalPrinterColumns`. */
export interface CustomColumn {
  readonly name: string
  readonly type: string
  readonly jsonPath: string
  readonly format?: string
  readonly description?: string
  readonly priority?: number
}

/** Where a custom resource keeps what its scale subresource tells, as `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicasPath: string
  readonly statusReplicasPath: string
  readonly labelSelectorPath?: string
}

const converted = new WeakMap<Conversion, WeakMap<KubeObject, KubeObject>>()

/** A stored object as this resource serves it. The same object gives the same one again, so that its JSON is written once. */
export function asServed(resource: ServedResource, stored: KubeObject): KubeObject {
  const { conversion } = resource
  if (conversion === undefined) return stored
  let objects = converted.get(conversion)
  if (objects === undefined) converted.set(conversion, (objects = new WeakMap()))
  let object = objects.get(stored)
  if (object === undefined) objects.set(stored, (object = conversion.fromStored(stored)))
  return object
}

export function listKindOf({ kind, custom }: ServedResource): string {
  return custom?.listKind ?? `${kind.resource.kind}List`
}
