import type { KubeObject, Resource } from '../../../kube/index.ts'
import { FieldSet } from '../fields/field-set.ts'
import { applySchemaDefaults } from '../schema/defaults.ts'
import { cloneJson, type Fields, sameJson } from '../schema/json.ts'
import { hasRules, validateRules } from '../schema/cel/validate-rules.ts'
import { type FieldError, invalid } from '../schema/field-error.ts'
import { validateStructure, validateValue } from '../schema/validate.ts'
import { pruneUnknownFields } from '../schema/prune.ts'
import type { Schema } from '../schema/schema.ts'
import { schemaOf } from './definitions.ts'
import type { Kind, Subresource } from './kind.ts'
import { validateMetadata } from './validation/metadata.ts'
import { decodeBuiltIn } from './wire-form.ts'

/** The part of a CustomResourceDefinition that makes a kind. */
export interface CustomResourceDefinition extends KubeObject {
  spec: {
    group: string
    scope: 'Namespaced' | 'Cluster'
    names: { kind: string; plural: string; singular?: string; shortNames?: string[]; categories?: string[] }
    versions: CustomResourceVersion[]
  }
}

export interface CustomResourceVersion {
  name: string
  schema?: { openAPIV3Schema?: Schema }
  subresources?: { status?: object; scale?: object }
  selectableFields?: { jsonPath: string }[]
}

interface CustomObject extends KubeObject {
  status?: unknown
}

const objectMeta = schemaOf('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
const metadataReader = { properties: { metadata: objectMeta }, wire: { metadata: 'struct' as const } }

/** The kind that one version of a CustomResourceDefinition brings. */
export function customResourceKind(definition: CustomResourceDefinition, version: string): Kind {
  const { group, scope, names, versions } = definition.spec
  const facts = versions.find(({ name }) => name === version)
  if (facts === undefined) throw new TypeError(`${names.plural}.${group} has no version ${version}`)
  const resource: Resource = {
    group,
    version,
    plural: names.plural,
    kind: names.kind,
    namespaced: scope === 'Namespaced',
  }
  const stated = facts.schema?.openAPIV3Schema ?? {}
  const schema = withMetadata(stated)
  const subresources: Subresource[] = []
  if (facts.subresources?.status !== undefined) subresources.push('status')
  if (facts.subresources?.scale !== undefined) subresources.push('scale')
  const hasStatus = subresources.includes('status')
  return {
    resource,
    schema,
    subresources,
    singularName: names.singular ?? names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    strategicMerge: false,
    unconditionalUpdate: false,
    createOnUpdate: false,
    empty: {},
    selectableFields: Object.fromEntries(
      (facts.selectableFields ?? []).map(({ jsonPath }) => [jsonPath.slice(1), selector(jsonPath)]),
    ),
    decode(object) {
      const identity = { apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata }
      const { malformed, unknownFields: inMetadata } = decodeBuiltIn(identity as KubeObject, metadataReader)
      object.metadata = identity.metadata
      const unknownFields = [
        ...inMetadata.filter((name) => name !== 'apiVersion' && name !== 'kind'),
        ...pruneUnknownFields(object, stated),
      ]
      return malformed === undefined ? { unknownFields } : { unknownFields, malformed }
    },
    applyDefaults: (object) => applySchemaDefaults(object, stated),
    resetFields: (subresource) => resetFields(hasStatus, subresource),
    prepareForCreate(object: CustomObject) {
      if (hasStatus) delete object.status
      object.metadata.generation = 1
    },
    prepareForUpdate(next: CustomObject, old: CustomObject, subresource) {
      if (subresource === 'status') replaceAllButStatus(next, old)
      else if (hasStatus) {
        if (old.status === undefined) delete next.status
        else next.status = cloneJson(old.status)
      }
      const generation = old.metadata.generation ?? 1
      next.metadata.generation = sameJson(counted(next, hasStatus), counted(old, hasStatus))
        ? generation
        : generation + 1
    },
    validate(next: CustomObject, old: CustomObject | undefined, subresource) {
      const ofObject = subresource === 'status' ? ofStatus(next, old, stated) : validateCustom(next, old, stated)
      return [...validateMetadata(next, old, resource, 'subdomain'), ...ofObject]
    },
  }
}

/** A status by itself: messages name its fields from there. */
function ofStatus(next: CustomObject, old: CustomObject | undefined, schema: Schema): FieldError[] {
  const { properties: { status: ofOwn = {} } = {} } = schema
  const errors = validateValue(next.status ?? {}, ofOwn, old?.status)
  return errors.length === 0
    ? validateRules(next, schema, old)
    : errors.map((error) => ({ ...error, field: error.field === '' ? 'status' : `status.${error.field}` }))
}

const blocking: ReadonlySet<FieldError['reason']> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])

/** Rules are only asked about an object whose structure is sound. */
function validateCustom(next: KubeObject, old: KubeObject | undefined, schema: Schema): FieldError[] {
  const errors = validateStructure(next, schema, old)
  if (!hasRules(schema)) return errors
  if (!errors.some(({ reason }) => blocking.has(reason))) return [...errors, ...validateRules(next, schema, old)]
  const detail =
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'
  return [...errors, invalid('<nil>', null, detail)]
}

/** Everything that is not of the object itself; a status that is no subresource counts like the rest. */
function counted(object: CustomObject, hasStatus: boolean): object {
  const { metadata: _, status, ...rest } = object
  return hasStatus ? rest : { ...rest, status }
}

/** A write of the status changes nothing else, not even labels. */
function replaceAllButStatus(next: CustomObject, old: CustomObject): void {
  const { status, metadata } = next
  const { managedFields } = metadata
  for (const name of Object.keys(next)) delete (next as unknown as Fields)[name]
  Object.assign(next, cloneJson(old))
  if (status === undefined) delete next.status
  else next.status = status
  if (managedFields === undefined) delete next.metadata.managedFields
  else next.metadata.managedFields = managedFields
}

const status = FieldSet.of(['f:status'])
const allButStatus = FieldSet.of(['f:metadata'], ['f:spec'])

function resetFields(hasStatus: boolean, subresource: string | undefined): FieldSet {
  if (!hasStatus) return FieldSet.empty
  return subresource === 'status' ? allButStatus : status
}

/** What a definition says of `metadata` restricts it, and does not describe it. */
function withMetadata(schema: Schema): Schema {
  return {
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: objectMeta,
    },
  }
}

function selector(jsonPath: string): (object: KubeObject) => string {
  const path = jsonPath.split('.').slice(1)
  return (object) => {
    const value = path.reduce<unknown>((from, name) => (from as Fields | undefined)?.[name], object)
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
  }
}
