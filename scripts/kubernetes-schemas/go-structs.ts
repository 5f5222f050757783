/** Reads from Kubernetes' Go types how the fields of a structure are written when they are empty. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WireForm } from '../../src/cluster/api-server/kinds/definition.ts'

interface GoField {
  readonly json: string
  readonly type: string
  readonly options: readonly string[]
}

const modules: Readonly<Record<string, string>> = {
  'io.k8s.api.': 'k8s.io/api',
  'io.k8s.apimachinery.': 'k8s.io/apimachinery',
  'io.k8s.apiextensions-apiserver.': 'k8s.io/apiextensions-apiserver',
}
const scalars = new Set(['string', 'bool', 'int', 'int32', 'int64', 'float64'])
/** Structures that are written as a scalar; the first two of them as null when they are empty. */
const times = new Set(['Time', 'MicroTime'])
const packages = new Map<string, Map<string, string>>()

/** By JSON name, of the fields that are not simply left out when they are empty. */
export function wireFormsOf(definition: string, goModule: string): Record<string, WireForm> {
  const structs = packageOf(definition, goModule)
  const forms = fieldsOf(definition.slice(definition.lastIndexOf('.') + 1), structs)
    .map(({ json, type, options }) => [json, formOf(type, options, structs)] as const)
    .filter((entry): entry is readonly [string, WireForm] => entry[1] !== undefined)
  return Object.fromEntries(forms.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function formOf(type: string, options: readonly string[], structs: ReadonlyMap<string, string>): WireForm | undefined {
  const omitted = options.includes('omitempty')
  if (options.includes('omitzero')) return type.startsWith('*') ? 'pointer' : undefined
  if (type.startsWith('*')) return omitted ? 'pointer' : 'null'
  if (type.startsWith('[]') || type.startsWith('map[')) return omitted ? undefined : 'null'
  const name = type.slice(type.indexOf('.') + 1)
  if (times.has(name)) return 'null'
  if (name === 'IntOrString' || name === 'Quantity') return 'zero'
  if (scalars.has(name) || underlying(name, structs) !== 'struct') {
    if (name === 'FieldsV1' || name === 'RawExtension') return undefined
    return isStructElsewhere(type) ? 'struct' : omitted ? undefined : 'zero'
  }
  return 'struct'
}

/** A struct of another package: all that the API embeds by value. */
function isStructElsewhere(type: string): boolean {
  return /\.(ObjectMeta|ListMeta|LabelSelector|PodTemplateSpec|PodSpec|ObjectReference|EventSource|TypedLocalObjectReference)$/.test(
    type,
  )
}

function underlying(name: string, structs: ReadonlyMap<string, string>): 'struct' | 'other' {
  return structs.has(name) ? 'struct' : 'other'
}

function fieldsOf(name: string, structs: ReadonlyMap<string, string>): GoField[] {
  const body = structs.get(name)
  if (body === undefined) return []
  return body.split('\n').flatMap((line) => {
    const embedded = /^\s*(?:\w+\.)?(\w+)\s+`json:",inline"/.exec(line)
    if (embedded !== null) return fieldsOf(embedded[1] ?? '', structs)
    const field = /^\s*(?:\w+\s+)?([\w.*[\]]+)\s+`(?:.*\s)?json:"([^"]+)"/.exec(line)
    if (field === null) return []
    const [json = '', ...options] = (field[2] ?? '').split(',')
    return json === '-' || json === '' ? [] : [{ json, type: field[1] ?? '', options }]
  })
}

/** The bodies of all structs of the package that a definition is of. */
function packageOf(definition: string, goModule: string): Map<string, string> {
  const group = definition.slice(0, definition.lastIndexOf('.'))
  const known = packages.get(group)
  if (known !== undefined) return known
  const [start, module] = Object.entries(modules).find(([prefix]) => definition.startsWith(prefix)) ?? []
  if (start === undefined || module === undefined) throw new Error(`no Go module has ${definition}`)
  const list = execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', module], { cwd: goModule, encoding: 'utf8' })
  const folder = join(list.trim(), ...group.slice(start.length).split('.'))
  const structs = new Map<string, string>()
  for (const file of readdirSync(folder).filter((name) => /^[a-z_]*\.go$/.test(name) && !/^zz_|_test/.test(name))) {
    const text = readFileSync(join(folder, file), 'utf8')
    for (const [, name = '', body = ''] of text.matchAll(/^type (\w+) struct \{\n(.*?)^\}/gms)) structs.set(name, body)
  }
  packages.set(group, structs)
  return structs
}
