import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const suite = fileURLToPath(new URL('.', import.meta.url))

/** Where the targets are started from, and with what in front of the program's name. */
export interface Installation {
  folder: string
  nodeArguments: readonly string[]
  remove(): void
}

/** The library of this repository. */
export const ownLibrary = join(root, 'src/drain-server')

/** The targets where they are, on the library's sources. */
export function sources(): Installation {
  return { folder: suite, nodeArguments: ['--conditions=drainkeeper-source'], remove: () => undefined }
}

/**
 * The targets in a folder of their own, which has the library as npm would install it: built, and no more than its
 * manifest's `files`. The frameworks are those of this repository.
 * @param library the folder of the library's sources
 */
export async function installPackage(library: string, signal: AbortSignal): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const installed = join(folder, 'node_modules/drain-server')
    mkdirSync(installed, { recursive: true })
    for (const name of readdirSync(join(root, 'node_modules'))) {
      if (name !== 'drain-server') symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
    }
    for (const name of ['targets', 'application']) {
      cpSync(join(suite, name), join(folder, name), { recursive: true })
    }
    cpSync(join(library, 'package.json'), join(installed, 'package.json'))
    const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
    const compile = [compiler, '-p', join(library, 'tsconfig.json'), '--outDir', join(installed, 'dist')]
    await promisify(execFile)(process.execPath, compile, { signal }).catch((error: Error & { stdout?: string }) => {
      throw new Error(`drain-server does not compile:\n${error.stdout ?? error.message}`)
    })
    return { folder, nodeArguments: [], remove }
  } catch (error) {
    remove()
    throw error
  }
}
