import { expect, test } from 'vitest'
import { ApiServer } from '../../src/cluster/api-server/index.ts'
import {
  FIELD_MANAGER,
  type PatchRequest,
  type Plan,
  planPatch,
  planRelease,
  projectDeployment,
} from '../../src/contract/index.ts'
import { createKubeApi, deployments, type KubeObject, namespaces, systemClock } from '../../src/kube/index.ts'
import { APP, deployment, DRAIN_APP, REQUEST } from './case.ts'

/** `kubectl rollout undo` away from our contract and back to it, played on the embedded API server to the last release. */
const AT = { namespace: 'shop', name: 'checkout' }
const LONGER = { drainDelaySeconds: 9, gracePeriodSeconds: 60 }

interface Template {
  spec: { terminationGracePeriodSeconds: number; containers: { lifecycle?: { preStop?: object } }[] }
}

class Shop {
  readonly #api = createKubeApi(new ApiServer({ clock: systemClock }).client('kubectl'))

  static async open(container: object, podSpec: object = {}): Promise<Shop> {
    const shop = new Shop()
    await shop.#api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: AT.namespace } })
    const made = deployment({ containers: [container], ...podSpec }) as KubeObject
    await shop.#api.create(deployments, { ...made, metadata: AT }, { fieldManager: 'helm' })
    return shop
  }

  async template(): Promise<Template> {
    const { spec } = (await this.#api.get(deployments, AT)) as unknown as { spec: { template: Template } }
    return spec.template
  }

  async undo(value: Template): Promise<void> {
    await this.#api.jsonPatch(deployments, AT, [{ op: 'replace', path: '/spec/template', value }])
  }

  /** Another controller takes the grace period by force. */
  async tune(terminationGracePeriodSeconds: number): Promise<void> {
    const body = { spec: { template: { spec: { terminationGracePeriodSeconds } } } }
    await this.#api.apply(deployments, AT, body, { fieldManager: 'platform-tuner', force: true })
  }

  /** Carries out a plan of ours. */
  async enforce(request: PatchRequest): Promise<Plan> {
    return this.#carryOut(planPatch(projectDeployment(await this.#api.get(deployments, AT)), request))
  }

  async release(): Promise<Plan> {
    return this.#carryOut(planRelease(projectDeployment(await this.#api.get(deployments, AT))))
  }

  async #carryOut(plan: Plan): Promise<Plan> {
    const { body, force } = plan
    if (body) await this.#api.apply(deployments, AT, body, { fieldManager: FIELD_MANAGER, force })
    return plan
  }
}

async function undoneTwice(container: object): Promise<Shop> {
  const shop = await Shop.open(container)
  const before = await shop.template()
  await shop.enforce(REQUEST)
  const enforced = await shop.template()
  await shop.undo(before)
  await shop.undo(enforced)
  return shop
}

const ours = [REQUEST]

test.each([
  ['sleep', APP],
  ["hook of drain-server's", DRAIN_APP],
])('a %s that was put back whole, and held beside whoever did it, is given back without a rollout', async (_, app) => {
  const shop = await undoneTwice(app)
  const template = await shop.template()
  expect(await shop.enforce({ ...REQUEST, ours })).toMatchObject({ action: 'Apply', force: false })
  expect(await shop.enforce({ ...REQUEST, ours })).toMatchObject({ action: 'None' })
  expect(await shop.release()).toMatchObject({ action: 'Release', force: false, fields: [], changesTemplate: false })
  expect(await shop.release()).toMatchObject({ action: 'None', notes: [] })
  expect(await shop.template()).toEqual(template)
})

test('a sleep of which an undo changed only the seconds is taken by force, and then given back', async () => {
  const shop = await Shop.open(APP)
  await shop.enforce(REQUEST)
  const enforced = await shop.template()
  await shop.enforce(LONGER)
  await shop.undo(enforced)
  await shop.enforce({ ...REQUEST, ours })
  expect(await shop.release()).toMatchObject({ action: 'Release', force: true })
  await shop.release()
  expect(await shop.release()).toMatchObject({ action: 'None', notes: [] })
  const { spec } = await shop.template()
  expect([spec.terminationGracePeriodSeconds, spec.containers[0]?.lifecycle?.preStop]).toEqual([30, undefined])
})

test('a hook that was put back whole and then changed by us stays, with the grace period that its URL names', async () => {
  const shop = await undoneTwice(DRAIN_APP)
  await shop.enforce({ ...LONGER, ours })
  const template = await shop.template()
  expect(JSON.stringify(template)).toContain('delaySeconds=9&graceSeconds=60')
  for (let plans = 0; plans < 3; plans++) await shop.release()
  expect(await shop.release()).toMatchObject({ action: 'None', notes: [{ code: 'StillHeld' }] })
  expect(await shop.template()).toEqual(template)
})

test.each([
  ['hook of drain-server', DRAIN_APP],
  ['sleep', APP],
])('a stated grace period that came back with our %s was never ours: it stays', async (_, app) => {
  const shop = await Shop.open(app, { terminationGracePeriodSeconds: 300 })
  await shop.enforce(REQUEST)
  const enforced = await shop.template()
  await shop.tune(90)
  await shop.undo(enforced)
  await shop.enforce({ ...LONGER, ours: [{ drainDelaySeconds: REQUEST.drainDelaySeconds }] })
  expect((await shop.template()).spec.terminationGracePeriodSeconds).toBe(300)
})
