/**
 * `npm run build`: bundles each program into one file under dist/, so that an image needs Node and that file only,
 * and compiles the drain-server package for npm. `npm run build -- operator agent` builds only those.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type BuildOptions } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The programs that run in a container: entry point and the file that the image gets. */
export const programs = {
  operator: { entry: 'src/operator/main.ts', outfile: 'dist/operator/main.mjs' },
  agent: { entry: 'src/lab/agent/main.ts', outfile: 'dist/agent/main.mjs' },
  workload: { entry: 'src/lab/workloads/main.ts', outfile: 'dist/workload/main.mjs' },
} as const
export type ProgramName = keyof typeof programs

/** How every program is bundled. CommonJS dependencies get the `require` they expect. */
export const bundling = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'esm',
  conditions: ['drainkeeper-source'],
  logLevel: 'warning',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
} satisfies BuildOptions

/**
 * Bundles one program and returns the path of the file. It is replaced as a whole: another rehearsal may be starting pods
 * from it.
 */
export async function bundle(name: ProgramName): Promise<string> {
  const { entry, outfile } = programs[name]
  const target = join(root, outfile)
  const { outputFiles } = await build({
    entryPoints: [join(root, entry)],
    outfile: target,
    ...bundling,
    minify: false,
    sourcemap: false,
    legalComments: 'external',
    write: false,
  })
  mkdirSync(dirname(target), { recursive: true })
  for (const { path, contents } of outputFiles) {
    const draft = `${path}.${process.pid}`
    writeFileSync(draft, contents)
    renameSync(draft, path)
  }
  return target
}

/** Compiles the drain-server package to src/drain-server/dist. */
function compileDrainServer(): void {
  const folder = join(root, 'src/drain-server')
  rmSync(join(folder, 'dist'), { recursive: true, force: true })
  const manifest = createRequire(import.meta.url).resolve('typescript/package.json')
  const tsc = join(dirname(manifest), 'bin/tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(folder, 'tsconfig.json')], { stdio: 'inherit' })
  if (status !== 0) throw new Error('drain-server does not compile')
}

async function main(names: string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in programs) && name !== 'drain-server')
  if (unknown.length > 0)
    throw new Error(
      `no such program: ${unknown.join(', ')}; there are ${Object.keys(programs).join(', ')}, drain-server`,
    )
  const wanted = names.length > 0 ? names : [...Object.keys(programs), 'drain-server']
  for (const name of wanted) {
    if (name === 'drain-server') compileDrainServer()
    else {
      const file = await bundle(name as ProgramName)
      console.log(`${name}: ${Math.round(statSync(file).size / 1024)} KiB`)
    }
  }
}

if (import.meta.main) await main(process.argv.slice(2))
