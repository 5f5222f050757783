import { apiVersionOf, type KubeObject, type OwnerReference, type Resource } from '../../../kube/index.ts'

/** The one owner that manages an object. */
export function controllerOf({ metadata }: KubeObject): OwnerReference | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)
}

export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  return controllerOf(object)?.uid === owner.metadata.uid
}

/** How a dependent names the owner that manages it. */
export function controllerReference(resource: Resource, { metadata }: KubeObject): OwnerReference {
  const { name, uid = '' } = metadata
  return {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  }
}
