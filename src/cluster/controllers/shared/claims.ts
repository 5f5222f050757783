import {
  type KubeApi,
  type KubeObject,
  KubeError,
  type LabelSelector,
  type Resource,
  selects,
} from '../../../kube/index.ts'
import { unlessGone } from './gone.ts'
import { controllerOf, controllerReference, isControlledBy } from './ownership.ts'

export interface Claim<O extends KubeObject> {
  readonly api: KubeApi
  /** Who claims. */
  readonly owner: KubeObject & { readonly spec: { readonly selector: LabelSelector } }
  readonly ownerResource: Resource
  readonly resource: Resource
  /** Those that the owner manages, and those that nobody does. */
  readonly candidates: readonly O[]
}

/**
 * Adopts orphans that the owner's selector selects, and releases what it has and does not select any more. Nothing of
 * that while the owner is being deleted.
 * @returns what the owner manages now.
 */
export async function claim<O extends KubeObject>(claiming: Claim<O>): Promise<O[]> {
  const { owner, candidates } = claiming
  const isLeaving = owner.metadata.deletionTimestamp !== undefined
  let checked = false
  const claimed: O[] = []
  for (const object of candidates) {
    const matches = selects(owner.spec.selector, object.metadata.labels)
    if (isControlledBy(object, owner)) {
      if (matches) claimed.push(object)
      else if (!isLeaving) await release(claiming, object)
      continue
    }
    const isFree = controllerOf(object) === undefined && object.metadata.deletionTimestamp === undefined
    if (!isFree || !matches || isLeaving) continue
    // Adopting for an owner that is gone would leave the object to the garbage collector: ask, once, uncached.
    if (!checked) await assertAlive(claiming)
    checked = true
    const adopted = await adopt(claiming, object)
    if (adopted !== undefined) claimed.push(adopted)
  }
  return claimed
}

async function assertAlive({ api, owner, ownerResource }: Claim<KubeObject>): Promise<void> {
  const { uid, deletionTimestamp } = (await api.get(ownerResource, owner.metadata)).metadata
  if (uid !== owner.metadata.uid || deletionTimestamp !== undefined) {
    throw new KubeError('Conflict', `${ownerResource.kind} ${owner.metadata.name} was deleted: it adopts nothing`)
  }
}

async function adopt<O extends KubeObject>(
  { api, owner, ownerResource, resource }: Claim<O>,
  object: O,
): Promise<O | undefined> {
  const others = object.metadata.ownerReferences ?? []
  return patchOwners<O>(api, resource, object, [...others, controllerReference(ownerResource, owner)])
}

async function release<O extends KubeObject>({ api, owner, resource }: Claim<O>, object: O): Promise<void> {
  const others = (object.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner.metadata.uid)
  await patchOwners(api, resource, object, others)
}

/**
 * Sets the owner references of exactly this version of an object; nothing when the object is gone.
 * @throws KubeError Conflict when it has changed meanwhile.
 */
export async function patchOwners<O extends KubeObject>(
  api: KubeApi,
  resource: Resource,
  { metadata }: O,
  ownerReferences: readonly object[],
): Promise<O | undefined> {
  const { uid, resourceVersion } = metadata
  const patch = { metadata: { uid, resourceVersion, ownerReferences } }
  return unlessGone(api.mergePatch<O>(resource, metadata, patch))
}
