import { at, record } from '../../contract/untyped.ts'
import { type KubeApi, type KubeObject, replicaSets } from '../../kube/index.ts'
import type { DeploymentFacts } from '../projections.ts'
import { templateIds, type TemplateIds, withoutHash } from './template-id.ts'

/** One pod template that a Deployment has had, as its ReplicaSet keeps it. */
export interface Revision extends TemplateIds {
  /** Label `pod-template-hash` of its pods. */
  readonly hash: string
  /** Which one it is, counted from 1; one that is put back is counted anew. */
  readonly revision: number
  /** As the Deployment had it: without the hash's label. */
  readonly template: Readonly<Record<string, unknown>>
}

/** What finds the ReplicaSets of a Deployment. */
export interface RevisionsOwner {
  readonly view: Pick<DeploymentFacts['view'], 'namespace' | 'uid'>
  /** `spec.selector.matchLabels`. */
  readonly selector: Readonly<Record<string, string>>
}

/** The templates of a Deployment, from its ReplicaSets: as many as its revisionHistoryLimit keeps. */
export async function listRevisions(
  api: Pick<KubeApi, 'list'>,
  { view: { namespace, uid }, selector }: RevisionsOwner,
): Promise<Revision[]> {
  const labelSelector = Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  const { items } = await api.list<KubeObject>(replicaSets, {
    namespace,
    ...(labelSelector === '' ? {} : { labelSelector }),
  })
  return items.flatMap((item) => {
    const { ownerReferences = [], labels, annotations } = item.metadata
    const hash = labels?.['pod-template-hash']
    const owned = ownerReferences.some((owner) => owner.uid === uid && owner.controller === true)
    if (!owned || hash === undefined) return []
    const template = at(item, 'spec', 'template')
    const revision = Number(annotations?.['deployment.kubernetes.io/revision'])
    return [
      {
        hash,
        ...templateIds(template),
        revision: revision > 0 ? revision : 0,
        template: withoutHash(record(template)),
      },
    ]
  })
}

/** Whose pods are of the present template; undefined until the Deployment controller has made its ReplicaSet. */
export function presentRevision(revisions: readonly Revision[], revisionId: string): Revision | undefined {
  return newest(revisions.filter((revision) => revision.revisionId === revisionId))
}

/** The newest of those that differ in the contract alone. */
export function newestWithTemplate(revisions: readonly Revision[], templateId: string): Revision | undefined {
  return newest(revisions.filter((revision) => revision.templateId === templateId))
}

function newest(revisions: readonly Revision[]): Revision | undefined {
  return revisions.toSorted((one, other) => other.revision - one.revision)[0]
}
