import { notAcceptable } from '../api-error.ts'
import type { ApiRequest } from './api-request.ts'

/** The form of an answer that a client asks for in its Accept header. */
export interface Accepted {
  readonly format: 'json' | 'yaml'
  /** `Table`, `PartialObjectMetadata`, `PartialObjectMetadataList`, `APIGroupDiscoveryList`; absent: the object itself. */
  readonly as?: string
  /** `meta.k8s.io` of `g=`. */
  readonly group?: string
  /** `v1` of `v=`. */
  readonly version?: string
}

const asIs: Accepted = { format: 'json' }
const formats: Readonly<Record<string, Accepted['format']>> = {
  'application/json': 'json',
  'application/*': 'json',
  '*/*': 'json',
  // Clients that rather have protobuf read the content type of what they get.
  'application/vnd.kubernetes.protobuf': 'json',
  'application/vnd.kubernetes.protobuf;stream=watch': 'json',
  'application/yaml': 'yaml',
}

/**
 * The first form of the list that can be given; `served` says which transformations there are here.
 * @throws ApiError 406 when there is none.
 */
export function acceptedOf(request: ApiRequest, served: (wanted: Accepted) => boolean): Accepted {
  const header = request.headers['accept']
  if (header === undefined || header === '' || header === 'application/json') return asIs
  for (const range of header.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const format = formats[type]
    if (format === undefined) continue
    const values = new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string]))
    const as = values.get('as')
    if (as === undefined) return { format }
    const wanted = { format, as, group: values.get('g') ?? '', version: values.get('v') ?? '' }
    if (served(wanted)) return wanted
  }
  throw notAcceptable()
}
