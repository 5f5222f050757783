import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/kube/index.ts'
import { PodsEar } from '../../../src/operator/pace/pods-ear.ts'
import type { Ask } from '../../../src/signals/index.ts'
import { endpointsSchema } from '../../../src/signals/index.ts'
import { until } from '../../kube/virtual-clock.ts'
import { key, pacingOf, replicaSet, revisionOf, SightStage, targetOf } from './sight-stage.ts'

const pod = (uid: string, hash: string, more: object = {}) => ({ uid, hash, restarts: 0, podIP: uid, ...more })
const ending = { deletionTimestamp: '2026-01-01T00:00:30Z' }

/** A stage that listens to pods by the counters that they would give. */
function podsStage() {
  const counters: Record<string, Record<string, number>> = {}
  const ask: Ask = async ({ url }) => {
    const text = Object.entries(counters[url.hostname] ?? {}).map(
      ([code, count]) => `drain_server_requests_total{code="${code}"} ${count}\n`,
    )
    return { kind: 'body', text: text.join('') }
  }
  const stage: SightStage = new SightStage({
    listen: (_, pods) => new PodsEar({ pods, ask, monotonicMs: () => stage.clock.monotonicMs() }),
  })
  stage.server.items['replicasets'] = [replicaSet('new', 'v2')]
  return { stage, counters }
}

describe('a rollout that pods are asked about', () => {
  test('what the drain of a pod cut off is counted once, whoever tells first', async () => {
    const { stage, counters } = podsStage()
    stage.pods = [pod('old', 'old'), pod('new', 'new')]
    counters['old'] = { '2xx': 1000 }
    counters['new'] = { '2xx': 1000 }
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
    await stage.clock.advance(2000)
    stage.pods = [pod('old', 'old', ending), pod('new', 'new')]
    counters['old'] = { '2xx': 1100, forced: 2 }
    counters['new'] = { '2xx': 1200 }
    await stage.clock.advance(2000)
    const forced = { requests: 5, connections: 1 }
    stage.pods = [pod('new', 'new')]
    stage.sights.ended({
      namespace: 'shop',
      deployment: 'checkout',
      podUid: 'old',
      outcome: { outcome: 'forced', forced },
    })
    stage.sights.ended({ namespace: 'shop', deployment: 'cart', podUid: 'x', outcome: { outcome: 'killed' } })
    stage.sights.ended({ namespace: 'other', deployment: 'checkout', podUid: 'x', outcome: { outcome: 'killed' } })
    await stage.clock.advance(12_000)
    const draining = stage.sight.verdict?.attribution.find(({ origin }) => origin === 'draining')
    expect(draining?.counts).toEqual({ requests: 105, errors: 5 })
  })

  test('killed pods alone can breach the objective, where other requests went well; from blameFromMs on, like everything else', async () => {
    const { stage, counters } = podsStage()
    stage.pods = [pod('new', 'new')]
    counters['new'] = { '2xx': 0 }
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
    await stage.clock.advance(2000)
    counters['new'] = { '2xx': 500 }
    const killed = { namespace: 'shop', deployment: 'checkout', outcome: { outcome: 'killed' } } as const
    for (let index = 0; index < 5; index++) stage.sights.ended({ ...killed, podUid: `p${index}` })
    await stage.clock.advance(2000)
    expect(stage.pace).toMatchObject({ outcome: 'Breached', blame: 'draining' })
    stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
    counters['new'] = { '2xx': 1000 }
    await stage.clock.advance(20_000)
    expect(stage.pace.outcome).toBe('Inconclusive')
  })

  test('a process that takes over in the middle concludes from what it hears itself', async () => {
    const { stage, counters } = podsStage()
    await stage.clock.advance(600_000)
    stage.pods = [pod('old', 'old'), pod('new', 'new')]
    counters['old'] = { '2xx': 1_000_000 }
    counters['new'] = { '2xx': 500, '5xx': 500 }
    const epoch = { blameFromMs: stage.now() - 300_000, settledMs: stage.now() - 60_000 }
    stage.sights.follow(targetOf(), epoch)
    await stage.clock.advance(2000)
    expect(stage.pace).toEqual({ outcome: 'Inconclusive', sinceMs: epoch.settledMs })
    counters['new'] = { '2xx': 10_500, '5xx': 500 }
    await stage.clock.advance(2000)
    expect(stage.pace).toEqual({ outcome: 'Healthy', sinceMs: epoch.settledMs })
  })
})

