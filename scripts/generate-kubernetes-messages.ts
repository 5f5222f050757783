/**
 * Writes how Kubernetes' own kinds look in protobuf, as far as clients send them so: the number, name and type of each
 * field, read from the `generated.proto` of the Go modules that e2e/cluster/local builds.
 *
 *   node scripts/generate-kubernetes-messages.ts
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Message } from '../src/cluster/api-server/protobuf/message.ts'

const root = resolve(import.meta.dirname, '..')
const target = join(root, 'src/cluster/api-server/protobuf/messages.jsonl')
const goModule = join(root, 'e2e/cluster/local/go/kubernetes')

const files: readonly (readonly [module: string, path: string])[] = [
  ['k8s.io/apimachinery', 'pkg/apis/meta/v1'],
  ...[
    'admissionregistration/v1',
    'apps/v1',
    'autoscaling/v1',
    'coordination/v1',
    'core/v1',
    'discovery/v1',
    'events/v1',
    'flowcontrol/v1',
    'networking/v1',
    'policy/v1',
    'rbac/v1',
    'scheduling/v1',
  ].map((path) => ['k8s.io/api', path] as const),
]

/** What clients send whole; what these refer to follows. */
const kinds: Readonly<Record<string, readonly string[]>> = {
  'k8s.io.apimachinery.pkg.apis.meta.v1': ['DeleteOptions'],
  'k8s.io.api.core.v1': [
    'Binding',
    'ConfigMap',
    'Endpoints',
    'Event',
    'Namespace',
    'Node',
    'Pod',
    'Secret',
    'Service',
    'ServiceAccount',
  ],
  'k8s.io.api.apps.v1': ['Deployment', 'ReplicaSet'],
  'k8s.io.api.autoscaling.v1': ['Scale'],
  'k8s.io.api.coordination.v1': ['Lease'],
  'k8s.io.api.discovery.v1': ['EndpointSlice'],
  'k8s.io.api.events.v1': ['Event'],
  'k8s.io.api.policy.v1': ['Eviction', 'PodDisruptionBudget'],
  'k8s.io.api.rbac.v1': ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
  'k8s.io.api.networking.v1': ['NetworkPolicy'],
  'k8s.io.api.scheduling.v1': ['PriorityClass'],
  'k8s.io.api.flowcontrol.v1': ['FlowSchema', 'PriorityLevelConfiguration'],
  'k8s.io.api.admissionregistration.v1': ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
}

/** Have a JSON form of their own: `protobuf/decode.ts` knows them. */
const special =
  /^k8s\.io\.apimachinery\.pkg\.(?:apis\.meta\.v1\.(?:Time|MicroTime|FieldsV1|Duration)|api\.resource\.Quantity|util\.intstr\.IntOrString|runtime\.RawExtension)$/

/** The properties of definitions, which tell what is in place of its parent in JSON. */
const properties = new Map(
  readFileSync(join(root, 'src/cluster/api-server/kinds/schemas/definitions.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; properties?: object })
    .map(({ name, properties = {} }) => [name.replace(/^io\.k8s\./, 'k8s.io.'), new Set(Object.keys(properties))]),
)

function moduleFolder(module: string): string {
  return execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: goModule, encoding: 'utf8' }).trim()
}

function messagesOf(text: string, prefix: string): [string, Message][] {
  return [...text.matchAll(/^message (\w+) \{\n(.*?)^\}/gms)].map(([, name = '', body = '']) => {
    const known = properties.get(`${prefix}.${name}`)
    const fields: Message['fields'] = {}
    const field = /^ {2}(optional|repeated)? ?(map<\w+, ([\w.]+)>|[\w.]+) (\w+) = (\d+);/gm
    for (const [, label, type = '', mapped, fieldName = '', number = ''] of body.matchAll(field)) {
      const full = qualified(mapped ?? type, prefix)
      // RuleWithOperations is only ever part of another one, and no definition.
      const isPart = name === 'RuleWithOperations' && fieldName === 'rule'
      const isInline = isPart || (full.includes('.') && known !== undefined && !known.has(fieldName))
      const form = mapped !== undefined ? 'map' : label === 'repeated' ? 'list' : isInline ? 'inline' : undefined
      fields[number] = form === undefined ? [fieldName, full] : [fieldName, full, form]
    }
    return [`${prefix}.${name}`, { name: `${prefix}.${name}`, fields }]
  })
}

function qualified(type: string, prefix: string): string {
  if (/^(?:string|bytes|bool|double|u?int(?:32|64))$/.test(type)) return type
  return type.startsWith('.') ? type.slice(1) : `${prefix}.${type}`
}

const all = new Map<string, Message>()
for (const [module, path] of files) {
  const text = readFileSync(join(moduleFolder(module), path, 'generated.proto'), 'utf8')
  const prefix = /^package ([\w.]+);/m.exec(text)?.[1] ?? ''
  for (const [name, message] of messagesOf(text.replaceAll(/^\s*\/\/.*\n/gm, ''), prefix)) all.set(name, message)
}

const wanted = new Map<string, Message>()
function want(name: string): void {
  if (wanted.has(name) || special.test(name) || !name.includes('.')) return
  const message = all.get(name)
  if (message === undefined) throw new Error(`there is no message ${name}`)
  wanted.set(name, message)
  for (const [, type] of Object.values(message.fields)) want(type)
}
for (const [prefix, names] of Object.entries(kinds)) for (const name of names) want(`${prefix}.${name}`)

const lines = [...wanted.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
writeFileSync(target, `${lines.map((message) => JSON.stringify(message)).join('\n')}\n`)
console.log(`${lines.length} messages`)
