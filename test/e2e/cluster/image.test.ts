import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  buildImage,
  type Image,
  type ImageDescription,
  fullName,
  writeImageArchive,
} from '../../../e2e/cluster/image.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drainkeeper-image-'))
  vi.stubEnv('DRAINKEEPER_CACHE', join(folder, 'cache'))
})

afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const LONG_FOLDER = `/app/${'a'.repeat(90)}/${'b'.repeat(60)}`

function description(change: Partial<ImageDescription> = {}): ImageDescription {
  return {
    name: 'drainkeeper.local/shop:1',
    layers: [
      [
        { path: '/tmp', directory: true, mode: 0o1777 },
        { path: '/etc/passwd', content: 'nonroot:x:65532:65532::/:\n' },
      ],
      [
        { path: '/app/main.mjs', content: 'console.log(1)', mode: 0o755 },
        { path: `${LONG_FOLDER}/file`, content: 'x'.repeat(1025) },
      ],
    ],
    entrypoint: ['/usr/local/bin/node', '/app/main.mjs'],
    env: { PORT: '8080' },
    workdir: '/app',
    ...change,
  }
}

/** Unpacks what was written with the system's tar, as another reader than the one that wrote it. */
async function unpack(image: Image): Promise<string> {
  const target = mkdtempSync(join(folder, 'unpacked-'))
  const archive = join(target, 'image.tar')
  await writeImageArchive(image, archive)
  execFileSync('tar', ['-xf', archive, '-C', target])
  return target
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}

