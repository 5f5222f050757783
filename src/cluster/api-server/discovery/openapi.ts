import { createHash } from 'node:crypto'
import { apiVersionOf, type TransportResponse } from '../../../kube/index.ts'
import { type ApiRequest, TextAnswer } from '../request/api-request.ts'
import type { Resources } from '../resources/resources.ts'
import type { ServedResource } from '../resources/served-resource.ts'
import { openApiPaths } from './openapi-paths.ts'
import { openApiSchemas } from './openapi-schemas.ts'

interface Document {
  readonly text: string
  readonly hash: string
}

/** Documents as they were made for the resources that were served then. */
interface Made {
  readonly generation: number
  readonly documents: Map<string, Document>
}

const made = new WeakMap<Resources, Made>()

/** `/openapi/v3`: an index, and a document for each group version: what `kubectl explain` and `kubectl apply` read. */
export function answerOpenApi(request: ApiRequest, resources: Resources): TransportResponse | undefined {
  if (request.method !== 'GET' || !request.path.startsWith('/openapi/')) return undefined
  const path = request.path.replace(/\/$/, '')
  // Version 2 is protobuf for those who still ask for it: this is the document that says nothing.
  if (path === '/openapi/v2')
    return new TextAnswer(200, '', 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
  if (path === '/openapi/v3') return new TextAnswer(200, JSON.stringify(indexOf(resources)))
  const apiVersion = apiVersionAt(path, resources)
  if (apiVersion === undefined) return undefined
  const { text, hash } = documentOf(apiVersion, resources)
  const etag = `"${hash}"`
  if (request.headers['if-none-match'] === etag) return new TextAnswer(304, '', 'application/json', { etag })
  return new TextAnswer(200, text, 'application/json', { etag })
}

function indexOf(resources: Resources): object {
  const paths: Record<string, object> = {}
  for (const apiVersion of resources.groupVersions) {
    const place = placeOf(apiVersion)
    const { hash } = documentOf(apiVersion, resources)
    paths[place] = { serverRelativeURL: `/openapi/v3/${place}?hash=${hash}` }
  }
  return { paths }
}

function placeOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`
}

function apiVersionAt(path: string, resources: Resources): string | undefined {
  const place = path.slice('/openapi/v3/'.length)
  return [...resources.groupVersions].find((apiVersion) => placeOf(apiVersion) === place)
}

function documentOf(apiVersion: string, resources: Resources): Document {
  let known = made.get(resources)
  if (known?.generation !== resources.generation) {
    made.set(resources, (known = { generation: resources.generation, documents: new Map() }))
  }
  let document = known.documents.get(apiVersion)
  if (document === undefined) {
    const text = JSON.stringify(
      describe(resources.all().filter(({ kind }) => apiVersionOf(kind.resource) === apiVersion)),
    )
    document = { text, hash: createHash('sha256').update(text).digest('hex').slice(0, 32).toUpperCase() }
    known.documents.set(apiVersion, document)
  }
  return document
}

function describe(resources: readonly ServedResource[]): object {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: 'embedded' },
    paths: openApiPaths(resources),
    components: { schemas: openApiSchemas(resources) },
  }
}
