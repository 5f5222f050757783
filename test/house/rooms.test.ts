import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const source = join(root, 'src')

/** What each room may import: other rooms, and packages. `node:` names stand for Node's own modules. */
const house: Record<string, { rooms: string[]; packages: string[] }> = {
  api: { rooms: [], packages: ['zod'] },
  propagation: { rooms: ['drain-server/report/report.ts'], packages: ['zod'] },
  budget: { rooms: ['propagation'], packages: [] },
  contract: { rooms: [], packages: [] },
  pacing: { rooms: [], packages: [] },
  signals: { rooms: ['pacing'], packages: ['node:*', 'undici', 'zod'] },
  kube: { rooms: [], packages: ['node:*', '@kubernetes/client-node', 'undici', 'p-queue'] },
  operator: {
    rooms: ['api', 'propagation', 'budget', 'contract', 'pacing', 'signals', 'kube', 'drain-server'],
    packages: ['node:*', 'pino', 'prom-client', 'commander', 'yaml'],
  },
  'drain-server': { rooms: [], packages: ['node:*'] },
  cluster: { rooms: ['kube'], packages: ['node:*', 'rfc6902', '@marcbachmann/cel-js', 'yaml'] },
  lab: {
    rooms: ['cluster', 'kube', 'api', 'drain-server'],
    packages: ['node:*', 'commander', 'yaml', 'ws', '@grpc/grpc-js', '@grpc/proto-loader', 'grpc-health-check'],
  },
  cli: { rooms: ['lab', 'cluster', 'kube', 'api'], packages: ['node:*', 'commander', 'yaml'] },
}

/** Files that are programs, not part of their room: they may do IO. */
const programs = new Set(['api/generate-crds.ts'])
const examples = /^drain-server\/examples\//

function files(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (name === 'node_modules' || name === 'dist') return []
    if (statSync(path).isDirectory()) return files(path)
    return name.endsWith('.ts') ? [path] : []
  })
}

const imported =
  /^\s*(?:import|export)\b[^'"]*?\bfrom\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

/** Why a file may not import what it imports; undefined when it may. */
export function offence(file: string, specifier: string): string | undefined {
  const room = file.split(sep)[0] ?? ''
  const rules = house[room]
  if (rules === undefined) return `${room} is not a room of the house`
  if (specifier.startsWith('.')) {
    const target = relative(source, resolve(source, dirname(file), specifier))
    if (target.startsWith('..')) return `${target} is outside src`
    const targetRoom = target.split(sep)[0] ?? ''
    if (targetRoom === room) return undefined
    const allowed = rules.rooms.some((name) => name === target || name === targetRoom)
    return allowed ? undefined : `room ${room} may not import ${target}`
  }
  const allowed = rules.packages.some((name) =>
    name === 'node:*' ? specifier.startsWith('node:') : specifier === name || specifier.startsWith(`${name}/`),
  )
  if (allowed || (specifier === 'drain-server' && rules.rooms.includes('drain-server'))) return undefined
  return `room ${room} may not import the package ${specifier}`
}

const all = files(source).map((path) => relative(source, path))
const code = all.filter((file) => !programs.has(file) && !examples.test(file) && !file.endsWith('.test.ts'))

describe('the house', () => {
  test('every file imports only what its room may', () => {
    const offences = code.flatMap((file) =>
      [...readFileSync(join(source, file), 'utf8').matchAll(imported)]
        .map((match) => offence(file, match[1] ?? match[2] ?? match[3] ?? ''))
        .filter((found) => found !== undefined)
        .map((found) => `${file}: ${found}`),
    )
    expect(offences).toEqual([])
  })

  test('the rule itself refuses what it should', () => {
    expect(offence('budget/x.ts', '../kube/index.ts')).toMatch('may not import kube')
    expect(offence('budget/x.ts', 'node:fs')).toMatch('may not import the package')
    expect(offence('drain-server/x.ts', '../api/index.ts')).toMatch('may not import api')
    expect(offence('operator/x.ts', '../lab/index.ts')).toMatch('may not import lab')
    expect(offence('operator/x.ts', '@kubernetes/client-node')).toMatch('may not import the package')
    expect(offence('propagation/x.ts', '../drain-server/report/report.ts')).toBeUndefined()
    expect(offence('propagation/x.ts', '../drain-server/index.ts')).toMatch('may not import')
  })

  test('pure rooms read no clock, no randomness and set no timer', () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bset(Timeout|Interval|Immediate)\(|\bperformance\.|\bprocess\./
    const offences = code
      .filter((file) => /^(api|propagation|budget|contract|pacing)\//.test(file))
      .filter((file) => impure.test(readFileSync(join(source, file), 'utf8')))
    expect(offences).toEqual([])
  })

  test('every room has an index or a main that says what it is for', () => {
    for (const room of new Set(all.map((file) => file.split(sep)[0] ?? ''))) {
      const door =
        all.find((file) => file === join(room, 'index.ts')) ?? all.find((file) => file === join(room, 'main.ts'))
      expect(door, `src/${room} has no index.ts`).toBeDefined()
      expect(readFileSync(join(source, door ?? ''), 'utf8').startsWith('/**'), `${door} has no header`).toBe(true)
    }
  })

  test('no file is called utils, helpers or common, and none is above 400 lines', () => {
    expect(all.filter((file) => /(^|\/)(utils?|helpers?|common)(\.ts|\/)/.test(file))).toEqual([])
    const long = all.filter((file) => readFileSync(join(source, file), 'utf8').split('\n').length > 401)
    expect(long).toEqual([])
  })
})
