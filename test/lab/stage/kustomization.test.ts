import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readKustomization } from '../../../src/lab/stage/index.ts'

let folder = ''
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'kustomization-'))))
afterEach(() => rmSync(folder, { recursive: true }))

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

const deployment = (image: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: d }\nspec: { template: { spec: { containers: [{ name: c, image: "${image}" }] } } }\n`

describe('a kustomization', () => {
  test('is the objects of its files and folders, in order', () => {
    write({
      'a/kustomization.yaml': 'resources: [../b, own.yaml]\n',
      'a/own.yaml': '# a comment alone\n---\nkind: A\nmetadata: { name: one }\n---\nkind: A\nmetadata: { name: two }\n',
      'b/kustomization.yaml': 'kind: Kustomization\nresources: [b.yaml]\n',
      'b/b.yaml': 'kind: B\nmetadata: { name: three }\n',
    })
    expect(readKustomization(join(folder, 'a')).map(({ metadata }) => metadata.name)).toEqual(['three', 'one', 'two'])
  })

  test.each([
    ['drainkeeper:0.1.0', 'drainkeeper:2'],
    ['drainkeeper', 'drainkeeper:2'],
    ['drainkeeper-agent:0.1.0', 'drainkeeper-agent:0.1.0'],
    ['host:5000/drainkeeper:1', 'host:5000/drainkeeper:1'],
  ])('sets tags: %s becomes %s', (image, expected) => {
    write({
      'kustomization.yaml': 'resources: [d.yaml]\nimages: [{ name: drainkeeper, newTag: "2" }]\n',
      'd.yaml': deployment(image),
    })
    const [found] = readKustomization(folder)
    expect(found).toMatchObject({ spec: { template: { spec: { containers: [{ image: expected }] } } } })
  })

  test.each([
    [
      'resources: [d.yaml]\npatches: []\nnamespace: x\n',
      /patches, namespace: only resources and images are understood/,
    ],
    ['resources: [nowhere.yaml]\n', /there is no nowhere\.yaml/],
    ['kind: Component\nresources: []\n', /kind Component: not a Kustomization/],
  ])('%j is refused', (text, message) => {
    write({ 'kustomization.yaml': text })
    expect(() => readKustomization(folder)).toThrow(message)
  })

  test('the one that installs drainkeeper is read whole', () => {
    const kinds = readKustomization(join(import.meta.dirname, '../../../config')).map(({ kind }) => kind)
    expect(kinds[0]).toBe('CustomResourceDefinition')
    expect(kinds.at(-1)).toBe('Deployment')
    expect(kinds).toContain('ValidatingAdmissionPolicyBinding')
  })
})
