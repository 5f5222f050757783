import type { PodTemplate } from '../shared/objects.ts'

/** The label that tells the pods of one ReplicaSet of a Deployment from those of another. */
export const templateHashLabel = 'pod-template-hash'

/** Objects of a cache never change: what a template comes to is worked out once. */
const canonicals = new WeakMap<PodTemplate, string>()

/** Whether two templates make the same pods, apart from the hash label. */
export function isSameTemplate(one: PodTemplate, other: PodTemplate): boolean {
  return one === other || canonical(one) === canonical(other)
}

/**
 * A short name for a template, made of characters that spell no word. The same for the same template; `collisionCount`
 * gives another one when the name is taken by a different template.
 */
export function templateHash(template: PodTemplate, collisionCount?: number): string {
  const text = canonical(template) + (collisionCount === undefined ? '' : ` ${collisionCount}`)
  return Array.from(String(fnv1a(text)), (digit) => safe[digit.charCodeAt(0) % safe.length]).join('')
}

/** A ReplicaSet's name, cut so that it can be one. */
export function replicaSetName(deployment: string, hash: string): string {
  return `${deployment.slice(0, longestName - 1 - hash.length)}-${hash}`
}

const longestName = 253
/** No vowels, and nothing that looks like one (apimachinery's rand.SafeEncodeString). */
const safe = 'bcdfghjklmnpqrstvwxz2456789'

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

function canonical(template: PodTemplate): string {
  const known = canonicals.get(template)
  if (known !== undefined) return known
  const { [templateHashLabel]: _, ...labels } = template.metadata?.labels ?? {}
  const text = JSON.stringify(sorted({ ...template, metadata: { ...template.metadata, labels } }))
  canonicals.set(template, text)
  return text
}

/** The value with its keys in order, without what JSON tells from an absent field and Kubernetes does not. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .filter(([key, inner]) => !isAbsent(key, inner))
    .map(([key, inner]): [string, unknown] => [key, sorted(inner)])
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
}

function isAbsent(key: string, value: unknown): boolean {
  if (value === null || value === undefined) return true
  if (Array.isArray(value)) return value.length === 0
  const isMap = key === 'labels' || key === 'annotations' || key === 'nodeSelector' || key === 'metadata'
  return isMap && Object.keys(value).every((name) => isAbsent(name, (value as Record<string, unknown>)[name]))
}
