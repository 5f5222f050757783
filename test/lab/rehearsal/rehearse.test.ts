import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  deployments,
  namespaces,
  nodes as nodeResource,
  pods,
  type Transport,
  type TransportRequest,
} from '../../../src/kube/index.ts'
import { type RehearsalEvent, rehearse, timed } from '../../../src/lab/rehearsal/index.ts'
import type { Rehearsal } from '../../../src/lab/result.ts'
import type { Scenario } from '../../../src/lab/scenario.ts'
import { openStage, readKustomization, type Stage, StageError } from '../../../src/lab/stage/index.ts'
import { type ModelSite, modelSite } from './model-site.ts'
import { scenarioOf, variantOf } from './results.ts'

const config = readKustomization(join(import.meta.dirname, '../../../config'))

/** Every object that is not a cluster's own. */
function brought(site: ModelSite): string[] {
  const own = site.server.objects(namespaces).filter(({ metadata: { name } }) => name.startsWith('drainkeeper'))
  return [...own, ...site.server.objects(deployments), ...site.server.objects(pods)].map(
    ({ kind, metadata }) => `${kind} ${metadata.name}`,
  )
}

/** Answers 403 to what it is told to. */
function forbid(site: ModelSite, forbidden: (request: TransportRequest) => boolean): void {
  const { transport } = site
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Forbidden', code: 403, message: 'no' }
  const refusing: Transport = {
    request: (request) =>
      transport.request(forbidden(request) ? { ...request, path: '/refused' } : request).then((response) => {
        if (!forbidden(request)) return response
        response.cancel()
        return { ...response, status: 403, text: async () => JSON.stringify(body), cancel: () => undefined }
      }),
  }
  Object.assign(site, { transport: refusing })
}

async function staged(
  nodeNames?: readonly string[],
  prepare: (site: ModelSite) => void = () => undefined,
): Promise<{ site: ModelSite; stage: Stage; stop: AbortController }> {
  const site = await modelSite(nodeNames)
  prepare(site)
  onTestFinished(() => site.close())
  const stop = new AbortController()
  const stage = await openStage({ site, config, signal: stop.signal, progress: () => undefined })
  return { site, stage, stop }
}

async function run(
  { stage, stop }: { stage: Stage; stop: AbortController },
  scenarios: readonly Scenario[],
  onEvent: (event: RehearsalEvent) => void = () => undefined,
): Promise<Rehearsal> {
  return rehearse({
    stage,
    scenarios,
    objective: { maxLost: 0 },
    emit: timed(onEvent, performance.now()),
    signal: stop.signal,
    startedMonotonicMs: performance.now(),
    versions: {},
    quietSeconds: 0.2,
    probeIntervalMs: 50,
  })
}

/** Pods end within a tenth of a second here: so much load that some of it is due meanwhile. */
const load = { protocol: 'http', ratePerSecond: 600 } as const

const quick = (change: Partial<Scenario> = {}): Scenario =>
  scenarioOf({ replicas: 2, disruptions: 1, load, variants: [variantOf({ expect: 'none' })], ...change })

