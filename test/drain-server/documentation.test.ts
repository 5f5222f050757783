import { existsSync, globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { renderMetrics } from '../../src/drain-server/admin/metrics.ts'
import { systemClock } from '../../src/drain-server/clock.ts'
import { drainErrors } from '../../src/drain-server/errors.ts'
import { drainChannels, exitCodes } from '../../src/drain-server/index.ts'
import { Traffic } from '../../src/drain-server/traffic/traffic.ts'

const readme = readFileSync(new URL('../../src/drain-server/README.md', import.meta.url), 'utf8')

/** The cells of the tables under a heading, without the first one's head. */
function table(heading: string): string[][] {
  const section = readme.split(new RegExp(`\n##+ ${heading}\n`))[1]?.split('\n#')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|'))
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  return cells.slice(2)
}

test('the README has a row for every error code, with what the code says, and for no other', () => {
  const documented = table('Errors').map(([code = '', meaning = '']) => [code.replaceAll('`', ''), meaning])
  expect(documented.map(([code]) => code)).toEqual(Object.keys(drainErrors))
  for (const [code, meaning] of documented) {
    expect(meaning?.replaceAll('`', '')).toBe(drainErrors[code as keyof typeof drainErrors])
  }
})

test('the README has a row for every exit code, in the order of the one that counts', () => {
  const documented = table('Exit codes').map(([code, name = '']) => [name.replaceAll('`', ''), Number(code)])
  expect(documented).toEqual([...Object.entries(exitCodes), ['', 137]])
})

const options = readFileSync(new URL('../../src/drain-server/options.ts', import.meta.url), 'utf8')

/** The names of an interface's properties. */
function properties(name: string): string[] {
  const body = options.split(`export interface ${name} {`)[1]?.split('\n}')[0] ?? ''
  return [...body.matchAll(/^  (\w+)\??:/gm)].map(([, property = '']) => property)
}

test('the README has a row for every option, and for no other, with the variable that stands in for it', () => {
  const rows = table('Options').map((cells) => cells.slice(0, 2).map((cell) => cell.replaceAll('`', '')))
  const admin = properties('AdminOptions').map((name) => `admin.${name}`)
  expect(properties('DrainOptions').length).toBeGreaterThan(15)
  expect(new Set(rows.map(([name]) => name))).toEqual(new Set([...properties('DrainOptions'), ...admin]))
  for (const [name = '', variable = ''] of rows) {
    const documentation = options
      .split(new RegExp(`^  ${name.replace('admin.', '')}\\?:`, 'm'))[0]
      ?.split('/**')
      .at(-1)
    expect([name, variable]).toEqual([name, /@default (DRAIN_\w+)/.exec(documentation ?? '')?.[1] ?? ''])
  }
})

test('the README has a row for every metric, with its labels, and for no other', () => {
  const hooks = [{ name: 'pool', phase: 'drain', durationMs: 1, outcome: 'ok' }] as const
  const text = renderMetrics(new Traffic(systemClock), 'serving', hooks)
  const metrics = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => {
    const sample = new RegExp(`^${name}\\{(.*)\\} `, 'm').exec(text)?.[1] ?? ''
    const labels = [...sample.matchAll(/(\w+)="/g)].map(([, label]) => label)
    return type === 'histogram' || labels.length === 0 ? name : `${name}{${labels.join(',')}}`
  })
  const documented = table('What it tells').map(([name = '']) => name.replaceAll('`', ''))
  expect(metrics.length).toBeGreaterThan(6)
  expect(documented.filter((name) => name.startsWith('drain_server_'))).toEqual(metrics)
})

test('the README names every channel', () => {
  expect(Object.values(drainChannels).filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
})

/** Written from the artifacts of long runs (`npm run docs:figures`): not there before the first one. */
const generatedFromArtifacts = new Set(['docs/drain-server/benchmarks.md', 'docs/drain-server/proof.md'])

test('no relative link of the pages leads nowhere', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const pages = ['src/drain-server/README.md', ...globSync('docs/drain-server/**/*.md', { cwd: root })]
  const dead = pages.flatMap((page) => {
    const links = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!\w+:)([^)]+)\)/g)]
    return links.map(([, link = '']) => link).filter((link) => leadsNowhere(root, page, link))
  })
  expect(pages.length).toBeGreaterThan(15)
  expect(dead).toEqual([])
})

function leadsNowhere(root: string, page: string, link: string): boolean {
  const [path = '', heading] = link.split('#')
  const target = path === '' ? join(root, page) : join(root, dirname(page), path)
  if (generatedFromArtifacts.has(relative(root, target))) return false
  if (!existsSync(target)) return true
  if (heading === undefined) return false
  const headings = [...readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )
  return !headings.includes(heading)
}

test('every environment variable that is read is in the README or in the documentation of an option', () => {
  const sources = ['options.ts', 'process/contract.ts'].map((file) =>
    readFileSync(new URL(`../../src/drain-server/${file}`, import.meta.url), 'utf8'),
  )
  const read = new Set(
    sources.flatMap((source) => source.match(/'DRAIN_[A-Z_]+'/g) ?? []).map((name) => name.slice(1, -1)),
  )
  const told = new Set(`${readme}${sources[0]?.split('export interface Settings')[0]}`.match(/DRAIN_[A-Z_]+/g))
  expect(read.size).toBeGreaterThan(8)
  expect([...read].filter((name) => !told.has(name))).toEqual([])
})
