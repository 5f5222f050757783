import type { KubeObject, ManagedFieldsEntry } from '../../src/kube/index.ts'

type Fields = Record<string, unknown>

interface Container extends Fields {
  name: string
}

interface PodSpec extends Fields {
  terminationGracePeriodSeconds?: number
  containers?: Container[]
}

const manager = 'drainkeeper'

/** A Status object instead of the changed Deployment. */
export interface Refusal {
  refusal: { kind: 'Status'; code: number; reason: string; message: string; details?: object }
}

/**
 * A server-side apply by drainkeeper on a pod template: what it owned and does not send goes, what it sends is set, and
 * managedFields tell both. It knows the fields that drainkeeper applies, and no others.
 */
export function applyDeployment(present: KubeObject, sent: KubeObject, force: boolean): KubeObject | Refusal {
  const next = structuredClone(present)
  const podSpec = podSpecOf(next)
  const wanted = podSpecOf(sent)
  const entries = next.metadata.managedFields ?? []
  const others = entries.filter((entry) => entry.manager !== manager)
  const held = ownedOf(entries.find((entry) => entry.manager === manager))

  const grace = wanted.terminationGracePeriodSeconds
  const rivals = others.filter((entry) => 'f:terminationGracePeriodSeconds' in ownedOf(entry))
  if (grace !== undefined && grace !== podSpec.terminationGracePeriodSeconds && rivals.length > 0) {
    if (!force) return conflict(rivals)
    for (const entry of rivals) delete ownedOf(entry)['f:terminationGracePeriodSeconds']
  }
  const given = 'f:terminationGracePeriodSeconds' in held && rivals.length === 0 && grace === undefined
  if (given) podSpec.terminationGracePeriodSeconds = 30
  if (grace !== undefined) podSpec.terminationGracePeriodSeconds = grace

  for (const container of podSpec.containers ?? []) {
    const ours = (containersOf(held)[`k:{"name":"${container.name}"}`] ?? {}) as Fields
    if ('f:lifecycle' in ours) delete container['lifecycle']
    if ('f:readinessProbe' in ours) delete container['readinessProbe']
  }
  for (const { name, ...fields } of wanted.containers ?? []) {
    const container = podSpec.containers?.find((each) => each.name === name)
    if (container === undefined) return invalid(`containers[${name}].image: Required value`)
    Object.assign(container, fields)
    const sleep = (fields['lifecycle'] as { preStop?: { sleep?: { seconds: number } } } | undefined)?.preStop?.sleep
    if ((sleep?.seconds ?? 0) >= (podSpec.terminationGracePeriodSeconds ?? 30)) {
      return invalid('sleep.seconds: must be non-negative and less than terminationGracePeriodSeconds')
    }
  }
  const owned = Object.keys(wanted).length === 0 ? [] : [entryOf(wanted)]
  next.metadata.managedFields = [...others, ...owned]
  return next
}

/** All of a DrainPolicy's status is drainkeeper's: what is not sent goes. */
export function applyStatus(present: KubeObject, sent: KubeObject): KubeObject {
  return { ...present, status: (sent as { status?: unknown }).status } as KubeObject
}

/** Takes our fields and our ownership away, as a `kubectl replace` of the file does. */
export function withoutUs(deployment: KubeObject): KubeObject {
  const released = applyDeployment(deployment, { metadata: deployment.metadata }, false)
  if ('refusal' in released) throw new Error(released.refusal.message)
  return released
}

function entryOf({ terminationGracePeriodSeconds: grace, containers = [] }: PodSpec): ManagedFieldsEntry {
  const items = containers.map(({ name, ...fields }) => [
    `k:{"name":"${name}"}`,
    { '.': {}, 'f:name': {}, ...leaves(fields) },
  ])
  const podSpec = {
    ...(grace === undefined ? {} : { 'f:terminationGracePeriodSeconds': {} }),
    ...(items.length === 0 ? {} : { 'f:containers': Object.fromEntries(items) as Fields }),
  }
  const fieldsV1 = { 'f:spec': { 'f:template': { 'f:spec': podSpec } } }
  return { manager, operation: 'Apply', apiVersion: 'apps/v1', fieldsV1 }
}

function leaves(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      `f:${key}`,
      typeof value === 'object' && value !== null ? leaves(value as Fields) : {},
    ]),
  )
}

export function podSpecOf(object: KubeObject): PodSpec {
  const { spec } = object as { spec?: { template?: { spec?: PodSpec } } }
  return spec?.template?.spec ?? {}
}

function ownedOf(entry: ManagedFieldsEntry | undefined): Fields {
  const spec = (entry?.fieldsV1 as { 'f:spec'?: { 'f:template'?: { 'f:spec'?: Fields } } } | undefined)?.['f:spec']
  return spec?.['f:template']?.['f:spec'] ?? {}
}

function containersOf(owned: Fields): Fields {
  return (owned['f:containers'] ?? {}) as Fields
}

function conflict(rivals: readonly ManagedFieldsEntry[]): Refusal {
  const names = rivals.map((entry) => `conflict with "${entry.manager}"`).join(', ')
  const causes = rivals.map(() => ({ reason: 'FieldManagerConflict' }))
  return { refusal: { kind: 'Status', code: 409, reason: 'Conflict', message: names, details: { causes } } }
}

function invalid(message: string): Refusal {
  return { refusal: { kind: 'Status', code: 422, reason: 'Invalid', message } }
}
