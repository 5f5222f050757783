import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type AreaName, areas } from './case.ts'
import type { Observation } from './run.ts'
import type { Step } from './scene.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = fileURLToPath(new URL('golden/', import.meta.url))

/** What a real cluster answered to the cases of one area. */
interface GoldenFile {
  readonly kubernetes: string
  readonly cases: Readonly<Record<string, readonly Step[]>>
}

function pathOf(area: AreaName): string {
  return `${folder}${area}.json`
}

function read(area: AreaName): GoldenFile | undefined {
  const path = pathOf(area)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as GoldenFile) : undefined
}

/** The recorded answers of a real cluster. */
export class Golden {
  readonly #files = new Map<AreaName, GoldenFile | undefined>()

  of(area: AreaName, name: string): readonly Step[] | undefined {
    return this.#file(area)?.cases[name]
  }

  /** The versions of the clusters that were recorded. */
  get versions(): readonly string[] {
    const found = Object.keys(areas).map((area) => this.#file(area as AreaName)?.kubernetes)
    return [...new Set(found.filter((version) => version !== undefined))]
  }

  #file(area: AreaName): GoldenFile | undefined {
    if (!this.#files.has(area)) this.#files.set(area, read(area))
    return this.#files.get(area)
  }
}

/** Replaces what is recorded for these cases, keeps the others that still exist, and writes the files as formatted. */
export function writeGolden(
  observations: readonly Observation[],
  kubernetes: string,
  existing: (area: AreaName) => readonly string[],
): void {
  mkdirSync(folder, { recursive: true })
  const concerned = new Set(observations.map(({ area }) => area))
  for (const area of concerned) {
    const before = read(area)?.cases ?? {}
    const now = Object.fromEntries(
      observations
        .filter((one) => one.area === area && one.error === undefined)
        .map(({ name, steps }) => [name, steps]),
    )
    const cases: Record<string, readonly Step[]> = {}
    for (const name of existing(area)) {
      const steps = now[name] ?? before[name]
      if (steps !== undefined) cases[name] = steps
    }
    writeFileSync(pathOf(area), `${JSON.stringify({ kubernetes, cases } satisfies GoldenFile, null, 2)}\n`)
  }
  const biome = fileURLToPath(import.meta.resolve('@biomejs/biome/bin/biome'))
  execFileSync(process.execPath, [biome, 'format', '--write', folder], { cwd: root, stdio: 'ignore' })
}
