import { createHash } from 'node:crypto'
import { list, record } from '../../contract/untyped.ts'

/** The Deployment controller writes it into the templates of ReplicaSets, and nobody else does. */
const HASH_LABEL = 'pod-template-hash'

/** Who a pod template is, as short hashes: equal templates have equal ones, in whatever order their keys are. */
export interface TemplateIds {
  /** Without what a contract may write into it. */
  readonly templateId: string
  /** Of all of it. The same for a Deployment and for its ReplicaSet. */
  readonly revisionId: string
}

export function templateIds(template: unknown): TemplateIds {
  const whole = withoutHash(sorted(template))
  return { templateId: hashOf(withoutContract(whole)), revisionId: hashOf(whole) }
}

/** A template of a ReplicaSet as its Deployment had it. */
export function withoutHash(template: unknown): Record<string, unknown> {
  const { metadata, ...rest } = record(template)
  const { labels, ...others } = record(metadata)
  const { [HASH_LABEL]: _hash, ...own } = record(labels)
  return { ...rest, metadata: { ...others, labels: own } }
}

function withoutContract(template: Record<string, unknown>): object {
  const { terminationGracePeriodSeconds: _grace, containers, ...spec } = record(template['spec'])
  return { ...template, spec: { ...spec, containers: list(containers).map((each) => containerWithout(record(each))) } }
}

/** Without a hook, no lifecycle and an empty one are the same. */
function containerWithout({ readinessProbe: _probe, lifecycle, ...rest }: Record<string, unknown>): object {
  const { preStop: _preStop, ...others } = record(lifecycle)
  return { ...rest, lifecycle: others }
}

function hashOf(template: object): string {
  return createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 16)
}

/** By key. A key of null is as good as none: API servers have written `creationTimestamp: null`, and have stopped to. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const result: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    if (inner !== null) result[key] = sorted(inner)
  }
  return result
}
