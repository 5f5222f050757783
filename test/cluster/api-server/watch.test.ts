import { array, assert, asyncProperty, constantFrom, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../../src/kube/index.ts'
import { configMap, configMaps, pod, pods, Rig } from './rig.ts'

const initial = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true }

async function version(rig: Rig): Promise<string> {
  return (await rig.ask('GET', configMaps)).body.metadata.resourceVersion as string
}

describe('a watch', () => {
  test('goes on after a version, without a gap and without repeating', async () => {
    const rig = new Rig()
    await rig.ask('POST', configMaps, configMap('before'))
    const from = await version(rig)
    await rig.ask('POST', configMaps, configMap('missed'))
    const watch = await rig.watch(configMaps, { resourceVersion: from })
    await rig.patch(`${configMaps}/missed`, { data: { a: '1' } })
    await rig.ask('DELETE', `${configMaps}/missed`)
    await rig.clock.advance(0)
    expect(watch.told).toEqual(['ADDED missed', 'MODIFIED missed', 'DELETED missed'])
    const versions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion))
    expect(versions).toEqual([...versions].sort((a, b) => a - b))
    watch.stop()
  })

  test('without a version begins with what is there; with initial events it says when that is all', async () => {
    const rig = new Rig()
    await rig.ask('POST', configMaps, configMap('one'))
    const plain = await rig.watch(configMaps)
    const streamed = await rig.watch(configMaps, initial)
    await rig.ask('POST', configMaps, configMap('two'))
    await rig.clock.advance(0)
    expect(plain.told).toEqual(['ADDED one', 'ADDED two'])
    expect(streamed.told).toEqual(['ADDED one', 'BOOKMARK', 'ADDED two'])
    expect(streamed.events[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    plain.stop()
    streamed.stop()
  })

  test('of a selection sees objects come into it and leave it', async () => {
    const rig = new Rig()
    const from = await version(rig)
    const watch = await rig.watch(configMaps, { resourceVersion: from, labelSelector: 'app=a' })
    await rig.ask('POST', configMaps, configMap('one', {}, { app: 'b' }))
    await rig.patch(`${configMaps}/one`, { metadata: { labels: { app: 'a' } } })
    await rig.patch(`${configMaps}/one`, { data: { x: '1' } })
    const left = await rig.patch(`${configMaps}/one`, { metadata: { labels: { app: 'c' } }, data: { x: '2' } })
    await rig.clock.advance(0)
    expect(watch.told).toEqual(['ADDED one', 'MODIFIED one', 'DELETED one'])
    const last = watch.events.at(-1)?.object
    expect(last).toMatchObject({ data: { x: '1' }, metadata: { resourceVersion: left.body.metadata.resourceVersion } })
    watch.stop()
  })

  test('of one node’s pods sees them when they are bound', async () => {
    const rig = new Rig()
    const watch = await rig.watch('/api/v1/pods', { fieldSelector: 'spec.nodeName=node-1' })
    await rig.ask('POST', pods, pod('one'))
    await rig.ask('POST', `${pods}/one/binding`, { metadata: { name: 'one' }, target: { name: 'node-1' } })
    await rig.clock.advance(0)
    expect(watch.told).toEqual(['ADDED one'])
    watch.stop()
  })

  test('ends when its time is up, with a bookmark of where it came to before', async () => {
    const rig = new Rig()
    const watch = await rig.watch(configMaps, { resourceVersion: 1, timeoutSeconds: 10, allowWatchBookmarks: true })
    const without = await rig.watch(configMaps, { resourceVersion: 1, timeoutSeconds: 10 })
    await rig.clock.advance(10_000)
    expect(await watch.ended).toBe('ended')
    expect(await without.ended).toBe('ended')
    expect([watch.told, without.told]).toEqual([['BOOKMARK'], []])
    expect(rig.clock.timers).toEqual([])
  })

  test('is reminded about once a minute', async () => {
    const rig = new Rig()
    const watch = await rig.watch(configMaps, { resourceVersion: 1, allowWatchBookmarks: true })
    await rig.clock.advance(300_000)
    expect(watch.events.length).toBeGreaterThanOrEqual(4)
    expect(watch.events.length).toBeLessThanOrEqual(5)
    watch.stop()
    await watch.ended
    expect(rig.clock.timers).toEqual([])
  })

  test.each([
    ['the versions of long ago', 'too old resource version: 2 (', async (rig: Rig) => rig.server.compact()],
    [
      'more changes than are kept',
      'too old resource version: 2 (',
      async (rig: Rig) => {
        for (let count = 0; count < 12; count++) await rig.patch(`${configMaps}/one`, { data: { a: String(count) } })
      },
    ],
  ])('cannot go on from %s', async (_what, message, forget) => {
    const rig = new Rig({ history: 5 })
    await rig.ask('POST', configMaps, configMap('one'))
    await forget(rig)
    const watch = await rig.watch(configMaps, { resourceVersion: 2 })
    expect(await watch.ended).toBe('ended')
    expect(watch.events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }])
    expect(watch.events[0]?.object.message).toContain(message)
  })

  test('that is open ends with 410 at a compaction, and can be resumed after a mere break', async () => {
    const rig = new Rig()
    const compacted = await rig.watch(configMaps, { resourceVersion: 5 })
    rig.server.compact()
    expect(await compacted.ended).toBe('ended')
    expect(compacted.events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }])
    const from = await version(rig)
    const dropped = await rig.watch(configMaps, { resourceVersion: from })
    rig.server.dropWatches()
    expect([await dropped.ended, dropped.told]).toEqual(['ended', []])
    await rig.ask('POST', configMaps, configMap('one'))
    const resumed = await rig.watch(configMaps, { resourceVersion: from })
    await rig.clock.advance(0)
    expect(resumed.told).toEqual(['ADDED one'])
    resumed.stop()
  })

  test('fails for its reader when the reader’s signal aborts, and leaves nothing behind', async () => {
    const rig = new Rig()
    const ending = new AbortController()
    const watch = await rig.watch(configMaps, {}, { signal: ending.signal })
    ending.abort(new Error('enough'))
    expect(await watch.ended).toMatch(/^failed: .*aborted/)
    expect(rig.clock.timers).toEqual([])
  })

  test('whose reader never reads is cut off, and keeps no memory', async () => {
    const rig = new Rig()
    const response = await rig.request('GET', configMaps, undefined, { query: { watch: true } })
    const large = 'x'.repeat(500_000)
    for (let count = 0; count < 80; count++) await rig.ask('POST', configMaps, configMap(`c${count}`, { large }))
    expect(await response.text()).toBe('')
  })

  test('tells only whole objects, rows or metadata, as its client asks', async () => {
    const rig = new Rig()
    const accept = (as: string) => ({ headers: { accept: `application/json;as=${as};v=v1;g=meta.k8s.io` } })
    const tables = await rig.watch(configMaps, {}, accept('Table'))
    const partial = await rig.watch(configMaps, {}, accept('PartialObjectMetadata'))
    await rig.ask('POST', configMaps, configMap('one', { a: '1' }))
    await rig.patch(`${configMaps}/one`, { data: { b: '2' } })
    await rig.clock.advance(0)
    expect(
      tables.events.map(({ object }) => [object.kind, object.columnDefinitions?.length, object.rows[0].cells]),
    ).toEqual([
      ['Table', 3, ['one', 1, '0s']],
      ['Table', undefined, ['one', 2, '0s']],
    ])
    expect(partial.events[0]?.object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'one' } })
    expect(partial.events[0]?.object).not.toHaveProperty('data')
    tables.stop()
    partial.stop()
  })
})

