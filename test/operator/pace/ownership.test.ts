import { describe, expect, test } from 'vitest'
import { deployments as resource, KubeError } from '../../../src/kube/index.ts'
import { PACE_MANAGER } from '../../../src/operator/pace/pace-apply.ts'
import { type PaceClaims, paceDefaults, type PaceField } from '../../../src/pacing/index.ts'
import { at, claimsWithout, type Deployment, everyClaim, manifest, Shop } from './shop.ts'

const rolling = (rollingUpdate: object): object => ({ strategy: { type: 'RollingUpdate', rollingUpdate } })
const surge = rolling({ maxSurge: 2 })
const fields = Object.keys(everyClaim) as PaceField[]

/** How a Deployment came to be, and what of it is then somebody's. */
const origins: Record<string, [(shop: Shop) => Promise<void>, PaceField[]]> = {
  'kubectl apply': [async (shop) => shop.kubectlApply(manifest()), []],
  'kubectl apply that states a surge': [async (shop) => shop.kubectlApply(manifest(surge)), ['maxSurge']],
  'kubectl apply that states the default': [
    async (shop) => shop.kubectlApply(manifest(rolling({ maxSurge: '25%', maxUnavailable: null }))),
    ['maxSurge'],
  ],
  'kubectl apply that states no more what it stated': [
    async (shop) => {
      await shop.kubectlApply(manifest({ ...surge, minReadySeconds: 5 }))
      await shop.kubectlApply(manifest({ strategy: { rollingUpdate: { maxSurge: null } }, minReadySeconds: null }))
    },
    [],
  ],
  'kubectl create': [async (shop) => shop.create(manifest(), 'kubectl-create'), []],
  'kubectl create with times of its own': [
    async (shop) => shop.create(manifest({ minReadySeconds: 10, progressDeadlineSeconds: 300 }), 'kubectl-create'),
    ['minReadySeconds', 'progressDeadlineSeconds'],
  ],
  helm: [async (shop) => shop.create(manifest(), 'helm'), []],
  'helm with a strategy of its own': [
    async (shop) => shop.create(manifest(rolling({ maxSurge: 0, maxUnavailable: 1 })), 'helm'),
    ['maxSurge', 'maxUnavailable'],
  ],
  'a server-side apply': [async (shop) => shop.apply(manifest(), 'pipeline'), []],
  'a server-side apply that states a surge': [
    async (shop) => shop.apply(manifest(rolling({ maxSurge: 1 })), 'helm'),
    ['maxSurge'],
  ],
  'Argo CD, of which Git states defaults': [
    async (shop) => shop.apply(manifest({ ...rolling({ maxUnavailable: '25%' }), paused: false }), 'argocd-controller'),
    ['maxUnavailable', 'paused'],
  ],
  'Flux, of which Git states a deadline': [
    async (shop) => shop.apply(manifest({ progressDeadlineSeconds: 600 }), 'kustomize-controller'),
    ['progressDeadlineSeconds'],
  ],
  'kubectl rollout pause': [
    async (shop) => {
      await shop.create(manifest(), 'helm')
      await shop.patch({ spec: { paused: true } }, 'kubectl-rollout')
    },
    ['paused'],
  ],
  'kubectl rollout pause and resume': [
    async (shop) => {
      await shop.create(manifest(), 'helm')
      await shop.patch({ spec: { paused: true } }, 'kubectl-rollout')
      await shop.patch({ spec: { paused: null } }, 'kubectl-rollout')
    },
    [],
  ],
  'an Update under our name': [
    async (shop) => {
      await shop.create(manifest(), 'helm')
      await shop.patch({ spec: { minReadySeconds: 7 } }, PACE_MANAGER)
    },
    ['minReadySeconds'],
  ],
}

async function opened(origin: string): Promise<Shop> {
  const shop = await Shop.open()
  await origins[origin]?.[0](shop)
  return shop
}

/** Who owns what besides the fields of pacing, and besides us. */
function otherOwners({ metadata }: Deployment): unknown {
  const paths = ['f:minReadySeconds', 'f:progressDeadlineSeconds', 'f:strategy', 'f:paused']
  return metadata.managedFields
    ?.filter(({ manager, operation }) => manager !== PACE_MANAGER || operation !== 'Apply')
    .map(({ manager, operation, subresource, fieldsV1 = {} }) => {
      const spec = Object.entries(fieldsV1['f:spec'] ?? {}).filter(([key]) => !paths.includes(key))
      return { manager, operation, subresource, fields: { ...fieldsV1, 'f:spec': Object.fromEntries(spec) } }
    })
    .filter(({ fields: owned }) => JSON.stringify(owned) !== '{"f:spec":{}}')
}