describe('a stage', () => {
  test('has an agent that is ready on each node, and leaves nothing behind', async () => {
    const { site, stage } = await staged(['node-1', 'node-2'])
    expect(stage.agents.map(({ node }) => node)).toEqual(['node-1', 'node-2'])
    expect(await stage.agents[1]?.client.health()).toMatchObject({ node: 'node-2' })
    expect(brought(site)).toContain('Deployment drainkeeper')
    expect(await stage.close()).toEqual([])
    expect(brought(site)).toEqual([])
    expect(site.closed).toBe(true)
  })

  test('is refused where drainkeeper or a namespace of its is already, and nothing is changed', async () => {
    const { site, stage } = await staged()
    const writes: string[] = []
    site.server.onWrite(({ verb, resource }) => writes.push(`${verb} ${resource.plural}`))
    const again = openStage({ site, config, signal: new AbortController().signal, progress: () => undefined })
    await expect(again).rejects.toThrow(StageError)
    await expect(again).rejects.toThrow(/^drainkeeper is installed in this cluster already/)
    expect(writes.filter((write) => !write.endsWith('leases'))).toEqual([])
    await stage.watched.stop()
  })

  test('that is interrupted while it is furnished is taken away again', async () => {
    const site = await modelSite()
    onTestFinished(() => site.close())
    const stop = new AbortController()
    const progress = (line: string): void => {
      if (line.startsWith('starting an agent')) stop.abort(new Error('enough'))
    }
    await expect(openStage({ site, config, signal: stop.signal, progress })).rejects.toThrow()
    expect(brought(site)).toEqual([])
  })

  test('names what it could not take away, also when it was never furnished', async () => {
    const site = await modelSite()
    onTestFinished(() => site.close())
    forbid(site, ({ method, path }) => method === 'DELETE' && path === '/api/v1/namespaces/drainkeeper-lab')
    const stop = new AbortController()
    const told: string[] = []
    const progress = (line: string): void => {
      told.push(line)
      if (line.startsWith('starting an agent')) stop.abort(new Error('enough'))
    }
    await expect(openStage({ site, config, signal: stop.signal, progress })).rejects.toThrow()
    expect(told.slice(-2)).toEqual([
      'taking everything away again',
      'LEFT BEHIND: namespace drainkeeper-lab: delete /api/v1/namespaces/drainkeeper-lab: 403 no',
    ])
  })
})

