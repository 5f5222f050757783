import { badRequest } from '../api-error.ts'
import type { Resources } from '../resources/resources.ts'
import type { ServedResource } from '../resources/served-resource.ts'

/** What a request is about, read from its path. */
export interface Target {
  readonly resource: ServedResource
  readonly namespace: string | undefined
  /** Absent for a collection. */
  readonly name: string | undefined
  readonly subresource: string | undefined
  /** What follows the subresource, for a proxy: `/metrics`; empty otherwise. */
  readonly rest: string
}

/** What a path names, or undefined when nothing is served there. */
export function targetOf(path: string, resources: Resources): Target | undefined {
  const parts = path.split('/')
  const isCore = parts[1] === 'api'
  if (!isCore && parts[1] !== 'apis') return undefined
  const group = isCore ? '' : (parts[2] ?? '')
  const version = (isCore ? parts[2] : parts[3]) ?? ''
  const below = parts.slice(isCore ? 3 : 4)
  const inNamespace = below[0] === 'namespaces' && below.length > 2 && !isOfNamespaceItself(below[2])
  const namespace = inNamespace ? decoded(below[1]) : undefined
  const [plural = '', name, subresource, ...rest] = inNamespace ? below.slice(2) : below
  const resource = resources.find(group, version, plural)
  if (resource === undefined) return undefined
  const { namespaced } = resource.kind.resource
  // A namespaced object cannot be named without its namespace, nor can anything else be inside of one.
  if (namespaced ? name !== undefined && namespace === undefined : namespace !== undefined) return undefined
  return {
    resource,
    namespace,
    name: decoded(name),
    subresource: subresource === '' ? undefined : subresource,
    rest: rest.length === 0 ? '' : `/${rest.join('/')}`,
  }
}

function isOfNamespaceItself(part: string | undefined): boolean {
  return part === 'status' || part === 'finalize'
}

function decoded(part: string | undefined): string | undefined {
  if (part === undefined || part === '') return undefined
  try {
    return part.includes('%') ? decodeURIComponent(part) : part
  } catch {
    throw badRequest(`the path segment ${part} is not encoded`)
  }
}
