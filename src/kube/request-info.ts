import type { TransportRequest, Verb } from './transport.ts'

const verbs: Readonly<Record<TransportRequest['method'], Verb>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** The verb and resource of a request that was not made from a Resource, read from its URL as the API server does. */
export function requestInfo(method: TransportRequest['method'], url: URL): { verb: Verb; resource: string } {
  const [root, ...rest] = url.pathname.split('/').filter((part) => part !== '')
  if (root !== 'api' && root !== 'apis') return { verb: verbs[method], resource: 'nonresource' }
  const group = root === 'api' ? '' : (rest.shift() ?? '')
  rest.shift() // the version
  // namespaces/<namespace>/<plural>..., but also namespaces and namespaces/<name> themselves
  const [plural = '', name] = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest
  const resource = group === '' ? plural : `${plural}.${group}`
  if (method !== 'GET' || name !== undefined) return { verb: verbs[method], resource }
  return { verb: ['1', 'true'].includes(url.searchParams.get('watch') ?? '') ? 'watch' : 'list', resource }
}