describe('a rehearsal', () => {
  test('of a variant that loses nothing: counted, timed, told, and taken away', async () => {
    const place = await staged()
    const events: RehearsalEvent[] = []
    const rehearsal = await run(place, [quick()], (event) => events.push(event))
    const [variant] = rehearsal.scenarios[0]?.variants ?? []
    expect(rehearsal).toMatchObject({ passed: true, interrupted: false, cluster: { nodes: ['node-1'] } })
    expect(variant?.total.requests).toBeGreaterThan(20)
    expect(variant?.total).toMatchObject({ lost: 0, lostByKind: {} })
    const { before, during, after, total } = variant ?? {}
    expect((before?.requests ?? 0) + (during?.requests ?? 0) + (after?.requests ?? 0)).toBe(total?.requests)
    const deleted = variant?.pods.filter(({ deletedMs }) => deletedMs !== null) ?? []
    expect(deleted).toHaveLength(2)
    for (const pod of deleted) {
      expect(pod.readyMs).toBeLessThan(pod.deletedMs ?? 0)
      expect(pod.sliceFlippedMs).not.toBeNull()
      expect(pod.exitedMs).toBeGreaterThanOrEqual(pod.deletedMs ?? Infinity)
    }
    expect(events.flatMap((event) => (event.type === 'phase' ? [event.phase] : []))).toEqual([
      'deploy',
      'quiet-before',
      'disruptions',
      'quiet-after',
      'count',
      'clean-up',
    ])
    expect(events.map(({ atMs }) => atMs)).toEqual(events.map(({ atMs }) => atMs).toSorted((a, b) => a - b))
    expect(place.site.server.objects(deployments).map(({ metadata }) => metadata.name)).toEqual(['drainkeeper'])
    // This process's own is added.
    expect(rehearsal.peakMemoryBytes).toBeGreaterThan(1024)
  })

  test('of one that loses: it shows, and the objective is missed', async () => {
    const place = await staged()
    place.site.answer = 'broken'
    const rehearsal = await run(place, [quick()])
    const [variant] = rehearsal.scenarios[0]?.variants ?? []
    expect(rehearsal.passed).toBe(false)
    expect(variant?.total.lost).toBe(variant?.total.requests)
    expect(variant?.requests.every(([, , kind]) => kind !== null)).toBe(true)
    expect(variant?.perSecond.reduce((sum, { lost }) => sum + lost, 0)).toBe(variant?.total.lost)
  })

  test('a scale-down gives the pods back before the next one', async () => {
    const place = await staged()
    const scenario = quick({ replicas: 4, disruption: 'scale-down', disruptions: 2 })
    const rehearsal = await run(place, [scenario])
    const [variant] = rehearsal.scenarios[0]?.variants ?? []
    expect(variant?.disruptions).toHaveLength(2)
    expect(variant?.pods.filter(({ deletedMs }) => deletedMs !== null)).toHaveLength(4)
  })

  test('a node drain leaves the node as it was', async () => {
    const place = await staged(['node-1', 'node-2'])
    const rehearsal = await run(place, [quick({ disruption: 'node-drain' })])
    const [variant] = rehearsal.scenarios[0]?.variants ?? []
    expect(rehearsal.passed).toBe(true)
    const drained = new Set(variant?.pods.filter(({ deletedMs }) => deletedMs !== null).map(({ node }) => node))
    expect(drained.size).toBe(1)
    const unschedulable = place.site.server
      .objects(nodeResource)
      .map((node) => (node as { spec?: { unschedulable?: boolean } }).spec?.unschedulable)
    expect(unschedulable).toEqual([undefined, undefined])
  })

  test('a node that cannot be uncordoned is tried again at the end, and named', async () => {
    let refused = 0
    const place = await staged(['node-1', 'node-2'], (site) =>
      forbid(site, ({ method, path, body = '' }) => {
        const isUncordon =
          method === 'PATCH' && path.startsWith('/api/v1/nodes/') && body.includes('"unschedulable":null')
        if (isUncordon) refused++
        return isUncordon
      }),
    )
    const rehearsal = await run(place, [quick({ disruption: 'node-drain' })])
    expect(rehearsal.passed).toBe(false)
    expect(await place.stage.close()).toEqual([
      expect.stringMatching(/^node node-[12] takes no pods: kubectl uncordon node-[12]$/),
    ])
    expect(refused).toBeGreaterThan(2)
  })

  test('pods on a node without a client are drained as well', async () => {
    const place = await staged(['node-1', 'node-2', 'node-3'], (site) =>
      Object.assign(site, { nodes: ['node-1', 'node-2'] }),
    )
    const rehearsal = await run(place, [quick({ disruption: 'node-drain', disruptions: 3, replicas: 3 })])
    expect(rehearsal.scenarios[0]?.checks.filter(({ passed }) => !passed)).toEqual([])
    expect(
      rehearsal.scenarios[0]?.variants[0]?.pods.some(({ node, deletedMs }) => node === 'node-3' && deletedMs !== null),
    ).toBe(true)
  })

  test('a variant that cannot be run is a failed check, and the next one runs', async () => {
    const place = await staged()
    const impossible = quick({ name: 'impossible', disruption: 'node-drain' })
    const rehearsal = await run(place, [impossible, quick()])
    expect(rehearsal.scenarios.map(({ passed }) => passed)).toEqual([false, true])
    expect(rehearsal.scenarios[0]?.checks).toEqual([
      { passed: false, sentence: 'V: it broke off: a node drain needs a second node that takes the pods' },
    ])
  })

  test('that is interrupted keeps what was over, and takes away the rest', async () => {
    const place = await staged()
    const two = quick({ variants: [variantOf({ name: 'one' }), variantOf({ name: 'two' })] })
    const rehearsal = await run(place, [two, quick({ name: 'never' })], (event) => {
      if (event.type === 'disruption-started' && place.site.answer === 'broken') place.stop.abort(new Error('Ctrl-C'))
      if (event.type === 'variant-ended') place.site.answer = 'broken'
    })
    expect(rehearsal).toMatchObject({ passed: false, interrupted: true })
    expect(rehearsal.scenarios.map(({ variants }) => variants.map(({ variant }) => variant.name))).toEqual([['one']])
    expect(place.site.server.objects(deployments).map(({ metadata }) => metadata.name)).toEqual(['drainkeeper'])
  })
})
