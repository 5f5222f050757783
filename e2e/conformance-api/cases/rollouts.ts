import { deployments, pods } from '../../../src/kube/index.ts'
import { Area } from '../case.ts'
import { at, type Fields } from '../data.ts'
import { deployment } from '../objects.ts'
import { annotation, conditionsOf, Played } from '../played.ts'
import type { Scene } from '../scene.ts'
import { image, running } from './rollout-steps.ts'

const area = new Area('controllers', 'controllers')
export const rolloutCases = area.cases

const quiet = { show: 'status' } as const

const change = (c: Scene, patch: Fields) => c.patch('strategic', deployments, 'web', patch, quiet)

/** Makes one new pod ready at a time until nothing waits. */
async function through(c: Scene, played: Played): Promise<void> {
  const trace = [played.line()]
  for (let pods = played.waiting(); pods.length > 0 && trace.length < 40; pods = played.waiting()) {
    await played.ready(pods.slice(0, 1))
    await played.rest()
    trace.push(played.line())
  }
  c.note('trace', trace)
}

for (const [replicas, maxSurge, maxUnavailable] of [
  [4, '25%', '25%'],
  [4, 1, 0],
  [4, 0, 1],
  [4, '50%', 0],
  [3, '100%', '0%'],
  [5, 2, 2],
  [1, '25%', '25%'],
  [10, '30%', '20%'],
  [2, 0, '50%'],
  [4, 0, '100%'],
  [3, '1%', '1%'],
] as const) {
  area.case(
    `a rollout of ${replicas}, surge ${maxSurge}, unavailable ${maxUnavailable}`,
    async (c) => {
      const played = await running(c, { replicas, strategy: { rollingUpdate: { maxSurge, maxUnavailable } } })
      await change(c, image(2))
      await played.rest()
      await through(c, played)
      c.note('end', played.state())
    },
    { timeoutSeconds: 120 },
  )
}

area.case('creation, step by step', async (c) => {
  const played = await Played.open(c)
  await c.create(deployments, deployment('web', { replicas: 3 }), quiet)
  await played.rest()
  c.note('made', played.state())
  await played.ready(played.waiting().slice(0, 1))
  await played.rest()
  c.note('one is ready', played.state())
  await played.ready(played.waiting())
  await played.rest()
  c.note('all are ready', played.state())
})

area.case('what is written into a ReplicaSet and its pods', async (c) => {
  const played = await running(
    c,
    { replicas: 1, template: { metadata: { annotations: { note: 'x' } } } },
    {
      labels: { own: 'label' },
      annotations: { own: 'annotation', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
    },
  )
  const [set] = played.replicaSets()
  const hash = set?.metadata.labels?.['pod-template-hash'] ?? ''
  c.check('the hash is part of the name', set?.metadata.name === `web-${hash}` && hash !== '')
  c.masks.replace(hash, '<hash>')
  c.note('Deployment', played.deployment())
  c.note('ReplicaSet', set)
  c.note('pod', { metadata: played.pods()[0]?.metadata, spec: at(played.pods()[0], 'spec') })
})

area.case('minReadySeconds holds back', async (c) => {
  const played = await running(c, { minReadySeconds: 3000, progressDeadlineSeconds: 3600 })
  c.note('ready, not available', played.state())
  await change(c, image(2))
  await played.rest()
  c.note('a new template', played.state())
  await change(c, { spec: { minReadySeconds: 0 } })
  await played.rest()
  c.note('no longer held', played.state())
})

area.case('minReadySeconds of a rollout, released', async (c) => {
  const played = await running(c, { replicas: 3, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } })
  await change(c, {
    spec: {
      minReadySeconds: 3000,
      progressDeadlineSeconds: 3600,
      template: image(2)['spec'] === undefined ? {} : (image(2) as { spec: { template: Fields } }).spec.template,
    },
  })
  await played.rest()
  await played.ready(played.waiting())
  await played.rest()
  c.note('held', played.state())
  await change(c, { spec: { minReadySeconds: 0 } })
  await played.rest()
  c.note('one step through', played.state())
})

area.case('minReadySeconds that pass', async (c) => {
  const played = await running(c, { replicas: 1, minReadySeconds: 3 })
  await c.eventually('it is available', () =>
    at(played.deployment(), 'status.availableReplicas') === 1 ? true : undefined,
  )
  await played.rest()
  c.note('available by itself', played.state())
})

area.case('paused: no rollout, but scaling', async (c) => {
  const played = await running(c)
  await change(c, { spec: { paused: true } })
  await played.rest()
  c.note('paused', played.state())
  await change(c, image(2))
  await played.rest()
  c.note('a new template', played.state())
  await change(c, { spec: { replicas: 3 } })
  await played.rest()
  c.note('scaled', played.state())
  await change(c, { spec: { paused: false } })
  await played.rest()
  c.note('resumed', played.state())
})

area.case('paused in mid-rollout', async (c) => {
  const played = await running(c, { replicas: 4, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } })
  await change(c, image(2))
  await played.rest()
  await change(c, { spec: { paused: true } })
  await played.ready(played.waiting())
  await played.rest()
  c.note('paused', played.state())
  await change(c, { spec: { replicas: 8 } })
  await played.rest()
  c.note('scaled while paused', played.state())
  await change(c, { spec: { paused: null } })
  await played.rest()
  c.note('resumed', played.state())
})

