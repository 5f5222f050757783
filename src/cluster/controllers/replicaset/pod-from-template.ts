import type { KubeObject } from '../../../kube/index.ts'
import type { ReplicaSet } from '../shared/objects.ts'
import { controllerReference } from '../shared/ownership.ts'
import { replicaSets } from '../shared/resources.ts'

/** What a ReplicaSet asks for when it makes a pod; the API server gives it its name. */
export function podFromTemplate(replicaSet: ReplicaSet): KubeObject {
  const { metadata, spec } = replicaSet
  const { labels, annotations, finalizers } = spec.template.metadata ?? {}
  const pod = {
    metadata: {
      generateName: `${metadata.name}-`,
      namespace: metadata.namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(replicaSets, replicaSet)],
    },
    spec: spec.template.spec,
  }
  return pod as unknown as KubeObject
}
