import type { KubeObject, ObjectMeta, OwnerReference, Resource } from '../../../../kube/index.ts'
import { type FieldError, forbidden, invalid, required, tooLong } from '../../schema/field-error.ts'
import { sameJson } from '../../schema/json.ts'
import { labelName, labelValue, pathName, qualifiedName, subdomainName } from './names.ts'

export type NameRule = 'subdomain' | 'label' | 'path'

const rules: Readonly<Record<NameRule, (name: string) => string[]>> = {
  subdomain: subdomainName,
  label: labelName,
  path: pathName,
}
const annotationBytes = 256 * 1024

/** Names, labels and annotations, and what of the identity may not change. */
export function validateMetadata(
  { metadata }: KubeObject,
  old: KubeObject | undefined,
  resource: Resource,
  rule: NameRule,
): FieldError[] {
  const errors = [
    ...(old === undefined ? ofIdentity(metadata, resource, rules[rule]) : ofChange(metadata, old.metadata)),
    ...validateLabels(metadata.labels, 'metadata.labels'),
    ...validateAnnotations(metadata.annotations, 'metadata.annotations'),
    ...ofOwners(metadata.ownerReferences ?? []),
    ...(metadata.finalizers ?? []).flatMap((name) =>
      qualifiedName(name).map((problem) => invalid('metadata.finalizers', name, problem)),
    ),
  ]
  // Of an update, the API server looks twice, and tells each mistake twice.
  return old === undefined ? errors : [...errors, ...errors]
}

export function validateLabels(labels: Readonly<Record<string, string>> | undefined, field: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...qualifiedName(key).map((problem) => invalid(field, key, problem)),
    ...labelValue(value).map((problem) => invalid(field, value, problem)),
  ])
}

export function validateAnnotations(
  annotations: Readonly<Record<string, string>> | undefined,
  field: string,
): FieldError[] {
  const entries = Object.entries(annotations ?? {})
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0)
  return [
    ...entries.flatMap(([key]) => qualifiedName(key.toLowerCase()).map((problem) => invalid(field, key, problem))),
    ...(bytes > annotationBytes ? [tooLong(field, annotationBytes)] : []),
  ]
}

export function immutable(next: unknown, old: unknown, field: string): FieldError[] {
  return sameJson(next ?? null, old ?? null) ? [] : [invalid(field, next, 'field is immutable')]
}

function ofIdentity(metadata: ObjectMeta, resource: Resource, problems: (name: string) => string[]): FieldError[] {
  const { name, namespace, generateName: prefix = '' } = metadata as ObjectMeta & { generateName?: string }
  // A prefix may end in a hyphen: something follows.
  const ofPrefix = prefix === '' ? [] : problems(prefix.replace(/-$/, 'a'))
  const ofName = [
    ...ofPrefix.map((problem) => invalid('metadata.generateName', prefix, problem)),
    ...(name === undefined || name === ''
      ? [required('metadata.name', 'name or generateName is required')]
      : problems(name).map((problem) => invalid('metadata.name', name, problem))),
  ]
  if (resource.namespaced) {
    return [...ofName, ...(namespace === undefined ? [required('metadata.namespace')] : [])]
  }
  return [...ofName, ...(namespace === undefined ? [] : [forbidden('metadata.namespace', 'not allowed on this type')])]
}

function ofChange(metadata: ObjectMeta, old: ObjectMeta): FieldError[] {
  const fixed = [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const
  const added = (metadata.finalizers ?? []).filter((name) => old.finalizers?.includes(name) !== true).sort()
  const tooLate = old.deletionTimestamp !== undefined && added.length > 0
  const list = `[]string{${added.map((name) => JSON.stringify(name)).join(', ')}}`
  return [
    ...(tooLate
      ? [
          forbidden(
            'metadata.finalizers',
            `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`,
          ),
        ]
      : []),
    ...fixed.flatMap((name) => immutable(metadata[name], old[name], `metadata.${name}`)),
  ]
}

function ofOwners(owners: readonly OwnerReference[]): FieldError[] {
  const field = 'metadata.ownerReferences'
  const controllers = owners.filter(({ controller }) => controller === true).map(({ kind, name }) => `${kind}/${name}`)
  const [first] = controllers
  return [
    ...owners.flatMap((owner) => [
      ...(owner.apiVersion === '' ? [invalid(`${field}.apiVersion`, '', 'version must not be empty')] : []),
      ...(['kind', 'name', 'uid'] as const)
        .filter((name) => owner[name] === '')
        .map((name) => invalid(`${field}.${name}`, '', 'must not be empty')),
      ...(owner.kind === 'Event' && ['v1', 'events.k8s.io/v1'].includes(owner.apiVersion)
        ? [invalid(field, owner, `${ownerKind(owner)} is disallowed from being an owner`)]
        : []),
    ]),
    ...controllers
      .slice(1)
      .map((other) =>
        invalid(
          field,
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${other}`,
        ),
      ),
  ]
}

/** A kind as Go prints it: `/v1, Kind=Event`. */
function ownerKind({ apiVersion, kind }: OwnerReference): string {
  return `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

/** Built-in kinds want a finalizer to say whose it is; those of custom resources are only warned about. */
export function validateFinalizers({ metadata }: KubeObject): FieldError[] {
  const problem = 'name is neither a standard finalizer name nor is it fully qualified'
  return (metadata.finalizers ?? []).flatMap((name, index) =>
    name.includes('/') || standardFinalizers.includes(name)
      ? []
      : [invalid(`metadata.finalizers[${index}]`, name, problem)],
  )
}
