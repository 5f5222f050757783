import { apiVersionOf, type KubeApi, type KubeObject, type OwnerReference, type Resource } from '../../../kube/index.ts'
import { unlessGone } from '../shared/gone.ts'

/** Owner references, by what has become of their owners. */
export interface Owners {
  /** Those that exist. */
  readonly solid: readonly OwnerReference[]
  /** Those that exist, and wait with their own end for that of their dependents. */
  readonly waiting: readonly OwnerReference[]
  /** Those that are gone. */
  readonly dangling: readonly OwnerReference[]
}

export const foregroundFinalizer = 'foregroundDeletion'
export const orphanFinalizer = 'orphan'

/** Deletes its dependents before itself. */
export function isForeground({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(foregroundFinalizer) === true
}

/** Lets its dependents go before its end. */
export function isOrphaning({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(orphanFinalizer) === true
}

/** What has become of the owners of an object; `find` gives an owner's present state, undefined when it is gone. */
export async function classify(
  references: readonly OwnerReference[],
  find: (reference: OwnerReference) => Promise<KubeObject | undefined>,
): Promise<Owners> {
  const solid: OwnerReference[] = []
  const waiting: OwnerReference[] = []
  const dangling: OwnerReference[] = []
  for (const reference of references) {
    const owner = await find(reference)
    if (owner === undefined) dangling.push(reference)
    else if (isForeground(owner) && reference.blockOwnerDeletion === true) waiting.push(reference)
    else solid.push(reference)
  }
  return { solid, waiting, dangling }
}

/** Asks the API server for an owner of any kind that it serves. */
export class OwnerLookup {
  readonly #api: KubeApi
  readonly #resources = new Map<string, Resource | undefined>()

  constructor(api: KubeApi) {
    this.#api = api
  }

  /** The owner as it is now; undefined when it is gone, also when another one has its name. */
  async find(reference: OwnerReference, namespace: string | undefined): Promise<KubeObject | undefined> {
    const resource = await this.#resourceOf(reference)
    // Of a kind that is not served nothing can be known: such an owner holds on to what it owns.
    if (resource === undefined) return { metadata: { name: reference.name, uid: reference.uid } }
    const ref = { name: reference.name, ...(resource.namespaced ? { namespace } : {}) }
    const owner = await unlessGone(this.#api.get(resource, ref))
    return owner?.metadata.uid === reference.uid ? owner : undefined
  }

  async #resourceOf({ apiVersion, kind }: OwnerReference): Promise<Resource | undefined> {
    const key = `${apiVersion} ${kind}`
    const known = this.#resources.get(key)
    if (known !== undefined) return known
    const found = (await servedResources(this.#api, apiVersion)).find((resource) => resource.kind === kind)
    this.#resources.set(key, found)
    return found
  }
}

/** What a group and version serves that can be listed and deleted. */
export async function servedResources(api: KubeApi, apiVersion: string): Promise<Resource[]> {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const served = await unlessGone(api.getPath<{ resources: readonly ServedResource[] }>(path))
  return (served?.resources ?? [])
    .filter(({ name, verbs }) => !name.includes('/') && verbs.includes('delete') && verbs.includes('list'))
    .map(({ name, kind, namespaced }) => ({ group, version, plural: name, kind, namespaced }))
}

interface ServedResource {
  readonly name: string
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}

/** Whether a reference is to an object of this resource. */
export function refersTo({ apiVersion, kind }: OwnerReference, resource: Resource): boolean {
  return kind === resource.kind && apiVersion === apiVersionOf(resource)
}