const operation = record({
  name: constantFrom('a', 'b', 'c'),
  what: constantFrom('label', 'unlabel', 'data', 'delete', 'list'),
})

test('a list and the events after it always make the next list, for every selection', async () => {
  await assert(
    asyncProperty(
      array(operation, { maxLength: 30 }),
      constantFrom('', 'app=x', '!app'),
      async (plan, labelSelector) => {
        const rig = new Rig()
        const query = labelSelector === '' ? {} : { labelSelector }
        const list = async (): Promise<{ items: KubeObject[]; metadata: { resourceVersion: string } }> =>
          (await rig.ask('GET', configMaps, undefined, { query })).body
        const first = await list()
        const seen = new Map(first.items.map((item) => [item.metadata.name, item.metadata.resourceVersion]))
        let resourceVersion = first.metadata.resourceVersion
        for (const { name, what } of plan) {
          const path = `${configMaps}/${name}`
          if (what === 'delete') await rig.ask('DELETE', path)
          else if (what === 'list') continue
          else {
            await rig.ask('POST', configMaps, configMap(name))
            const labels = what === 'label' ? { app: 'x' } : what === 'unlabel' ? { app: null } : {}
            await rig.patch(path, { metadata: { labels }, data: { at: String(rig.clock.timers.length + plan.length) } })
          }
          if (what !== 'data') continue
          // A client that breaks off and resumes from where it was.
          resourceVersion = await follow(rig, query, resourceVersion, seen)
        }
        await follow(rig, query, resourceVersion, seen)
        const last = await list()
        expect(seen).toEqual(new Map(last.items.map((item) => [item.metadata.name, item.metadata.resourceVersion])))
      },
    ),
    { numRuns: 60 },
  )
})

/** Applies the events after a version to what was seen; returns the version that it came to. */
async function follow(
  rig: Rig,
  query: object,
  resourceVersion: string,
  seen: Map<string, string | undefined>,
): Promise<string> {
  const watch = await rig.watch(configMaps, { ...query, resourceVersion })
  rig.server.dropWatches()
  await watch.ended
  let reached = resourceVersion
  for (const { type, object } of watch.events) {
    const { name, resourceVersion: version } = object.metadata
    expect(seen.has(name)).toBe(type !== 'ADDED')
    if (type === 'DELETED') seen.delete(name)
    else seen.set(name, version)
    reached = version
  }
  return reached
}