describe.each(Object.entries(origins))('%s', (origin, [, taken]) => {
  test('states what is taken, and nothing else', async () => {
    const shop = await opened(origin)
    const view = await shop.view()
    expect([...view.taken].toSorted()).toEqual([...taken].toSorted())
    expect(view.ours).toEqual([])
  })

  test('keeps what is taken while we pace, and has everything back after the release', async () => {
    const shop = await opened(origin)
    const before = await shop.read()
    const { live, templateId, revisionId } = await shop.view()
    const claims = claimsWithout(taken)
    expect(await shop.differs(claims)).toBe(true)

    await shop.pace(claims)
    const paced = await shop.view()
    expect(paced.live).toEqual({ ...live, ...claims })
    expect(paced.ours).toEqual(fields.filter((field) => !taken.includes(field)))
    expect([...paced.taken].toSorted()).toEqual([...taken].toSorted())
    expect(await shop.differs(claims)).toBe(false)
    expect(paced).toMatchObject({ templateId, revisionId })

    await shop.pace({})
    const after = await shop.read()
    expect(await shop.view()).toMatchObject({ live, ours: [] })
    expect(after.spec).toEqual(before.spec)
    expect(otherOwners(after)).toEqual(otherOwners(before))
    expect(await shop.differs({})).toBe(false)
  })

  test('has its value at once when it states one in the middle', async () => {
    const shop = await opened(origin)
    await shop.pace(claimsWithout(taken))
    await shop.patch({ spec: { strategy: { rollingUpdate: { maxSurge: 3 } } } }, 'kubectl-patch')
    const view = await shop.view()
    expect(view.live.maxSurge).toBe(3)
    expect(view.taken).toContain('maxSurge')
    expect(view.ours).not.toContain('maxSurge')
    await shop.pace(claimsWithout(view.taken))
    await shop.pace({})
    expect((await shop.view()).live.maxSurge).toBe(3)
  })
})

test('a release of one field alone gives that one back, and keeps the others', async () => {
  const shop = await opened('helm')
  await shop.pace(everyClaim)
  const { paused: _, maxSurge: __, ...rest } = everyClaim
  expect(await shop.differs(rest)).toBe(true)
  await shop.pace(rest)
  expect((await shop.view()).live).toEqual({ ...paceDefaults, ...rest })
})

test('a value that another one applies as well is his, and stays as we let go', async () => {
  const shop = await opened('a server-side apply')
  await shop.pace(everyClaim)
  await shop.apply(manifest(rolling({ maxSurge: 1 })), 'argocd-controller')
  const view = await shop.view()
  expect(view.taken).toEqual(['maxSurge'])
  expect(view.ours).toContain('maxSurge')
  await shop.pace({})
  expect((await shop.view()).live).toEqual({ ...paceDefaults, maxSurge: 1 })
})

test('what kubectl apply states as we have it is his by his word, though he wrote nothing', async () => {
  const shop = await opened('kubectl apply')
  await shop.pace(everyClaim)
  await shop.kubectlApply(manifest(rolling({ maxSurge: 1 })))
  expect((await shop.view()).taken).toEqual(['maxSurge'])
})

test('an apply that was decided before somebody wrote is refused', async () => {
  const shop = await opened('helm')
  const facts = await shop.facts()
  await shop.patch({ spec: { strategy: { rollingUpdate: { maxSurge: 3 } } } }, 'kubectl-patch')
  await expect(shop.paceAs(facts, everyClaim)).rejects.toMatchObject({ code: 'Conflict' })
  expect((await shop.view()).live).toEqual({ ...paceDefaults, maxSurge: 3 })
})

test('an apply to a Deployment that was made anew under its name is refused', async () => {
  const shop = await opened('helm')
  const { view } = await shop.facts()
  const now = await shop.facts()
  const stale = { ...now, view: { ...view, uid: 'another' } }
  await expect(shop.paceAs(stale, everyClaim)).rejects.toBeInstanceOf(KubeError)
})

test('a pause of ours that somebody ends is neither ours nor taken', async () => {
  const shop = await opened('helm')
  await shop.pace(everyClaim)
  await shop.patch({ spec: { paused: null } }, 'kubectl-rollout')
  const view = await shop.view()
  expect(view.live.paused).toBe(false)
  expect(view.ours).not.toContain('paused')
  expect(view.taken).toEqual([])
  expect(await shop.differs(everyClaim)).toBe(true)
})

test('an autoscaler scales a paced Deployment, and keeps its replicas', async () => {
  const shop = await opened('a server-side apply')
  await shop.pace(everyClaim)
  const scale = await shop.api.get<Deployment>(resource, at, { subresource: 'scale' })
  const body = { ...scale, spec: { replicas: 9 } }
  const options = { subresource: 'scale', fieldManager: 'horizontal-pod-autoscaler' }
  await shop.api.replace(resource, body as unknown as Deployment, options)
  const claims: PaceClaims = everyClaim
  expect(await shop.differs(claims)).toBe(false)
  expect((await shop.view()).taken).toEqual([])
  const before = otherOwners(await shop.read())
  await shop.pace({})
  const after = await shop.read()
  expect(after.spec['replicas']).toBe(9)
  expect(otherOwners(after)).toEqual(before)
  expect((await shop.view()).live).toEqual(paceDefaults)
})
