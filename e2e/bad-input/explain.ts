import { customResourceDefinition } from '../../src/api/crd.ts'
import type { Check } from '../check.ts'
import type { Kubectl } from '../kubectl.ts'
import { badInputNamespace } from './objects.ts'
import type { ShownRow } from './shown.ts'

interface Schema {
  description?: string
  properties?: Record<string, Schema>
}

const columns = ['NAME', 'TARGET', 'MODE', 'P', 'DELAY', 'GRACE', 'PODS', 'ROLLOUT', 'READY', 'AGE']

/** What a person reads in a terminal: kubectl explain of every field, kubectl get, kubectl describe. */
export async function explainChecks(kubectl: Kubectl, broken: ShownRow): Promise<Check[]> {
  const spec = specSchema()
  const everything = await kubectl.run(['explain', 'drain.spec', '--recursive'])
  const names = new Set(
    [...objectsOf('drain.spec', spec)].flatMap(([, { properties }]) => Object.keys(properties ?? {})),
  )
  const checks = [contains('kubectl explain drain.spec --recursive lists every field', everything, [...names])]
  for (const [path, { description = '', properties = {} }] of objectsOf('drain.spec', spec)) {
    const text = oneLine(await kubectl.run(['explain', path]))
    const descriptions = Object.values(properties).map((field) => field.description ?? 'a description')
    checks.push(contains(`kubectl explain ${path} describes each field`, text, [description, ...descriptions]))
  }
  const listed = await kubectl.run(['-n', badInputNamespace, 'get', 'drain'])
  const header = (listed.split('\n')[0] ?? '').trim().split(/\s+/).join(' ')
  checks.push({ name: 'kubectl get drain prints the columns', passed: header === columns.join(' '), detail: header })
  const wide = await kubectl.run(['-n', badInputNamespace, 'get', 'drain', broken.id, '-o', 'wide'])
  checks.push(contains('kubectl get drain -o wide tells the reason', wide, [broken.reason]))
  const described = oneLine(await kubectl.run(['-n', badInputNamespace, 'describe', 'drain', broken.id]))
  checks.push(contains('kubectl describe drain tells the whole message', described, broken.says))
  return checks
}

function specSchema(): Schema {
  const { versions } = customResourceDefinition()['spec'] as {
    versions: { schema: { openAPIV3Schema: Schema } }[]
  }
  return versions[0]?.schema.openAPIV3Schema.properties?.['spec'] ?? {}
}

/** Every object of a schema with the path that kubectl explain takes. */
function* objectsOf(path: string, schema: Schema): Generator<[string, Schema]> {
  yield [path, schema]
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    if (child.properties !== undefined) yield* objectsOf(`${path}.${name}`, child)
  }
}

/** Kubectl breaks descriptions to the width of a terminal. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

function contains(name: string, text: string, words: readonly string[]): Check {
  const missing = words.filter((each) => !text.includes(oneLine(each)))
  const detail = missing.length === 0 ? `${words.length} found` : `not there: ${missing.join(', ')}`
  return { name, passed: missing.length === 0, detail }
}
