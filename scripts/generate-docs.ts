/**
 * `npm run docs`: writes the reference pages from the code. CI regenerates them and fails on a difference.
 * `npm run docs:figures` also writes the tables of figures, from the artifacts of the last real runs.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { customResourceDefinition } from '../src/api/crd.ts'
import { conditionTypes, eventReasons, reasons } from '../src/api/index.ts'
import { writeEmbeddedClusterPage } from './embedded-cluster-page.ts'
import { writeFrameworkPages } from './framework-pages.ts'
import { e2eFigures, type E2eArtifact } from './figures.ts'
import { labFigures, type LabArtifact } from './lab-figures.ts'
import { pacingFigures, type PacingArtifact } from './pacing-figures.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Schema {
  type?: string
  description?: string
  default?: unknown
  enum?: string[]
  properties?: Record<string, Schema>
  items?: Schema
  'x-kubernetes-validations'?: { message: string }[]
}

const row = (...cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
const generated = (from: string): string => `<!-- Generated from ${from} by \`npm run docs\`: edit it there. -->\n`

/** One row for each field, depth first. */
function fields(schema: Schema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const here = path === '' ? name : `${path}.${name}`
    const inner = child.items?.properties === undefined ? child : child.items
    const shown = child.items === undefined ? here : `${here}[]`
    const leaf = child.properties === undefined
    const fallback = leaf && child.default !== undefined ? `\`${JSON.stringify(child.default)}\`` : ''
    const type = child.enum?.join(', ') ?? child.items?.type ?? child.type ?? ''
    return [row(`\`${shown}\``, type, fallback, child.description ?? ''), ...fields(inner, shown)]
  })
}

/** What the API server refuses, and what it answers. */
function rules(schema: Schema, path: string): string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => row(`\`${path}\``, message))
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => rules(child, `${path}.${name}`))
  return [...own, ...inner, ...(schema.items === undefined ? [] : rules(schema.items, `${path}[]`))]
}

function drainPolicyPage(): string {
  const { versions } = customResourceDefinition()['spec'] as {
    versions: { schema: { openAPIV3Schema: { properties: Record<string, Schema> } } }[]
  }
  const properties = versions[0]?.schema.openAPIV3Schema.properties ?? {}
  const spec = properties['spec'] ?? {}
  const head = [row('field', 'type', 'default', 'meaning'), row('---', '---', '---', '---')]
  return [
    generated('src/api'),
    '# DrainPolicy\n',
    'API version `drainkeeper.dev/v1alpha1`, namespaced, short name `drain`. Only a target is required.\n',
    '## spec\n',
    ...head,
    ...fields(spec, ''),
    '\n## What the API server refuses\n',
    'Besides types, enums and unknown fields (kubectl validates strictly by default):\n',
    row('where', 'answer'),
    row('---', '---'),
    ...rules(spec, 'spec'),
    '\n## status\n',
    ...head,
    ...fields(properties['status'] ?? {}, ''),
    '',
  ].join('\n')
}

function conditionsPage(): string {
  return [
    generated('src/api/conditions.ts'),
    '# Conditions and events\n',
    '## Conditions\n',
    row('type', 'True means'),
    row('---', '---'),
    ...Object.entries(conditionTypes).map(([type, meaning]) => row(`\`${type}\``, meaning)),
    '\n## Reasons\n',
    row('reason', 'meaning', 'what to do'),
    row('---', '---', '---'),
    ...Object.entries(reasons).map(([reason, { means, cure }]) => row(`\`${reason}\``, means, cure)),
    '\n## Events\n',
    'On a transition, never on a reconcile.\n',
    row('reason', 'meaning'),
    row('---', '---'),
    ...Object.entries(eventReasons).map(([reason, meaning]) => row(`\`${reason}\``, meaning)),
    '',
  ].join('\n')
}

/** Replaces what stands between the two marks of a block. */
function withBlock(text: string, block: string, content: string): string {
  const [begin, end] = [`<!-- ${block}: begin -->`, `<!-- ${block}: end -->`]
  const from = text.indexOf(begin)
  const to = text.indexOf(end)
  if (from < 0 || to < from) throw new Error(`no block ${block} to write to`)
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`
}

mkdirSync(`${root}docs/reference`, { recursive: true })
writeFileSync(`${root}docs/reference/drainpolicy.md`, drainPolicyPage())
writeFileSync(`${root}docs/reference/conditions.md`, conditionsPage())
writeFrameworkPages(root)
writeEmbeddedClusterPage(root)

/** What the last run of a command wrote down. @throws Error that says which command that is */
function artifactOf(name: string): unknown {
  const path = `${root}artifacts/${name}.json`
  if (!existsSync(path)) throw new Error(`no artifacts/${name}.json: run \`npm run ${name.replace('-', ':')}\` first`)
  return JSON.parse(readFileSync(path, 'utf8'))
}

if (process.argv.includes('--figures')) {
  const readme = `${root}README.md`
  const withE2e = withBlock(readFileSync(readme, 'utf8'), 'figures', e2eFigures(artifactOf('e2e') as E2eArtifact))
  writeFileSync(readme, withBlock(withE2e, 'lab', labFigures(artifactOf('lab') as LabArtifact)))
  const pacing = `${root}docs/pacing.md`
  const pacingPage = readFileSync(pacing, 'utf8')
  const again = existsSync(`${root}artifacts/e2e-pacing-part.json`) ? artifactOf('e2e-pacing-part') : undefined
  const figures = pacingFigures(artifactOf('e2e-pacing') as PacingArtifact, again as PacingArtifact | undefined)
  writeFileSync(pacing, withBlock(pacingPage, 'figures', figures))
}
