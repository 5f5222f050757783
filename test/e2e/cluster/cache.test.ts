import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cacheKey, cacheRoot, cachedFolder } from '../../../e2e/cluster/cache.ts'
import { requiredVersion } from '../../../e2e/cluster/local/binaries.ts'

describe('where the cache is', () => {
  const cases: Record<string, { env: Record<string, string>; root: string }> = {
    'where DRAINKEEPER_CACHE says': { env: { DRAINKEEPER_CACHE: '/c', XDG_CACHE_HOME: '/x', HOME: '/h' }, root: '/c' },
    'below XDG_CACHE_HOME': { env: { XDG_CACHE_HOME: '/x', HOME: '/h' }, root: '/x/drainkeeper' },
    "below the user's home": { env: { HOME: '/h' }, root: '/h/.cache/drainkeeper' },
    'not where an empty variable says': {
      env: { DRAINKEEPER_CACHE: '', XDG_CACHE_HOME: '', HOME: '/h' },
      root: '/h/.cache/drainkeeper',
    },
  }
  test.each(Object.entries(cases))('%s', (_name, { env, root }) => {
    expect(cacheRoot(env)).toBe(root)
  })
})

test('the key depends on every part and on where one part ends', () => {
  const keys = [['a', 'b'], ['ab'], ['b', 'a'], ['a', 'b', '']].map(cacheKey)
  expect(new Set(keys).size).toBe(4)
  expect(cacheKey(['a', 'b'])).toBe(keys[0])
  expect(keys[0]).toMatch(/^[0-9a-f]{24}$/)
})

describe('a cached folder', () => {
  let root: string
  let path: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'drainkeeper-cache-'))
    path = join(root, 'bin', 'etcd-1')
  })

  afterEach(() => {
    rmSync(root, { recursive: true })
  })

  const fillWith = (text: string) => async (draft: string) => writeFileSync(join(draft, 'file'), text)

  test('is filled once', async () => {
    expect(await cachedFolder(path, fillWith('first'))).toBe(path)
    await cachedFolder(path, fillWith('second'))
    expect(readFileSync(join(path, 'file'), 'utf8')).toBe('first')
  })

  test('is not there while it is filled, nor when filling failed', async () => {
    const failure = new Error('interrupted')
    const filling = cachedFolder(path, async (draft) => {
      writeFileSync(join(draft, 'file'), 'half')
      expect(existsSync(path)).toBe(false)
      throw failure
    })
    await expect(filling).rejects.toBe(failure)
    expect(readdirSync(join(root, 'bin'))).toEqual([])
  })

  test('takes away what was half filled by a process that is no more', async () => {
    mkdirSync(join(root, 'bin', 'etcd-1.1073741824.0a.draft'), { recursive: true })
    mkdirSync(join(root, 'bin', `etcd-1.${process.pid}.0b.draft`))
    mkdirSync(join(root, 'bin', 'etcd-10.1073741824.0c.draft'))
    await cachedFolder(path, fillWith('x'))
    const left = ['etcd-1', `etcd-1.${process.pid}.0b.draft`, 'etcd-10.1073741824.0c.draft']
    expect(readdirSync(join(root, 'bin')).sort()).toEqual(left.sort())
  })

  test('is the one of whoever finishes first, when two fill it', async () => {
    const folders = await Promise.all([cachedFolder(path, fillWith('a')), cachedFolder(path, fillWith('b'))])
    expect(folders).toEqual([path, path])
    expect(readdirSync(join(root, 'bin'))).toEqual(['etcd-1'])
    expect(['a', 'b']).toContain(readFileSync(join(path, 'file'), 'utf8'))
  })
})

describe('the version that a go.mod requires', () => {
  const goMod = 'module x\n\nrequire k8s.io/kubernetes v1.36.3\n\nrequire (\n\tk8s.io/api v0.36.3 // indirect\n)\n'

  test('is found on a line of its own and in a block', () => {
    expect(requiredVersion(goMod, 'k8s.io/kubernetes')).toBe('v1.36.3')
    expect(requiredVersion(goMod, 'k8s.io/api')).toBe('v0.36.3')
  })

  test('is an error for a module that is not required', () => {
    expect(() => requiredVersion(goMod, 'k8s.io/ap')).toThrow('go.mod does not require k8s.io/ap')
  })
})
