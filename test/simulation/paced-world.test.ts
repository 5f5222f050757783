import { beforeEach, expect, test } from 'vitest'
import type { ApiServerLike } from '../../src/cluster/api-server/index.ts'
import { deployments, type KubeObject, pods } from '../../src/kube/index.ts'
import { replicaSets } from '../../src/cluster/controllers/shared/resources.ts'
import { makeServer } from './run/server.ts'
import { Seeded } from './time/seeded.ts'
import { SimClock } from './time/sim-clock.ts'
import { Controllers } from './world/controllers.ts'
import { Kubelet } from './world/kubelet.ts'
import { type Manifest, namespace } from './world/manifest.ts'
import { People } from './world/people.ts'
import type { RawDeployment, RawPod } from './world/raw.ts'
import { isRolledOut } from './world/raw.ts'
import { Traffic } from './world/traffic.ts'

const name = 'checkout'
const manifest: Manifest = { name, author: 'kubectl', image: 'app:1', replicas: 4, drainPort: true }

let clock: SimClock
let server: ApiServerLike
let people: People
let controllers: Controllers
let traffic: Traffic
let kubelet: Kubelet
/** The most pods at a time that did not end. */
let most = 0

beforeEach(async () => {
  const random = new Seeded(1)
  clock = new SimClock()
  server = await makeServer(clock, random.fork('server').next)
  people = new People(server)
  controllers = new Controllers({ server, clock, random: random.fork('controllers') })
  const profileOf = (): 'quick' => 'quick'
  kubelet = new Kubelet({ server, clock, random: random.fork('kubelet'), profileOf, onEnd: () => {} })
  traffic = new Traffic({ server, clock })
  most = 0
  server.onWrite(({ resource }) => {
    if (resource.plural !== 'pods') return
    most = Math.max(most, standing().length)
  })
})

const now = (): RawDeployment => server.objects(deployments, namespace)[0] as RawDeployment
const standing = (): RawPod[] =>
  (server.objects(pods, namespace) as RawPod[]).filter(({ metadata }) => metadata.deletionTimestamp === undefined)
const images = (): (string | undefined)[] => standing().map(({ spec }) => spec.containers[0]?.image)
const after = async (seconds: number): Promise<void> => clock.runUntil(clock.monotonicMs() + seconds * 1000)

test('a rollout keeps to the strategy, and its ReplicaSets are those of a Deployment', async () => {
  kubelet.start()
  await people.apply({ ...manifest, pace: { maxSurge: 2, maxUnavailable: 0 } })
  await after(10)
  most = 0
  await people.apply({ ...manifest, image: 'app:2', pace: { maxSurge: 2, maxUnavailable: 0 } })
  await after(60)
  expect(most).toBe(6)
  expect(images()).toEqual(Array.from({ length: 4 }, () => 'app:2'))
  const sets = server.objects(replicaSets, namespace) as (KubeObject & { spec: { replicas: number } })[]
  expect(
    sets.map(({ metadata, spec }) => [metadata.annotations?.['deployment.kubernetes.io/revision'], spec.replicas]),
  ).toEqual([
    ['1', 0],
    ['2', 4],
  ])
  for (const { metadata } of sets) {
    expect(metadata.ownerReferences?.[0]).toMatchObject({ kind: 'Deployment', uid: now().metadata.uid })
    expect(metadata.name.endsWith(`-${metadata.labels?.['pod-template-hash']}`)).toBe(true)
  }
  expect(now().status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'Progressing', reason: 'NewReplicaSetAvailable' }),
  )
})

test('minReadySeconds holds a step until time lets it through', async () => {
  kubelet.start()
  await people.apply({ ...manifest, pace: { maxSurge: 1, maxUnavailable: 0 } })
  await after(100)
  await people.apply({ ...manifest, image: 'app:2', pace: { maxSurge: 1, maxUnavailable: 0, minReadySeconds: 60 } })
  await after(50)
  expect(images().filter((image) => image === 'app:2')).toHaveLength(1)
  expect(now().status?.availableReplicas).toBe(4)
  await after(30)
  expect(images().filter((image) => image === 'app:2')).toHaveLength(2)
  await after(4 * 65)
  expect(isRolledOut(now())).toBe(true)
})

test('paused, a Deployment scales and replaces pods, and rolls nothing', async () => {
  kubelet.start()
  await people.apply(manifest)
  await after(10)
  expect(await people.pause(name, true)).toBe('done')
  expect(await people.pause(name, true)).toBe('already paused')
  await people.apply({ ...manifest, image: 'app:2' })
  await people.deletePods(name, 1)
  await people.scale(name, 6, 'kubectl')
  await after(30)
  expect(images()).toEqual(Array.from({ length: 6 }, () => 'app:1'))
  await people.pause(name, false)
  await after(60)
  expect(images()).toEqual(Array.from({ length: 6 }, () => 'app:2'))
})

test('a rollout that makes no progress within its deadline says so', async () => {
  await people.apply({ ...manifest, pace: { progressDeadlineSeconds: 45 } })
  const progressing = (): unknown => now().status?.conditions?.find(({ type }) => type === 'Progressing')
  await after(40)
  expect(progressing()).toMatchObject({ status: 'True' })
  await after(10)
  expect(progressing()).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' })
})

test('an earlier template comes back without the label of its ReplicaSet', async () => {
  kubelet.start()
  await people.apply(manifest)
  await after(10)
  await people.apply({ ...manifest, image: 'app:2' })
  await after(60)
  const before = controllers.previousTemplate(now().metadata.uid ?? '')
  expect(before?.spec.containers[0]?.image).toBe('app:1')
  expect(before?.metadata?.labels).toEqual({ app: name })
  await people.undo(name, before)
  await after(60)
  expect(images()).toEqual(Array.from({ length: 4 }, () => 'app:1'))
  expect(controllers.previousTemplate(now().metadata.uid ?? '')?.spec.containers[0]?.image).toBe('app:2')
})

test('pods count their share of the requests, and what fails of their image', async () => {
  kubelet.start()
  await people.apply(manifest)
  await after(10)
  traffic.flow(name, 400)
  traffic.fail(name, 'app:1', 0.25)
  await after(100)
  const ask = traffic.askOf(clock, new Seeded(2))
  const scrape = async (): Promise<Record<string, number>> => {
    const url = new URL(`http://${standing()[0]?.status?.podIP}:9090/metrics`)
    const answered = ask({ url, timeoutMs: 1000, limitBytes: 1000, who: 'a pod' })
    await after(1)
    const answer = await answered
    if (answer.kind === 'silent') return {}
    return Object.fromEntries(
      answer.text
        .trim()
        .split('\n')
        .map((line) => [line.slice(-99), Number(line.split(' ')[1])]),
    )
  }
  const [good = 0, failed = 0] = Object.values(await scrape())
  expect(good + failed).toBeGreaterThan(9900)
  expect(good + failed).toBeLessThan(10_200)
  expect(failed / (good + failed)).toBeCloseTo(0.25, 3)
  traffic.silence(name, 10_000)
  expect(await scrape()).toEqual({})
  await after(10)
  traffic.calm(0)
  const [quiet] = Object.values(await scrape())
  await after(100)
  expect(Object.values(await scrape())[0]).toBe(quiet)
})