describe('the archive', () => {
  interface Blob {
    readonly digest: string
    readonly size: number
  }

  test('has the layout of the OCI specification, and every blob has the size and the hash that it is named by', async () => {
    const root = await unpack(await buildImage(description()))
    const blobPath = ({ digest }: Blob) => join(root, 'blobs', digest.replace(':', '/'))
    expect(readJson(join(root, 'oci-layout'))).toEqual({ imageLayoutVersion: '1.0.0' })
    const index = readJson(join(root, 'index.json')) as { manifests: (Blob & { annotations: object })[] }
    expect(index.manifests).toHaveLength(1)
    const [manifestBlob] = index.manifests
    expect(manifestBlob?.annotations).toEqual({
      'io.containerd.image.name': 'drainkeeper.local/shop:1',
      'org.opencontainers.image.ref.name': '1',
    })
    const manifest = readJson(blobPath(manifestBlob as Blob)) as { config: Blob; layers: Blob[] }
    expect(manifest.layers).toHaveLength(2)
    for (const blob of [manifestBlob as Blob, manifest.config, ...manifest.layers]) {
      const bytes = readFileSync(blobPath(blob))
      expect(blob.size).toBe(bytes.length)
      expect(blob.digest).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`)
    }
    const config = readJson(blobPath(manifest.config)) as { rootfs: unknown; config: unknown; os: string }
    expect(config.os).toBe('linux')
    expect(config.rootfs).toEqual({ type: 'layers', diff_ids: manifest.layers.map((layer) => layer.digest) })
    expect(config.config).toEqual({
      User: '65532:65532',
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', 'PORT=8080'],
      Entrypoint: ['/usr/local/bin/node', '/app/main.mjs'],
      WorkingDir: '/app',
    })
  })

  test('names the same blobs in the manifest.json that docker load and kind read', async () => {
    const image = await buildImage(description())
    const root = await unpack(image)
    const [entry] = readJson(join(root, 'manifest.json')) as { Config: string; RepoTags: string[]; Layers: string[] }[]
    expect(entry?.RepoTags).toEqual(['drainkeeper.local/shop:1'])
    expect(entry?.Config).toBe(`blobs/${image.id.replace(':', '/')}`)
    expect(entry?.Layers.map((path) => statSync(join(root, path)).size)).toEqual(
      image.layers.map((one) => one.sizeBytes),
    )
  })

  test('lists its layers as tar sees them: modes, owners, parents first, long paths', async () => {
    const image = await buildImage(description())
    const lists = image.layers.map((layer) =>
      execFileSync('tar', ['-tvf', '-', '--numeric-owner'], { input: layer.content })
        .toString()
        .trim()
        .split('\n')
        .map((line) => line.replaceAll(/\s+\d{4}-\S+ \S+/g, '').replaceAll(/\s+/g, ' ')),
    )
    expect(lists[0]).toEqual(['drwxrwxrwt 0/0 0 tmp/', 'drwxr-xr-x 0/0 0 etc/', '-rw-r--r-- 0/0 26 etc/passwd'])
    expect(lists[1]?.[0]).toBe('drwxr-xr-x 0/0 0 app/')
    expect(lists[1]?.[1]).toBe('-rwxr-xr-x 0/0 14 app/main.mjs')
    expect(lists[1]?.at(-1)).toBe(`-rw-r--r-- 0/0 1025 ${LONG_FOLDER.slice(1)}/file`)
  })

  test('is the same for the same description, and another for another', async () => {
    const [one, same, other] = await Promise.all([
      buildImage(description()),
      buildImage(description()),
      buildImage(description({ env: { PORT: '8081' } })),
    ])
    expect(same.id).toBe(one.id)
    expect(other.id).not.toBe(one.id)
    expect(other.layers).toEqual(one.layers)
  })

  test('holds a layer once that is there twice', async () => {
    const [layer = []] = description().layers
    const image = await buildImage(description({ layers: [layer, layer] }))
    const root = await unpack(image)
    expect(readJson(join(root, 'manifest.json'))).toMatchObject([{ Layers: { length: 2 } }])
    const names = execFileSync('tar', ['-tf', join(root, 'image.tar')])
      .toString()
      .trim()
      .split('\n')
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('files of this machine', () => {
  let source: string

  beforeAll(() => {
    source = join(folder, 'source')
    mkdirSync(join(source, 'bin'), { recursive: true })
    writeFileSync(join(source, 'bin', 'run'), 'run', { mode: 0o744 })
    writeFileSync(join(source, 'data'), 'data', { mode: 0o600 })
    symlinkSync('data', join(source, 'link'))
  })

  function list(image: Image): string[] {
    return execFileSync('tar', ['-tvf', '-'], { input: image.layers[0]?.content })
      .toString()
      .trim()
      .split('\n')
      .map((line) => `${line.slice(0, 10)} ${line.split(' ').at(-1)}`)
  }

  test('a folder comes with all it holds, links as what they point to, readable for everybody', async () => {
    const image = await buildImage(description({ layers: [[{ path: '/app', from: source }]] }))
    expect(list(image)).toEqual([
      'drwxr-xr-x app/',
      'drwxr-xr-x app/bin/',
      '-rwxr-xr-x app/bin/run',
      '-rw-r--r-- app/data',
      '-rw-r--r-- app/link',
    ])
  })

  test('a large layer is packed once, into the cache, and again when its file changed', async () => {
    const large = join(folder, 'large')
    writeFileSync(large, 'start')
    truncateSync(large, 17 << 20)
    const build = async () => (await buildImage(description({ layers: [[{ path: '/large', from: large }]] }))).layers[0]
    const first = await build()
    expect(first?.content).toContain(join(folder, 'cache', 'layers'))
    expect(first?.digest).toBe(
      `sha256:${createHash('sha256')
        .update(readFileSync(String(first?.content)))
        .digest('hex')}`,
    )
    const packedAt = statSync(String(first?.content)).mtimeMs
    expect(await build()).toEqual(first)
    expect(statSync(String(first?.content)).mtimeMs).toBe(packedAt)
    truncateSync(large, 18 << 20)
    expect((await build())?.digest).not.toBe(first?.digest)
  })
})

describe('a description that cannot be packed is refused', () => {
  const cases: Record<string, { files: ImageDescription['layers'][number]; message: RegExp }> = {
    'a relative path': { files: [{ path: 'app/main', content: '' }], message: /"app\/main" is not an absolute path/ },
    'the root itself': { files: [{ path: '/', content: '' }], message: /"\/" is not an absolute path/ },
    'a path that climbs out': { files: [{ path: '../x', content: '' }], message: /not an absolute path/ },
    'a file that is not there': {
      files: [{ path: '/x', from: '/no/such/file' }],
      message: /\/no\/such\/file, which cannot/,
    },
    'one path twice': {
      files: [
        { path: '/x', content: '1' },
        { path: '//x', content: '2' },
      ],
      message: /\/x is there twice/,
    },
    'a file as a folder': {
      files: [
        { path: '/x', content: '1' },
        { path: '/x/y', content: '2' },
      ],
      message: /\/x is a file and a folder/,
    },
    'a name that tar cannot hold': { files: [{ path: `/${'a'.repeat(101)}`, content: '' }], message: /too long/ },
  }
  test.each(Object.entries(cases))('%s', async (_name, { files, message }) => {
    await expect(buildImage(description({ layers: [files] }))).rejects.toMatchObject({
      name: 'ClusterError',
      code: 'InvalidImage',
      message: expect.stringMatching(message),
    })
  })
})

describe('the full name of an image', () => {
  const cases: Record<string, string> = {
    shop: 'docker.io/library/shop:latest',
    'shop:1': 'docker.io/library/shop:1',
    'team/shop': 'docker.io/team/shop:latest',
    'localhost/shop:1': 'localhost/shop:1',
    'localhost:5000/shop': 'localhost:5000/shop:latest',
    'drainkeeper.local/a/b:1.2': 'drainkeeper.local/a/b:1.2',
  }
  test.each(Object.entries(cases))('of %s is %s', (name, full) => {
    expect(fullName(name)).toBe(full)
  })
})
