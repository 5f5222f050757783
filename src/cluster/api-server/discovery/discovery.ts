import { apiVersionOf, type TransportResponse } from '../../../kube/index.ts'
import { reviewResources } from '../handlers/review.ts'
import { type Accepted, acceptedOf } from '../request/accept.ts'
import { type ApiRequest, TextAnswer } from '../request/api-request.ts'
import type { Resources } from '../resources/resources.ts'
import { type ListedResource, type ListedSubresource, listedResources } from './listed-resources.ts'

interface Group {
  readonly name: string
  /** The preferred one first. */
  readonly versions: readonly string[]
}

/** What is served: `/api`, `/apis`, and each group version; whole at once for those who ask for it. */
export function answerDiscovery(request: ApiRequest, resources: Resources): TransportResponse | undefined {
  const path = request.path.replace(/\/$/, '')
  if (request.method !== 'GET') return undefined
  if (path === '/api' || path === '/apis') {
    const form = acceptedOf(request, isServed)
    const isCore = path === '/api'
    if (form.as !== undefined) return answer(aggregated(resources, isCore, form.version ?? 'v2'), contentType(form))
    return answer(
      isCore ? { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] } : groupList(resources),
    )
  }
  const [, root, first = '', second] = path.split('/')
  if (root === 'api' && second === undefined)
    return first === 'v1' ? answer(resourceList(resources, '', 'v1')) : undefined
  if (root !== 'apis') return undefined
  const group = groupsOf(resources).find(({ name }) => name === first)
  if (group === undefined) return undefined
  if (second === undefined) return answer({ kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group) })
  if (!group.versions.includes(second) || path.split('/').length > 4) return undefined
  return answer(resourceList(resources, first, second))
}

function isServed({ as, group, version }: Accepted): boolean {
  return (
    as === 'APIGroupDiscoveryList' && group === 'apidiscovery.k8s.io' && (version === 'v2' || version === 'v2beta1')
  )
}

function contentType({ version, group, as }: Accepted): string {
  return `application/json;g=${group};v=${version};as=${as}`
}

function answer(value: object, contentType = 'application/json'): TextAnswer {
  return new TextAnswer(200, JSON.stringify(value), contentType)
}

function groupsOf(resources: Resources): readonly Group[] {
  const versions = new Map<string, Set<string>>()
  const kinds = resources.all().map(({ kind }) => kind.resource)
  for (const { group, version } of [...kinds, ...reviewResources.map(({ group }) => ({ group, version: 'v1' }))]) {
    if (group === '') continue
    const known = versions.get(group)
    if (known === undefined) versions.set(group, new Set([version]))
    else known.add(version)
  }
  return [...versions].map(([name, all]) => ({ name, versions: [...all].sort(byPreference) }))
}

/** v2 before v1 before v1beta1 before v1alpha1. */
function byPreference(one: string, other: string): number {
  const rank = (version: string): number[] => {
    const [, major = '0', stage = '', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? []
    return [stage === '' ? 2 : stage === 'beta' ? 1 : 0, Number(major), Number(minor)]
  }
  const left = rank(one)
  const right = rank(other)
  const different = left.findIndex((value, index) => value !== right[index])
  return different === -1 ? 0 : (right[different] ?? 0) - (left[different] ?? 0)
}

function describeGroup({ name, versions }: Group): object {
  const described = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }))
  return { name, versions: described, preferredVersion: described[0] }
}

function groupList(resources: Resources): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(resources).map((group) => describeGroup(group)) }
}

function resourceList(resources: Resources, group: string, version: string): object {
  const groupVersion = apiVersionOf({ group, version, plural: '', kind: '', namespaced: false })
  const listed = listedResources(resources, group, version)
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion,
    resources: listed.flatMap(({ subresources, ...resource }) => [
      legacy(resource),
      ...subresources.map((subresource) =>
        legacy({
          ...resource,
          ...subresource,
          name: `${resource.name}/${subresource.name}`,
          shortNames: [],
          categories: [],
        }),
      ),
    ]),
  }
}

function legacy(
  resource: Omit<ListedResource, 'subresources'> & { responseKind?: ListedSubresource['responseKind'] },
): object {
  const { shortNames, categories, singularName, responseKind, ...rest } = resource
  const { group, version, kind } = { ...rest, ...responseKind }
  return {
    name: rest.name,
    singularName: rest.name.includes('/') ? '' : singularName,
    namespaced: rest.namespaced,
    ...(responseKind === undefined || group === rest.group ? {} : { group, version }),
    kind,
    verbs: rest.verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  }
}

function aggregated(resources: Resources, isCore: boolean, version: string): object {
  const groups = isCore ? [{ name: '', versions: ['v1'] }] : groupsOf(resources)
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map((group) => ({
      metadata: group.name === '' ? {} : { name: group.name },
      versions: group.versions.map((groupVersion) => ({
        version: groupVersion,
        freshness: 'Current',
        resources: listedResources(resources, group.name, groupVersion).map((resource) => discovered(resource)),
      })),
    })),
  }
}

function discovered({
  name,
  group,
  version,
  kind,
  namespaced,
  verbs,
  shortNames,
  categories,
  singularName,
  subresources,
}: ListedResource): object {
  // What is of the same group version as the list it stands in says only its kind.
  const short = (of: ListedSubresource['responseKind']): object =>
    of.group === group && of.version === version ? { group: '', version: '', kind: of.kind } : of
  return {
    resource: name,
    responseKind: short({ group, version, kind }),
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singularName,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map(({ name, responseKind, verbs }) => ({
            subresource: name,
            responseKind: short(responseKind),
            verbs,
          })),
        }),
  }
}