test('what an end has cost stays for as long as the epoch', async () => {
  const stage = new SightStage()
  stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
  await stage.clock.advance(1000)
  stage.ear.happen('newVersion', 20)
  stage.ear.happen('draining', 10_000)
  stage.sights.ended({ namespace: 'shop', deployment: 'checkout', podUid: 'a', outcome: { outcome: 'killed' } })
  await stage.clock.advance(700_000)
  stage.ear.happen('newVersion', 1)
  await stage.clock.advance(12_000)
  expect(stage.sight.verdict?.counts).toEqual({ requests: 10_022, errors: 1 })
})

test('a source that tells no origins apart has the ends of pods in its count of the service', async () => {
  const stage = new SightStage({ origins: ['service'] })
  stage.sights.follow(targetOf(), { blameFromMs: stage.now() })
  await stage.clock.advance(0)
  stage.ear.happen('service', 500)
  const killed = { namespace: 'shop', deployment: 'checkout', outcome: { outcome: 'killed' } } as const
  for (let index = 0; index < 20; index++) stage.sights.ended({ ...killed, podUid: `p${index}` })
  await stage.clock.advance(2000)
  expect(stage.pace).toMatchObject({ outcome: 'Breached', blame: 'service' })
  expect(stage.sight.verdict?.counts).toEqual({ requests: 520, errors: 20 })
})

describe('over the network', () => {
  const servers: ReturnType<typeof createServer>[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close().closeAllConnections()
  })

  /** drain-server's metrics, or a Prometheus, at a port of this machine. */
  async function listening(answer: (url: string, authorization: string | undefined) => string): Promise<number> {
    const server = createServer((request, response) => {
      response.end(answer(request.url ?? '', request.headers.authorization))
    })
    servers.push(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  /** Follows a rollout on the machine's own clock, until something was heard. */
  async function heard(stage: SightStage, target = targetOf()) {
    stage.sights.follow(target, { blameFromMs: Date.now() - 10_000 })
    await until(() => stage.sight.verdict !== undefined)
    const { verdict } = stage.sight
    stage.sights.stop(key)
    return verdict
  }

  test.each([
    [false, 'Forbidden'],
    [true, 'TooFewRequests'],
  ])('pods at an address of this machine are asked where that is allowed: %s', async (podsOnLoopback, reason) => {
    const drainPort = await listening(() => 'drain_server_requests_total{code="2xx"} 5\n')
    const stage = new SightStage({ clock: systemClock, podsOnLoopback, listen: undefined } as never)
    stage.pods = [pod('a', 'old', { podIP: '127.0.0.1' })]
    expect(await heard(stage, targetOf({ drainPort }))).toMatchObject({ reason })
  })

  test('link-local addresses are never asked', async () => {
    const stage = new SightStage({ clock: systemClock, podsOnLoopback: true, listen: undefined } as never)
    stage.pods = [pod('a', 'old', { podIP: '169.254.169.254' })]
    expect(await heard(stage)).toMatchObject({ reason: 'Forbidden' })
  })

  test('a Prometheus is asked with the Secret, which is told to nobody else', async () => {
    let authorization: string | undefined
    const port = await listening((url, sent) => {
      authorization = sent
      const value = url.includes('failure') ? '0' : '5000'
      return JSON.stringify({
        status: 'success',
        data: { resultType: 'vector', result: [{ metric: {}, value: [1, value] }] },
      })
    })
    const endpoints = endpointsSchema.parse({
      main: { url: `http://127.0.0.1:${port}`, addresses: { loopback: true }, lagSeconds: 0 },
    })
    const stage = new SightStage({ clock: systemClock, endpoints, listen: undefined } as never)
    stage.server.secret = { data: { token: Buffer.from('hunter2').toString('base64') } }
    const prometheus = { endpoint: 'main', preset: 'linkerd', secret: 'prometheus' }
    const verdict = await heard(stage, targetOf({ pacing: pacingOf({ source: 'Prometheus', prometheus }) }))
    expect(verdict).toMatchObject({ kind: 'Healthy', counts: { requests: 5000, errors: 0 } })
    expect(authorization).toBe('Bearer hunter2')
    expect(JSON.stringify([stage.logged, verdict])).not.toContain('hunter2')
    expect(stage.sights.look(key, revisionOf('v2'))).toBeUndefined()
  })
})
