import { describe, expect, test } from 'vitest'
import { configMap, configMaps, deployment, deployments, pod, pods, Rig } from './rig.ts'

const namespaces = '/api/v1/namespaces'

async function running(rig: Rig, name: string, labels: Record<string, string> = {}): Promise<void> {
  await rig.ask('POST', pods, pod(name, { nodeName: 'node-1' }, labels))
  await rig.patch(`${pods}/${name}/status`, {
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  })
}

describe('deleting', () => {
  test('removes at once what nothing holds, and says what it was', async () => {
    const rig = new Rig()
    const { uid } = (await rig.ask('POST', configMaps, configMap('one'))).body.metadata
    const { status, body } = await rig.ask('DELETE', `${configMaps}/one`)
    expect(status).toBe(200)
    expect(body).toMatchObject({ kind: 'Status', status: 'Success', details: { name: 'one', kind: 'configmaps', uid } })
    expect((await rig.ask('DELETE', `${configMaps}/one`)).status).toBe(404)
  })

  test.each([
    ['uid', { uid: 'other' }, 'the UID in the precondition (other) does not match the UID in record'],
    ['version', { resourceVersion: '1' }, 'the ResourceVersion in the precondition (1) does not match'],
  ])('is refused for another %s', async (_what, preconditions, message) => {
    const rig = new Rig()
    await rig.ask('POST', configMaps, configMap('one'))
    const answer = await rig.ask('DELETE', `${configMaps}/one`, { preconditions })
    expect(answer.status).toBe(409)
    expect(answer.body.message).toContain(message)
  })

  test('waits for finalizers, and ends with the last one', async () => {
    const rig = new Rig()
    await rig.ask('POST', configMaps, { metadata: { name: 'one', finalizers: ['example.com/a', 'example.com/b'] } })
    const watch = await rig.watch(configMaps, { resourceVersion: 1 })
    expect((await rig.ask('DELETE', `${configMaps}/one`)).body.metadata.deletionTimestamp).toBe('2026-01-01T00:00:00Z')
    await rig.patch(`${configMaps}/one`, { metadata: { finalizers: ['example.com/b'] } })
    expect((await rig.ask('GET', `${configMaps}/one`)).status).toBe(200)
    expect((await rig.patch(`${configMaps}/one`, { metadata: { finalizers: null } })).status).toBe(200)
    expect((await rig.ask('GET', `${configMaps}/one`)).status).toBe(404)
    await rig.clock.advance(0)
    expect(watch.told).toEqual(['ADDED one', 'MODIFIED one', 'MODIFIED one', 'DELETED one'])
    watch.stop()
  })

  test.each([
    ['Foreground', ['foregroundDeletion']],
    ['Orphan', ['orphan']],
  ])('leaves the finalizer of %s to the garbage collector', async (propagationPolicy, finalizers) => {
    const rig = new Rig()
    await rig.ask('POST', deployments, deployment('web'))
    const { body } = await rig.ask('DELETE', `${deployments}/web`, { propagationPolicy })
    expect(body.metadata).toMatchObject({ finalizers, deletionGracePeriodSeconds: 0, generation: 2 })
  })

  test('a collection goes as it is selected', async () => {
    const rig = new Rig()
    for (const name of ['a', 'b', 'c'])
      await rig.ask('POST', configMaps, configMap(name, {}, { keep: String(name === 'b') }))
    const { body } = await rig.ask('DELETE', configMaps, undefined, { query: { labelSelector: 'keep=false' } })
    expect(body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual(['a', 'c'])
    expect((await rig.ask('GET', configMaps)).body.items).toHaveLength(1)
  })

  test('changes nothing in a dry run', async () => {
    const rig = new Rig()
    await running(rig, 'one')
    await rig.ask('DELETE', `${pods}/one`, { dryRun: ['All'] })
    expect((await rig.ask('GET', `${pods}/one`)).body.metadata.deletionTimestamp).toBeUndefined()
  })
})

describe('a pod that a kubelet runs', () => {
  test('gets a deadline first; only the kubelet, or nobody’s grace, ends it', async () => {
    const rig = new Rig()
    await running(rig, 'one')
    const { metadata } = (await rig.ask('DELETE', `${pods}/one`)).body
    expect(metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:30Z',
      deletionGracePeriodSeconds: 30,
      generation: 2,
    })
    const watch = await rig.watch(pods, { resourceVersion: metadata.resourceVersion })
    expect((await rig.ask('DELETE', `${pods}/one`, { gracePeriodSeconds: 0 })).status).toBe(200)
    await rig.clock.advance(0)
    expect(watch.events.map(({ type, object }) => [type, object.metadata.deletionGracePeriodSeconds])).toEqual([
      ['MODIFIED', 0],
      ['DELETED', 0],
    ])
    watch.stop()
  })

  test.each([
    ['longer grace changes nothing', 0, 60, '2026-01-01T00:00:30Z', 30],
    ['shorter grace is counted from the first deletion', 4000, 10, '2026-01-01T00:00:10Z', 10],
    ['a deadline is never in the past', 20_000, 10, '2026-01-01T00:00:20Z', 1],
    ['less than nothing is a second', 0, -5, '2026-01-01T00:00:01Z', 1],
  ])('a second deletion: %s', async (_what, waitedMs, gracePeriodSeconds, deadline, grace) => {
    const rig = new Rig()
    await running(rig, 'one')
    await rig.ask('DELETE', `${pods}/one`)
    await rig.clock.advance(waitedMs)
    const { metadata } = (await rig.ask('DELETE', `${pods}/one`, { gracePeriodSeconds })).body
    expect(metadata).toMatchObject({ deletionTimestamp: deadline, deletionGracePeriodSeconds: grace })
  })

  test.each([
    [undefined, 30],
    [5, 5],
    [-5, 1],
  ])('a first deletion with grace %s gives it %i s', async (gracePeriodSeconds, grace) => {
    const rig = new Rig()
    await running(rig, 'one')
    const { metadata } = (await rig.ask('DELETE', `${pods}/one`, { gracePeriodSeconds })).body
    expect(metadata.deletionGracePeriodSeconds).toBe(grace)
  })

  test('is gone at once when it has ended, or was never on a node', async () => {
    const rig = new Rig()
    await running(rig, 'over')
    await rig.patch(`${pods}/over/status`, { status: { phase: 'Failed' } })
    await rig.ask('POST', pods, pod('pending'))
    for (const name of ['over', 'pending']) {
      await rig.ask('DELETE', `${pods}/${name}`)
      expect((await rig.ask('GET', `${pods}/${name}`)).status).toBe(404)
    }
  })
})

