import { createReadStream } from 'node:fs'
import { ClusterError } from './cluster-error.ts'

/** One member of a tar archive. `path` is relative, without a leading slash. */
export type TarEntry =
  | { readonly path: string; readonly mode: number; readonly kind: 'directory' }
  | { readonly path: string; readonly mode: number; readonly kind: 'content'; readonly content: Uint8Array }
  /** `sizeBytes` has to be the file's size when it is read. */
  | {
      readonly path: string
      readonly mode: number
      readonly kind: 'file'
      readonly from: string
      readonly sizeBytes: number
    }

const BLOCK_BYTES = 512

/**
 * The bytes of a tar archive in POSIX ustar format (POSIX.1-1988, "Extended tar Format"). Everything belongs to user
 * and group 0 and was changed at second 0, so that the same entries give the same bytes.
 *
 * @throws ClusterError `InvalidImage` for a path that ustar cannot hold, or a file whose size changed.
 */
export async function* tarArchive(entries: Iterable<TarEntry>): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    yield header(entry)
    if (entry.kind === 'directory') continue
    if (entry.kind === 'content') yield entry.content
    else yield* fileContent(entry.from, entry.sizeBytes)
    const padding = (BLOCK_BYTES - (sizeOf(entry) % BLOCK_BYTES)) % BLOCK_BYTES
    if (padding > 0) yield new Uint8Array(padding)
  }
  yield new Uint8Array(2 * BLOCK_BYTES)
}

async function* fileContent(path: string, sizeBytes: number): AsyncGenerator<Uint8Array> {
  let read = 0
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    read += chunk.length
    yield chunk
  }
  if (read !== sizeBytes) throw new ClusterError('InvalidImage', `${path} changed while it was packed`)
}

function sizeOf(entry: TarEntry): number {
  if (entry.kind === 'directory') return 0
  return entry.kind === 'content' ? entry.content.length : entry.sizeBytes
}

function header(entry: TarEntry): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES)
  const [prefix, name] = splitPath(entry.kind === 'directory' ? `${entry.path}/` : entry.path)
  const octal = (value: number, at: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'ascii')
  block.write(name, 0, 100)
  octal(entry.mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(sizeOf(entry), 124, 12)
  octal(0, 136, 12)
  block.write(' '.repeat(8), 148)
  block.write(entry.kind === 'directory' ? '5' : '0', 156)
  block.write('ustar\x0000', 257)
  block.write(prefix, 345, 155)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** ustar has 155 bytes for a leading part of the path, and 100 for the rest; they are joined by a slash. */
function splitPath(path: string): readonly [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path]
  for (let at = path.indexOf('/'); at !== -1 && at < path.length - 1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return [prefix, name]
  }
  throw new ClusterError('InvalidImage', `${path} is too long for a tar archive`)
}
