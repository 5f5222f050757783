import { expect, test } from 'vitest'
import { namespace, paths } from './cluster.ts'
import { podSpecOf } from './memory-apply.ts'
import { type OperatorProcess, quick, Rig } from './rig.ts'

/** What happens around the operator. */
const stories = {
  'a policy is delivered': async ({ cluster, settle }: Story) => {
    cluster.createPolicy()
    await settle()
    await cluster.rollOut('checkout', { lastMs: 1000 })
    await settle()
  },
  'slow drains raise the contract': async ({ cluster, settle }: Story) => {
    cluster.createPolicy({ propagation: quick })
    await settle()
    await cluster.rollOut('checkout', { lastMs: 9000 })
    await settle()
    await cluster.rollOut('checkout', { lastMs: 9000 })
    await settle()
  },
  'fast drains lower the contract with the next deploy': async ({ cluster, settle }: Story) => {
    cluster.createPolicy({ propagation: quick })
    await settle()
    await cluster.rollOut('checkout', { lastMs: 4000 })
    await settle()
    cluster.edit((raw) => podSpecOf(raw).containers?.forEach((container) => (container['image'] = 'app:2')))
    await settle()
    await cluster.rollOut('checkout', { lastMs: 100 })
    await settle()
  },
  'the policy is deleted': async ({ cluster, api, settle }: Story) => {
    cluster.createPolicy()
    await settle()
    await cluster.rollOut()
    api.remove(paths.policies, `${namespace}/checkout`)
    await settle()
    await settle()
    await settle()
  },
} as const

interface Story {
  cluster: Rig['cluster']
  api: Rig['api']
  settle: () => Promise<void>
}

interface Outcome {
  template: unknown
  /** Each is a ReplicaSet: a rollout. */
  templates: number
  writes: number
}

/** Tells a story; the operator crashes at its write number `crashAt`, which is dropped or stored, and starts anew. */
async function tell(name: keyof typeof stories, crashAt?: { write: number; stored: boolean }): Promise<Outcome> {
  const rig = new Rig()
  let writes = 0
  let current: OperatorProcess | undefined
  const start = (): OperatorProcess =>
    rig.start({
      interfere: (_request, commit) => {
        writes += 1
        if (writes - 1 !== crashAt?.write) return commit()
        const response = crashAt.stored ? commit() : undefined
        current?.kill()
        current = start()
        return response ?? new Promise(() => {})
      },
    })
  rig.cluster.createDeployment()
  rig.cluster.createService()
  current = start()
  await rig.settle()
  await stories[name]({ cluster: rig.cluster, api: rig.api, settle: () => rig.settle(20_000) })
  const changes = rig.api.writes
    .filter(({ collection }) => collection === paths.deployments)
    .map(({ object }) => JSON.stringify(podSpecOf(object)))
  const templates = changes.filter((template, index) => template !== changes[index - 1]).length
  return { template: podSpecOf(rig.cluster.deployment()), templates, writes }
}

for (const name of Object.keys(stories) as (keyof typeof stories)[]) {
  test(`${name}: a crash at any write leads to the same template by as many rollouts`, async () => {
    const reference = await tell(name)
    const found: object[] = []
    for (let write = 0; write < reference.writes; write += 1) {
      for (const stored of [false, true]) {
        const { template, templates } = await tell(name, { write, stored })
        found.push({ write, stored, template, templates })
      }
    }
    const expected = { template: reference.template, templates: reference.templates }
    expect(found.map((each) => ({ ...each, ...expected }))).toEqual(found)
  })
}
