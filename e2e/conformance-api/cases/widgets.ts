import type { Resource } from '../../../src/kube/index.ts'
import { at, type Fields, merged } from '../data.ts'
import { crds } from '../objects.ts'
import type { Scene } from '../scene.ts'

/** A schema with something of everything. */
export const properties: Fields = {
  spec: {
    type: 'object',
    properties: {
      size: { type: 'integer', format: 'int32', minimum: 1, maximum: 10 },
      mode: { type: 'string', enum: ['On', 'Off'], default: 'On' },
      name: { type: 'string', minLength: 2, maxLength: 5, pattern: '^[a-z]+$' },
      ratio: { type: 'number', exclusiveMinimum: true, minimum: 0, multipleOf: 0.5 },
      flag: { type: 'boolean', nullable: true },
      port: { 'x-kubernetes-int-or-string': true },
      when: { type: 'string', format: 'date-time' },
      nested: {
        type: 'object',
        default: {},
        properties: { depth: { type: 'integer', default: 3 }, other: { type: 'string' } },
      },
      tags: { type: 'array', maxItems: 3, items: { type: 'string', maxLength: 20 }, 'x-kubernetes-list-type': 'set' },
      items: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string' }, value: { type: 'string', default: 'none' } },
        },
      },
      labels: { type: 'object', maxProperties: 2, additionalProperties: { type: 'string' } },
      open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      atomic: {
        type: 'object',
        'x-kubernetes-map-type': 'atomic',
        properties: { a: { type: 'string' }, b: { type: 'string' } },
      },
    },
  },
  status: {
    type: 'object',
    properties: { phase: { type: 'string' }, replicas: { type: 'integer' }, selector: { type: 'string' } },
  },
}

export interface Definition {
  readonly spec?: Fields
  readonly version?: Fields
  readonly schema?: Fields
}

/** A custom resource of a group of the case's own, served and gone with the case. */
export async function defined(c: Scene, { spec = {}, version = {}, schema = {} }: Definition = {}): Promise<Resource> {
  const group = `${c.namespace}.example.com`
  const resource: Resource = { group, version: 'v1', plural: 'widgets', kind: 'Widget', namespaced: true }
  const { body, status } = await c.quietly('POST', c.path(crds), { body: definitionOf(group, spec, version, schema) })
  if (status !== 201) throw new Error(JSON.stringify(body))
  c.atEnd(() => c.quietly('DELETE', c.path(crds, `widgets.${group}`)))
  await served(c, resource)
  return resource
}

export function definitionOf(group: string, spec: Fields, version: Fields, schema: Fields): Fields {
  const v1 = {
    name: 'v1',
    served: true,
    storage: true,
    subresources: { status: {} },
    schema: { openAPIV3Schema: merged({ type: 'object', properties }, schema) },
    ...version,
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'] },
      versions: [v1],
      ...spec,
    },
  }
}

export async function served(c: Scene, resource: Resource): Promise<void> {
  await c.eventually('the custom resource is served', async () =>
    (await c.quietly('GET', c.path(resource))).status === 200 ? true : undefined,
  )
}

/** Without kind and apiVersion, a custom resource is refused. */
export const typed = (resource: Resource, object: Fields): Fields => ({
  apiVersion: `${resource.group}/v1`,
  kind: 'Widget',
  ...object,
})

/** Columns without what Kubernetes says of its own metadata: that text is not ours to keep. */
export function described(body: unknown): readonly Fields[] {
  return (at(body, 'columnDefinitions') as Fields[]).map(({ description, ...column }) =>
    ['Name', 'Age'].includes(String(column['name'])) ? column : { ...column, description },
  )
}
