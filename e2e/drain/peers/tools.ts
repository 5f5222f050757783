import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachedFolder, cacheKey, cacheRoot } from '../../cluster/cache.ts'
import { runCommand } from '../../cluster/command.ts'

const here = import.meta.dirname

export interface Context {
  signal: AbortSignal
  progress: (line: string) => void
}

/** The Go clients, built once into the cache: ghz, and the client of go/client. Returns their folder. */
export async function goClients({ signal, progress }: Context): Promise<string> {
  const source = join(here, 'go')
  const key = cacheKey([process.arch, ...(await contents(source)), ...(await contents(join(source, 'client')))])
  return cachedFolder(join(cacheRoot(), 'bin', `peers-${key}`), async (draft) => {
    progress('building the Go clients')
    const packages = ['./client', 'github.com/bojand/ghz/cmd/ghz']
    await runCommand(['go', 'build', '-p', '2', '-trimpath', '-buildvcs=false', '-o', `${draft}/`, ...packages], {
      cwd: source,
      env: { CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-mod=readonly' },
      signal,
    })
  })
}

/** The programs of a Python environment with requirements.txt, made once in the cache. Returns its folder. */
export async function pythonPrograms({ signal, progress }: Context): Promise<string> {
  const requirements = join(here, 'python', 'requirements.txt')
  const version = (await runCommand(['python3', '--version'], { signal })).trim()
  const key = cacheKey([version, await readFile(requirements, 'utf8')])
  const folder = join(cacheRoot(), `python-${key}`)
  // Its programs hold their own path, so it is made in place and marked when it is complete.
  const complete = await cachedFolder(`${folder}.complete`, async () => {
    progress('installing the Python peers')
    await runCommand(['python3', '-m', 'venv', '--clear', folder], { signal })
    await runCommand([join(folder, 'bin', 'pip'), 'install', '--quiet', '--requirement', requirements], { signal })
  })
  return join(complete.slice(0, -'.complete'.length), 'bin')
}

/** nginx from the PATH; installed by apt where this process may and there is none. Returns its version. */
export async function nginx({ signal, progress }: Context): Promise<string> {
  const version = (): Promise<string> => runCommand(['sh', '-c', 'nginx -v 2>&1'], { signal })
  try {
    return (await version()).trim()
  } catch (error) {
    if (process.getuid?.() !== 0)
      throw new Error('nginx is not installed, and only root may install it', { cause: error })
  }
  progress('installing nginx')
  const apt = ['apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=60']
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await runCommand([...apt, 'update'], { signal, env })
  await runCommand([...apt, 'install', '--yes', '--no-install-recommends', 'nginx-light'], { signal, env })
  return (await version()).trim()
}

/** The versions that go.mod and requirements.txt state. */
export async function statedVersions(): Promise<Record<string, string>> {
  const goMod = await readFile(join(here, 'go', 'go.mod'), 'utf8')
  const requirements = await readFile(join(here, 'python', 'requirements.txt'), 'utf8')
  return Object.fromEntries([
    ...[...goMod.matchAll(/(github\.com\/bojand\/ghz|google\.golang\.org\/grpc) (v\S+)/g)].map((found) =>
      found.slice(1),
    ),
    ...[...requirements.matchAll(/^(\S+)==(\S+)$/gm)].map((found) => found.slice(1)),
  ]) as Record<string, string>
}

/** Names and contents of a folder's files. */
async function contents(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile())
  const names = entries.map(({ name }) => name).sort()
  return (await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]))).flat()
}