describe('eviction', () => {
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
  const evict = (rig: Rig, name: string) => rig.ask('POST', `${pods}/${name}/eviction`, { metadata: { name } })

  async function budget(rig: Rig, status: object): Promise<void> {
    await rig.ask('POST', budgets, {
      metadata: { name: 'pdb' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'a' } } },
    })
    await rig.patch(`${budgets}/pdb/status`, { status: { observedGeneration: 1, ...status } })
  }

  test('deletes, says why, and takes one from the budget', async () => {
    const rig = new Rig()
    await running(rig, 'one', { app: 'a' })
    await budget(rig, { disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 })
    expect((await evict(rig, 'one')).status).toBe(201)
    const { metadata, status } = (await rig.ask('GET', `${pods}/one`)).body
    expect(metadata.deletionGracePeriodSeconds).toBe(30)
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'DisruptionTarget', reason: 'EvictionByEvictionAPI' }),
    )
    const after = (await rig.ask('GET', `${budgets}/pdb`)).body.status
    expect(after).toMatchObject({ disruptionsAllowed: 0, disruptedPods: { one: '2026-01-01T00:00:00Z' } })
  })

  test('is refused with 429 and the cause while the budget allows none', async () => {
    const rig = new Rig()
    await running(rig, 'one', { app: 'a' })
    await budget(rig, { disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 })
    const { status, body } = await evict(rig, 'one')
    expect(status).toBe(429)
    expect(body.details.causes).toEqual([
      { reason: 'DisruptionBudget', message: 'The disruption budget pdb needs 1 healthy pods and has 1 currently' },
    ])
    expect((await rig.ask('GET', `${pods}/one`)).body.metadata.deletionTimestamp).toBeUndefined()
  })

  test('waits for a budget that its controller has not seen, with a hint when to come again', async () => {
    const rig = new Rig()
    await running(rig, 'one', { app: 'a' })
    await budget(rig, { observedGeneration: 0, disruptionsAllowed: 5 })
    const answer = await evict(rig, 'one')
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '10'])
  })

  test('does not ask for pods that nobody misses', async () => {
    const rig = new Rig()
    await rig.ask('POST', pods, pod('one', {}, { app: 'a' }))
    await budget(rig, { disruptionsAllowed: 0 })
    expect((await evict(rig, 'one')).status).toBe(201)
  })
})

describe('a namespace', () => {
  test('takes nothing new while it goes, and goes when its finalizer does', async () => {
    const rig = new Rig()
    await rig.ask('POST', namespaces, { metadata: { name: 'shop' } })
    const { body } = await rig.ask('DELETE', `${namespaces}/shop`)
    expect(body).toMatchObject({ status: { phase: 'Terminating' }, spec: { finalizers: ['kubernetes'] } })
    const late = await rig.ask('POST', `${namespaces}/shop/configmaps`, configMap('late'))
    expect(late.status).toBe(403)
    expect(late.body.details.causes[0].reason).toBe('NamespaceTerminating')
    expect((await rig.ask('PUT', `${namespaces}/shop/finalize`, { ...body, spec: { finalizers: [] } })).status).toBe(
      200,
    )
    expect((await rig.ask('GET', `${namespaces}/shop`)).status).toBe(404)
  })

  test('with a finalizer of its own waits for both kinds', async () => {
    const rig = new Rig()
    await rig.ask('POST', namespaces, { metadata: { name: 'shop', finalizers: ['example.com/a'] } })
    await rig.ask('DELETE', `${namespaces}/shop`)
    const { status, body } = await rig.patch(`${namespaces}/shop`, { metadata: { finalizers: null } })
    expect([status, body.spec.finalizers]).toEqual([200, ['kubernetes']])
    expect((await rig.ask('GET', `${namespaces}/shop`)).status).toBe(200)
    await rig.ask('PUT', `${namespaces}/shop/finalize`, { ...body, spec: {} })
    expect((await rig.ask('GET', `${namespaces}/shop`)).status).toBe(404)
  })

  test('that a cluster needs cannot be deleted', async () => {
    expect((await new Rig().ask('DELETE', `${namespaces}/default`)).body.message).toBe(
      'namespaces "default" is forbidden: this namespace may not be deleted',
    )
  })
})
