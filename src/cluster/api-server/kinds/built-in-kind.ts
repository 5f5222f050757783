import type { KubeObject, Resource } from '../../../kube/index.ts'
import { FieldSet } from '../fields/field-set.ts'
import type { FieldError } from '../schema/field-error.ts'
import { cloneJson, type Fields, sameJson } from '../schema/json.ts'
import { applyBuiltInDefaults } from './defaults/index.ts'
import { schemaOf } from './definitions.ts'
import type { Kind, Subresource } from './kind.ts'
import { type NameRule, validateFinalizers, validateMetadata } from './validation/metadata.ts'
import { decodeBuiltIn, emptyOf } from './wire-form.ts'

/** A built-in object with the fields that nearly all kinds have. */
export interface BuiltInObject extends KubeObject {
  spec?: Fields
  status?: Fields
}

/** What is particular to one built-in kind; all else follows from its definition. */
export interface BuiltInKind {
  readonly definition: string
  readonly resource: Resource
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly subresources?: readonly Subresource[]
  readonly unconditionalUpdate?: boolean
  readonly createOnUpdate?: boolean
  /** What the generation counts the changes of; absent for kinds that have no generation. */
  readonly generationOf?: (object: BuiltInObject) => unknown
  /** Fields besides spec that a write of the status puts back. */
  readonly keptByStatus?: readonly ('labels' | 'ownerReferences' | 'deletionTimestamp')[]
  /** Whether writes of the status leave metadata alone altogether. */
  readonly statusKeepsMetadata?: boolean
  /** Whether a creation may state the status. */
  readonly statusOnCreate?: boolean
  /** What names of this kind have to be. @default a DNS subdomain */
  readonly name?: NameRule
  readonly prepareForCreate?: (object: BuiltInObject) => void
  readonly prepareForUpdate?: (next: BuiltInObject, old: BuiltInObject) => void
  readonly validate?: (next: BuiltInObject) => readonly FieldError[]
  readonly validateUpdate?: (next: BuiltInObject, old: BuiltInObject) => readonly FieldError[]
  readonly validateStatus?: (next: BuiltInObject, old: BuiltInObject) => readonly FieldError[]
  readonly selectableFields?: Kind['selectableFields']
}

const status = FieldSet.of(['f:status'])
const spec = FieldSet.of(['f:spec'])

export function builtInKind(facts: BuiltInKind): Kind {
  const { definition, resource, subresources = [], generationOf } = facts
  const schema = schemaOf(definition)
  const hasStatus = subresources.includes('status')
  const ofStatus = resetByStatus(facts)
  return {
    resource,
    definition,
    schema,
    singularName: resource.kind.toLowerCase(),
    shortNames: facts.shortNames ?? [],
    categories: facts.categories ?? [],
    subresources,
    empty: emptyOf(schema),
    strategicMerge: true,
    unconditionalUpdate: facts.unconditionalUpdate ?? true,
    createOnUpdate: facts.createOnUpdate ?? false,
    selectableFields: facts.selectableFields ?? {},
    decode: (object) => decodeBuiltIn(object, schema),
    applyDefaults: (object) => applyBuiltInDefaults(object, schema),
    resetFields: (subresource) => (!hasStatus ? FieldSet.empty : subresource === 'status' ? ofStatus : status),
    prepareForCreate(object: BuiltInObject) {
      // Of a kind that counts none, a stated one is kept.
      if (generationOf !== undefined) object.metadata.generation = 1
      if (hasStatus && facts.statusOnCreate !== true) object.status = emptyOf(schema.properties?.['status'] ?? {})
      facts.prepareForCreate?.(object)
    },
    prepareForUpdate(next: BuiltInObject, old: BuiltInObject, subresource) {
      if (subresource === 'status') keepAllButStatus(next, old, facts)
      else if (hasStatus) restore(next, old, 'status')
      if (subresource !== 'status') facts.prepareForUpdate?.(next, old)
      restore(next.metadata, old.metadata, 'generation')
      // A write of the status never counts, also where it may change what is counted (a Deployment's annotations).
      if (subresource === 'status' || generationOf === undefined) return
      if (!sameJson(generationOf(next), generationOf(old))) {
        next.metadata.generation = (old.metadata.generation ?? 0) + 1
      }
    },
    validate(next: BuiltInObject, old: BuiltInObject | undefined, subresource) {
      const ofMetadata = validateMetadata(next, old, resource, facts.name ?? 'subdomain')
      const metadata = [...ofMetadata, ...validateFinalizers(next)]
      if (old === undefined) return [...metadata, ...(facts.validate?.(next) ?? [])]
      if (subresource === 'status') return [...metadata, ...(facts.validateStatus?.(next, old) ?? [])]
      return [...metadata, ...(facts.validateUpdate?.(next, old) ?? []), ...(facts.validate?.(next) ?? [])]
    },
  }
}

function resetByStatus({ keptByStatus = [], statusKeepsMetadata }: BuiltInKind): FieldSet {
  if (statusKeepsMetadata === true) return spec.union(FieldSet.of(['f:metadata']))
  return keptByStatus.reduce((set, name) => set.union(FieldSet.of(['f:metadata', `f:${name}`])), spec)
}

function keepAllButStatus(next: BuiltInObject, old: BuiltInObject, facts: BuiltInKind): void {
  restore(next, old, 'spec')
  for (const name of facts.keptByStatus ?? []) restore(next.metadata, old.metadata, name)
  if (facts.statusKeepsMetadata !== true) return
  const { managedFields } = next.metadata
  next.metadata = cloneJson(old.metadata)
  if (managedFields === undefined) delete next.metadata.managedFields
  else next.metadata.managedFields = managedFields
}

function restore<T extends object>(next: T, old: T, name: keyof T): void {
  if (old[name] === undefined) delete next[name]
  else next[name] = cloneJson(old[name])
}
