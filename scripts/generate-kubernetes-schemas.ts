/**
 * Writes what the embedded API server knows of the structure of Kubernetes' own kinds, from a real API server:
 *
 *   node scripts/generate-kubernetes-schemas.ts --kubeconfig <file>
 *   node scripts/generate-kubernetes-schemas.ts --documents <folder of /openapi/v3 documents>
 *
 * Whether an empty field is left out is in no document: it is read from the Go modules that e2e/cluster/local builds.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Definition, WireForm } from '../src/cluster/api-server/kinds/definition.ts'
import { wireFormsOf } from './kubernetes-schemas/go-structs.ts'

type Json = Record<string, unknown>

const root = resolve(import.meta.dirname, '..')
const target = join(root, 'src/cluster/api-server/kinds/schemas/definitions.jsonl')
const goModule = join(root, 'e2e/cluster/local/go/kubernetes')
const prefix = '#/components/schemas/'

/** The kinds that are served, by group version; what they refer to follows. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  'io.k8s.api.core.v1': [
    'Namespace',
    'Node',
    'Pod',
    'Service',
    'Endpoints',
    'ConfigMap',
    'Secret',
    'ServiceAccount',
    'Event',
    'Binding',
  ],
  'io.k8s.api.apps.v1': ['Deployment', 'ReplicaSet'],
  'io.k8s.api.autoscaling.v1': ['Scale'],
  'io.k8s.api.discovery.v1': ['EndpointSlice'],
  'io.k8s.api.coordination.v1': ['Lease'],
  'io.k8s.api.events.v1': ['Event'],
  'io.k8s.api.policy.v1': ['PodDisruptionBudget', 'Eviction'],
  'io.k8s.api.rbac.v1': ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
  'io.k8s.api.networking.v1': ['NetworkPolicy'],
  'io.k8s.api.scheduling.v1': ['PriorityClass'],
  'io.k8s.api.flowcontrol.v1': ['FlowSchema', 'PriorityLevelConfiguration'],
  'io.k8s.api.admissionregistration.v1': ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1': ['CustomResourceDefinition'],
}

const { values } = parseArgs({ options: { kubeconfig: { type: 'string' }, documents: { type: 'string' } } })
const documents = values.documents === undefined ? fetched(values.kubeconfig) : stored(values.documents)
const schemas = Object.assign({}, ...documents.map((document) => schemasOf(document))) as Record<string, Json>
const lines = [...reachable()].sort().map((name) => JSON.stringify(definitionOf(name)))
writeFileSync(target, `${lines.join('\n')}\n`)
console.log(`${lines.length} definitions in ${target}`)

function stored(folder: string): Json[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Json)
}

function fetched(kubeconfig: string | undefined): Json[] {
  const get = (path: string): Json =>
    JSON.parse(
      execFileSync(
        'kubectl',
        [...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]), 'get', '--raw', path],
        {
          encoding: 'utf8',
          maxBuffer: 64 << 20,
        },
      ),
    ) as Json
  const { paths } = get('/openapi/v3') as { paths: Record<string, { serverRelativeURL: string }> }
  return Object.entries(paths)
    .filter(([path]) => /^(api|apis\/[^/]+)\/v\d+$/.test(path))
    .map(([, { serverRelativeURL }]) => get(serverRelativeURL))
}

function schemasOf(document: Json): Record<string, Json> {
  const { components } = document as { components?: { schemas?: Record<string, Json> } }
  return components?.schemas ?? {}
}

function reachable(): Set<string> {
  const found = new Set<string>()
  const visit = (name: string): void => {
    if (found.has(name)) return
    if (schemas[name] === undefined) throw new Error(`${name} is in none of the documents`)
    found.add(name)
    for (const [, reference] of JSON.stringify(schemas[name]).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
      visit(reference ?? '')
    }
  }
  for (const [group, names] of Object.entries(kinds)) for (const name of names) visit(`${group}.${name}`)
  return found
}

function definitionOf(name: string): Definition {
  const { 'x-kubernetes-group-version-kind': _, ...schema } = schemas[name] ?? {}
  const forms: Record<string, WireForm> = wireFormsOf(name, goModule)
  return { name, ...(compact(schema) as Json), ...(Object.keys(forms).length === 0 ? {} : { wire: forms }) }
}

/** Without descriptions; a reference that stands in an `allOf` for the sake of its siblings stands beside them. */
function compact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(compact)
  if (typeof value !== 'object' || value === null) return value
  const { allOf, description, ...rest } = value as Json
  // A field may be called description.
  const kept = typeof description === 'string' ? {} : description === undefined ? {} : { description }
  const [only, ...others] = Array.isArray(allOf) ? (allOf as Json[]) : []
  const reference = others.length === 0 && typeof only?.['$ref'] === 'string' ? only : undefined
  const all = reference !== undefined || allOf === undefined ? (reference ?? {}) : { allOf }
  return Object.fromEntries(
    Object.entries({ ...rest, ...kept, ...all }).map(([key, child]) => [
      key,
      key === '$ref' && typeof child === 'string' ? child.slice(prefix.length) : compact(child),
    ]),
  )
}
