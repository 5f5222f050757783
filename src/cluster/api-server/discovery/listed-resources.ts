import { reviewResources } from '../handlers/review.ts'
import type { Resources } from '../resources/resources.ts'

interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface ListedSubresource {
  readonly name: string
  /** What it is read and written as. */
  readonly responseKind: GroupVersionKind
  readonly verbs: readonly string[]
}

/** One resource as discovery tells it. */
export interface ListedResource extends GroupVersionKind {
  readonly name: string
  readonly singularName: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly subresources: readonly ListedSubresource[]
}

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const objectVerbs = ['get', 'patch', 'update']

const otherKinds: Readonly<Record<string, GroupVersionKind>> = {
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
  binding: { group: '', version: 'v1', kind: 'Binding' },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction' },
  proxy: { group: '', version: 'v1', kind: 'PodProxyOptions' },
}

const otherVerbs: Readonly<Record<string, readonly string[]>> = {
  binding: ['create'],
  eviction: ['create'],
  log: ['get'],
  finalize: ['update'],
  proxy: ['create', 'delete', 'get', 'patch', 'update'],
}

/** Subresources that are not the business of a kind. */
const serverSubresources: Readonly<Record<string, readonly string[]>> = {
  pods: ['proxy'],
  namespaces: ['finalize'],
}

export function listedResources(resources: Resources, group: string, version: string): ListedResource[] {
  const listed = resources
    .all()
    .filter(({ kind }) => kind.resource.group === group && kind.resource.version === version)
    .map(({ kind, collection }): ListedResource => {
      const { resource, singularName, shortNames, categories } = kind
      const own = { group, version, kind: resource.kind }
      const subresources = [...kind.subresources, ...(serverSubresources[collection.name] ?? [])].sort()
      return {
        ...own,
        name: resource.plural,
        singularName,
        namespaced: resource.namespaced,
        verbs: resource.plural === 'namespaces' ? allVerbs.filter((verb) => verb !== 'deletecollection') : allVerbs,
        shortNames,
        categories,
        subresources: subresources.map((name) => ({
          name,
          responseKind: otherKinds[name] ?? own,
          verbs: otherVerbs[name] ?? objectVerbs,
        })),
      }
    })
  const reviews = version === 'v1' ? reviewResources.filter((review) => review.group === group) : []
  return [
    ...listed,
    ...reviews.map(({ plural, kind, namespaced }) => ({
      group,
      version,
      kind,
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      verbs: ['create'],
      shortNames: [],
      categories: [],
      subresources: [],
    })),
  ].sort((one, other) => (one.name < other.name ? -1 : 1))
}
