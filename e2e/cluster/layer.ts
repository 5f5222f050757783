import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { cachedFolder, cacheKey, cacheRoot } from './cache.ts'
import { ClusterError } from './cluster-error.ts'
import { tarArchive, type TarEntry } from './tar.ts'

/**
 * One file or folder of an image. `path` is absolute in the image. A folder that is named as `from` comes with all it
 * holds; symbolic links are followed, so that the image holds what they point to.
 */
export type ImageFile =
  /** @default mode 0644, or 0755 where the file may be executed */
  | { readonly path: string; readonly from: string; readonly mode?: number }
  /** @default mode 0644 */
  | { readonly path: string; readonly content: string | Uint8Array; readonly mode?: number }
  /** @default mode 0755 */
  | { readonly path: string; readonly directory: true; readonly mode?: number }

/** A packed layer. Its content is held in memory, or, when it is large, in a file of the cache. */
export interface Layer {
  readonly digest: string
  readonly sizeBytes: number
  /** The bytes, or the path of a file that has them. */
  readonly content: Uint8Array | string
}

/** Layers of more than this are packed into the cache: a runtime is, an application is not. */
const CACHED_FROM_BYTES = 16 << 20

/** @throws ClusterError `InvalidImage` */
export async function packLayer(files: readonly ImageFile[]): Promise<Layer> {
  const { entries, identity } = await collect(files)
  const totalBytes = entries.reduce((total, entry) => total + (entry.kind === 'file' ? entry.sizeBytes : 0), 0)
  if (totalBytes < CACHED_FROM_BYTES) {
    const chunks: Uint8Array[] = []
    for await (const chunk of tarArchive(entries)) chunks.push(chunk)
    const content = Buffer.concat(chunks)
    return { digest: `sha256:${sha256(content)}`, sizeBytes: content.length, content }
  }
  const folder = await cachedFolder(join(cacheRoot(), 'layers', cacheKey(identity)), (draft) =>
    packFile(entries, draft),
  )
  const path = join(folder, 'layer.tar')
  return {
    digest: (await readFile(join(folder, 'digest'), 'utf8')).trim(),
    sizeBytes: (await stat(path)).size,
    content: path,
  }
}

async function packFile(entries: readonly TarEntry[], folder: string): Promise<void> {
  const hash = createHash('sha256')
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  await pipeline(Readable.from(tarArchive(entries)), hashing, createWriteStream(join(folder, 'layer.tar')))
  await writeFile(join(folder, 'digest'), `sha256:${hash.digest('hex')}`)
}

interface Collected {
  /** Parents come before what they hold, and no path comes twice. */
  readonly entries: readonly TarEntry[]
  /** Tells two collections apart without reading large files: their sizes and times of change stand for them. */
  readonly identity: readonly string[]
}

async function collect(files: readonly ImageFile[]): Promise<Collected> {
  const entries = new Map<string, TarEntry>()
  const identity = new Map<string, string>()

  function addFolder(path: string, mode: number): void {
    if (path === '.' || path === '') return
    addFolder(posix.dirname(path), 0o755)
    const before = entries.get(path)
    if (before !== undefined && before.kind !== 'directory')
      throw new ClusterError('InvalidImage', `/${path} is a file and a folder`)
    if (before !== undefined && mode === 0o755) return
    entries.set(path, { path, mode, kind: 'directory' })
    identity.set(path, `directory ${mode}`)
  }

  function addFile(entry: TarEntry, told: string): void {
    if (entries.has(entry.path)) throw new ClusterError('InvalidImage', `/${entry.path} is there twice`)
    addFolder(posix.dirname(entry.path), 0o755)
    entries.set(entry.path, entry)
    identity.set(entry.path, `${entry.kind} ${entry.mode} ${told}`)
  }

  async function addFrom(path: string, from: string, mode: number | undefined): Promise<void> {
    const found = await stat(from).catch((cause: unknown) => {
      throw new ClusterError('InvalidImage', `/${path} comes from ${from}, which cannot be read`, { cause })
    })
    if (found.isDirectory()) {
      addFolder(path, 0o755)
      for (const child of (await readdir(from)).sort()) await addFrom(`${path}/${child}`, join(from, child), mode)
      return
    }
    if (!found.isFile()) throw new ClusterError('InvalidImage', `/${path} comes from ${from}, which is no file`)
    const bits = mode ?? (found.mode & 0o111 ? 0o755 : 0o644)
    addFile(
      { path, mode: bits, kind: 'file', from, sizeBytes: found.size },
      `${from} ${found.size} ${found.mtimeMs} ${found.ino}`,
    )
  }

  for (const file of files) {
    const path = relative(file.path)
    if ('from' in file) await addFrom(path, file.from, file.mode)
    else if ('directory' in file) addFolder(path, file.mode ?? 0o755)
    else {
      const content = Buffer.from(file.content)
      addFile({ path, mode: file.mode ?? 0o644, kind: 'content', content }, sha256(content))
    }
  }
  return { entries: [...entries.values()], identity: [...identity].map((pair) => pair.join(' ')) }
}

function relative(path: string): string {
  const clean = posix.normalize(path).replace(/\/$/, '')
  if (!clean.startsWith('/') || dirname(clean) === clean || path.includes('\0'))
    throw new ClusterError('InvalidImage', `${JSON.stringify(path)} is not an absolute path of a file`)
  return clean.slice(1)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