area.case('created paused', async (c) => {
  const played = await Played.open(c)
  await c.create(deployments, deployment('web', { paused: true }), quiet)
  await played.rest()
  c.note('paused', played.state())
  await change(c, { spec: { paused: false } })
  await played.rest()
  c.note('resumed', played.state())
})

area.case('back to a former template', async (c) => {
  const played = await running(c, { replicas: 1 })
  for (const version of [2, 1, 3, 2]) {
    await change(c, image(version))
    await played.rest()
    await played.ready(
      played.pods().filter((pod) => at(pod, 'spec.containers.0.image') === `example.com/app:${version}`),
    )
    await played.rest()
    c.note(`version ${version}`, played.state())
  }
  c.note(
    'revisions',
    played
      .replicaSets()
      .map((set) => [
        at(set, 'spec.template.spec.containers.0.image'),
        annotation(set, 'revision'),
        annotation(set, 'revision-history'),
      ]),
  )
  c.note('of the Deployment', annotation(played.deployment() ?? { metadata: { name: '' } }, 'revision'))
})

area.case(
  'a third template in mid-rollout',
  async (c) => {
    const played = await running(c, { replicas: 4, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } })
    await change(c, image(2))
    await played.rest()
    await played.ready(played.waiting().slice(0, 1))
    await played.rest()
    c.note('in the middle', played.state())
    await change(c, image(3))
    await played.rest()
    c.note('another', played.state())
    await through(c, played)
    c.note('end', played.state())
  },
  { timeoutSeconds: 120 },
)

area.case('back in mid-rollout', async (c) => {
  const played = await running(c, { replicas: 4, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } })
  await change(c, image(2))
  await played.rest()
  c.note('begun', played.state())
  await change(c, image(1))
  await played.rest()
  c.note('back', played.state())
})

for (const [from, to] of [
  [4, 8],
  [10, 20],
  [10, 5],
  [4, 0],
  [6, 7],
] as const) {
  area.case(
    `scaled from ${from} to ${to} in mid-rollout`,
    async (c) => {
      const played = await running(c, {
        replicas: from,
        strategy: { rollingUpdate: { maxSurge: '50%', maxUnavailable: '25%' } },
      })
      await change(c, image(2))
      await played.rest()
      await played.ready(played.waiting().slice(0, 1))
      await played.rest()
      // How far it came is chance where the end is the same for all.
      if (to > 0) c.note('in the middle', played.state())
      await change(c, { spec: { replicas: to } })
      await played.rest()
      c.note('scaled', played.state())
    },
    { timeoutSeconds: 120 },
  )
}

area.case(
  'Recreate',
  async (c) => {
    const played = await running(c, { strategy: { type: 'Recreate' } })
    const held = played.pods()[0]?.metadata.name ?? ''
    await c.quietly('PATCH', c.path(pods, held), {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { metadata: { finalizers: ['example.com/hold'] } },
    })
    await change(c, image(2))
    await c.eventually('the old ReplicaSet is empty', () =>
      at(played.replicaSets()[0], 'spec.replicas') === 0 ? true : undefined,
    )
    await played.rest()
    c.note('while an old pod ends', played.state())
    await c.quietly('PATCH', c.path(pods, held), {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { metadata: { finalizers: null } },
    })
    await played.rest()
    c.note('then', played.state())
  },
  { timeoutSeconds: 120 },
)

area.case('a deadline that passes', async (c) => {
  const played = await running(c, { progressDeadlineSeconds: 3 })
  await change(c, image(2))
  await c.eventually('the deadline', () =>
    conditionsOf(at(played.deployment(), 'status.conditions'))['Progressing'] === 'False ProgressDeadlineExceeded'
      ? true
      : undefined,
  )
  await played.rest()
  c.note('late', played.state())
  await played.ready(played.waiting())
  await played.rest()
  await played.ready(played.waiting())
  await played.rest()
  c.note('done after all', played.state())
})

area.case('the words of the conditions', async (c) => {
  const played = await running(c, { replicas: 1 })
  const words = () =>
    (at(played.deployment(), 'status.conditions') as Fields[])
      .map(({ type, message }) => [type, message])
      .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))
  for (const { metadata } of played.replicaSets()) c.masks.replace(metadata.name, '<rs1>')
  c.note('available', words())
  await change(c, image(2))
  await played.rest()
  for (const [index, { metadata }] of played.replicaSets().entries()) c.masks.replace(metadata.name, `<rs${index + 1}>`)
  // Whether its making or its progress is told depends on which was seen first.
  const progress = String(words().find(([type]) => type === 'Progressing')?.[1])
  c.check(
    `progress is told, not "${progress}"`,
    /^(Created new replica set|ReplicaSet) "web-\w+"( is progressing\.)?$/.test(progress),
  )
  await change(c, { spec: { paused: true } })
  await played.rest()
  c.note('paused', words())
})
