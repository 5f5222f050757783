import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type ImageFile, type Layer, packLayer } from './layer.ts'
import { tarArchive, type TarEntry } from './tar.ts'

export interface ImageDescription {
  /** With a tag other than `latest`, which Kubernetes would try to pull: `drainkeeper.local/shop:1`. */
  readonly name: string
  /** Lowest first. A layer that is described the same in two images is packed once. */
  readonly layers: readonly (readonly ImageFile[])[]
  readonly entrypoint: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** @default '65532:65532', who owns nothing */
  readonly user?: string
  /** @default '/' */
  readonly workdir?: string
}

/** An image in parts, from which `imageArchive` makes the whole. */
export interface Image {
  readonly name: string
  /** The digest of its configuration, which is the image's identity: `sha256:...`. */
  readonly id: string
  readonly config: Uint8Array
  readonly layers: readonly Layer[]
}

/**
 * Describes and packs an image from plain files, without a container engine. The same files make the same image.
 *
 * @throws ClusterError `InvalidImage`
 */
export async function buildImage(description: ImageDescription): Promise<Image> {
  const layers: Layer[] = []
  for (const files of description.layers) layers.push(await packLayer(files))
  const config = json({
    architecture: { x64: 'amd64', ia32: '386' }[process.arch as string] ?? process.arch,
    os: 'linux',
    config: {
      User: description.user ?? '65532:65532',
      Env: Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin', ...description.env }).map((pair) => pair.join('=')),
      Entrypoint: description.entrypoint,
      WorkingDir: description.workdir ?? '/',
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
  })
  return { name: description.name, id: digestOf(config), config, layers }
}

/**
 * The image as one tar archive, both in the layout of the OCI image specification (oci-layout, index.json) and with
 * the manifest.json of `docker save`, so that containerd, Docker and kind accept it.
 */
export function imageArchive(image: Image): Readable {
  const layerType = 'application/vnd.oci.image.layer.v1.tar'
  const manifest = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: image.id,
      size: image.config.length,
    },
    layers: image.layers.map((layer) => ({ mediaType: layerType, digest: layer.digest, size: layer.sizeBytes })),
  })
  const index = json({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: digestOf(manifest),
        size: manifest.length,
        annotations: {
          'io.containerd.image.name': fullName(image.name),
          'org.opencontainers.image.ref.name': tagOf(image.name),
        },
      },
    ],
  })
  const docker = json([
    {
      Config: blobPath(image.id),
      RepoTags: [image.name],
      Layers: image.layers.map((layer) => blobPath(layer.digest)),
    },
  ])
  const layers = new Map(image.layers.map((layer) => [layer.digest, layer]))
  return Readable.from(
    tarArchive([
      content('oci-layout', json({ imageLayoutVersion: '1.0.0' })),
      content('index.json', index),
      content('manifest.json', docker),
      content(blobPath(image.id), image.config),
      content(blobPath(digestOf(manifest)), manifest),
      ...[...layers.values()].map((layer) => blob(layer)),
    ]),
  )
}

export async function writeImageArchive(image: Image, path: string): Promise<void> {
  await pipeline(imageArchive(image), createWriteStream(path))
}

/**
 * The name as a container runtime looks it up: with a registry and a tag, by the rules of Docker's short names.
 * `shop` is `docker.io/library/shop:latest`, `drainkeeper.local/shop:1` stays.
 */
export function fullName(name: string): string {
  const [first = '', ...rest] = name.split('/')
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const path = hasRegistry ? name : rest.length > 0 ? `docker.io/${name}` : `docker.io/library/${name}`
  return /:[^/]+$/.test(path) ? path : `${path}:latest`
}

function tagOf(name: string): string {
  return fullName(name).replace(/^.*:/, '')
}

function blob(layer: Layer): TarEntry {
  const path = blobPath(layer.digest)
  return typeof layer.content === 'string'
    ? { path, mode: 0o644, kind: 'file', from: layer.content, sizeBytes: layer.sizeBytes }
    : content(path, layer.content)
}

function content(path: string, bytes: Uint8Array): TarEntry {
  return { path, mode: 0o644, kind: 'content', content: bytes }
}

function blobPath(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}
