import { apiVersionOf, type KubeObject } from '../../../kube/index.ts'
import { type CustomResourceDefinition, customResourceKind } from '../kinds/index.ts'
import type { Change } from '../storage/history.ts'
import type { Resources } from './resources.ts'
import type { Conversion, CustomColumn, CustomFacts, ScalePaths, ServedResource } from './served-resource.ts'

type Spec = CustomResourceDefinition['spec']

interface Definition extends CustomResourceDefinition {
  spec: Omit<Spec, 'names' | 'versions'> & { names: Spec['names'] & { listKind?: string }; versions: DefinedVersion[] }
}

type DefinedVersion = Spec['versions'][number] & {
  served: boolean
  storage: boolean
  additionalPrinterColumns?: CustomColumn[]
  subresources?: { status?: object; scale?: ScalePaths }
}

const ageColumn: CustomColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

/** Serves what CustomResourceDefinitions define, from the moment they are stored until they are gone. */
export function serveCustomResources(resources: Resources): void {
  const served = new Map<string, readonly ServedResource[]>()
  resources.collectionOf('customresourcedefinitions.apiextensions.k8s.io').onChange(({ type, object }: Change) => {
    const { name } = object.metadata
    for (const { kind } of served.get(name) ?? []) resources.remove(kind.resource)
    served.delete(name)
    if (type === 'DELETED') return
    const defined = resourcesOf(object as Definition, resources)
    for (const resource of defined) resources.add(resource)
    served.set(name, defined)
  })
}

function resourcesOf(definition: Definition, resources: Resources): ServedResource[] {
  const { versions } = definition.spec
  const storage = versions.find(({ storage }) => storage) ?? versions[0]
  return versions
    .filter(({ served }) => served)
    .map((version) => {
      const kind = customResourceKind(definition, version.name)
      const custom = factsOf(definition, version)
      const collection = resources.collectionOf(definition.metadata.name)
      if (version === storage || storage === undefined) return { kind, collection, custom }
      const stored = apiVersionOf({ ...kind.resource, version: storage.name })
      return { kind, collection, custom, conversion: renaming(apiVersionOf(kind.resource), stored) }
    })
}

/** Versions differ by their name alone: there is no conversion by webhook. */
function renaming(served: string, stored: string): Conversion {
  return {
    fromStored: (object: KubeObject) => ({ ...object, apiVersion: served }),
    toStored: (object: KubeObject) => ({ ...object, apiVersion: stored }),
  }
}

function factsOf({ spec }: Definition, { additionalPrinterColumns, subresources }: DefinedVersion): CustomFacts {
  const columns = additionalPrinterColumns ?? []
  return {
    listKind: spec.names.listKind ?? `${spec.names.kind}List`,
    columns: columns.length === 0 ? [ageColumn] : columns,
    ...(subresources?.scale === undefined ? {} : { scale: subresources.scale }),
  }
}
