import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parse, parseAllDocuments } from 'yaml'
import type { KubeObject } from '../../kube/index.ts'

interface Kustomization {
  apiVersion?: string
  kind?: string
  resources?: string[]
  images?: { name: string; newName?: string; newTag?: string }[]
}

/**
 * The objects of a folder with a kustomization.yaml, as `kubectl kustomize` writes them: its resources, one after another,
 * with the image tags that it sets. Nothing else that kustomize can do is understood here, and a file that asks for more
 * is refused.
 */
export function readKustomization(folder: string): KubeObject[] {
  const path = join(folder, 'kustomization.yaml')
  const {
    apiVersion: _,
    kind,
    resources = [],
    images = [],
    ...rest
  } = parse(readFileSync(path, 'utf8')) as Kustomization
  const unknown = Object.keys(rest)
  if (unknown.length > 0) throw new Error(`${path}: ${unknown.join(', ')}: only resources and images are understood`)
  if (kind !== undefined && kind !== 'Kustomization') throw new Error(`${path}: kind ${kind}: not a Kustomization`)
  const objects = resources.flatMap((resource) => {
    const entry = join(folder, resource)
    if (!existsSync(entry)) throw new Error(`${path}: there is no ${resource}`)
    return statSync(entry).isDirectory() ? readKustomization(entry) : readObjects(entry)
  })
  const tagged = new Map(images.map(({ name, newName = name, newTag }) => [name, { newName, newTag }]))
  return objects.map((object) =>
    withImages(object, (image) => {
      const [, name = image] = /^([^@]+?)(?::[^/:]*)?$/.exec(image) ?? []
      const wanted = tagged.get(name)
      if (wanted === undefined) return image
      return wanted.newTag === undefined ? image.replace(name, wanted.newName) : `${wanted.newName}:${wanted.newTag}`
    }),
  )
}

/** The object with other images in the pods that it makes. */
export function withImages<T extends KubeObject>(object: T, rename: (image: string) => string): T {
  const containers = (object as { spec?: { template?: { spec?: { containers?: { image?: string }[] } } } }).spec
    ?.template?.spec?.containers
  if (containers === undefined) return object
  const copy = structuredClone(object) as T & { spec: { template: { spec: { containers: { image?: string }[] } } } }
  for (const container of copy.spec.template.spec.containers) {
    if (container.image !== undefined) container.image = rename(container.image)
  }
  return copy
}

function readObjects(path: string): KubeObject[] {
  return parseAllDocuments(readFileSync(path, 'utf8')).flatMap((document) => {
    const [error] = document.errors
    if (error !== undefined) throw new Error(`${path}: ${error.message}`)
    const object = document.toJS() as KubeObject | null
    return object === null ? [] : [object]
  })
}
