import { expect, test } from 'vitest'
import { FIELD_MANAGER, planPatch, projectDeployment } from '../../../src/contract/index.ts'
import { type KubeApi, replicaSets } from '../../../src/kube/index.ts'
import { listRevisions, newestWithTemplate, presentRevision } from '../../../src/operator/pace/revisions.ts'
import { ROLLBACK_MANAGER, rollBack } from '../../../src/operator/pace/rollback.ts'
import type { DeploymentFacts } from '../../../src/operator/projections.ts'
import { at, container, everyClaim, manifest, Shop, type Template } from './shop.ts'

const earlier = { drainDelaySeconds: 5, gracePeriodSeconds: 41 }
const today = { drainDelaySeconds: 9, gracePeriodSeconds: 60 }
const probe = { httpGet: { path: '/healthz', port: 8080 } }

/** What the Deployment controller does as it sees a new template. */
async function revise(shop: Shop, revision: number, owner: { uid?: string; controller?: boolean } = {}): Promise<void> {
  const { metadata, spec } = await shop.read()
  const hash = `h${revision}`
  const labels = { ...spec.template.metadata.labels, 'pod-template-hash': hash }
  const reference = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: at.name,
    uid: metadata.uid ?? '',
    controller: true,
    ...owner,
  }
  const object = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      namespace: at.namespace,
      name: `${at.name}-${hash}`,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': String(revision) },
      ownerReferences: [reference],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  }
  await shop.api.create(replicaSets, object)
}

async function enforce(shop: Shop, request: typeof today): Promise<void> {
  const { body, force } = planPatch(projectDeployment(await shop.read()), request)
  await shop.apply(body ?? {}, FIELD_MANAGER, force)
}

async function deploy(shop: Shop, image: string, more: object = {}): Promise<void> {
  await shop.patch({ spec: { template: { spec: { containers: [{ ...container, image, ...more }] } } } }, 'helm')
}

async function template(shop: Shop): Promise<Template> {
  return (await shop.read()).spec.template
}

/** Version 1 under an earlier contract, then version 2 under today's. */
async function twoVersions(podSpec: object = {}): Promise<{ shop: Shop; healthy: string }> {
  const shop = await Shop.open()
  await shop.create(manifest({}, podSpec), 'helm')
  await enforce(shop, earlier)
  await revise(shop, 1)
  const { templateId } = await shop.view()
  const { containers } = (await template(shop)).spec
  await shop.patch({ spec: { template: { spec: { containers: [{ ...containers[0], image: 'app:2' }] } } } }, 'helm')
  await enforce(shop, today)
  await revise(shop, 2)
  return { shop, healthy: templateId }
}

async function backTo(shop: Shop, templateId: string, facts?: DeploymentFacts): Promise<void> {
  const decided = facts ?? (await shop.facts())
  const revision = newestWithTemplate(await listRevisions(shop.api, decided), templateId)
  if (revision === undefined) throw new Error('no ReplicaSet has this template')
  await rollBack(shop.api, decided, revision.template)
}

test('the version goes back, and the contract of today stays, without an owner changing', async () => {
  const { shop, healthy } = await twoVersions()
  const before = await template(shop)
  expect(before.spec.terminationGracePeriodSeconds).toBe(60)
  await backTo(shop, healthy)
  const after = await template(shop)
  expect(after).toEqual({
    ...before,
    spec: { ...before.spec, containers: [{ ...before.spec.containers[0], image: 'app:1' }] },
  })
  const { pace, view } = await shop.facts()
  expect(pace.templateId).toBe(healthy)
  const plan = planPatch(view, today)
  expect(plan).toMatchObject({ action: 'None' })
  const owners = (await shop.read()).metadata.managedFields ?? []
  expect(owners.filter(({ manager }) => manager === ROLLBACK_MANAGER)).toMatchObject([{ operation: 'Update' }])
})

test('the claims of pacing are not of the template: they stay ours', async () => {
  const { shop, healthy } = await twoVersions()
  await shop.pace(everyClaim)
  await backTo(shop, healthy)
  expect(await shop.differs(everyClaim)).toBe(false)
})

test('what the contract does not own goes back with the version', async () => {
  const shop = await Shop.open()
  const lifecycle = { preStop: { sleep: { seconds: 3 } } }
  await shop.create(manifest({}, { terminationGracePeriodSeconds: 50 }), 'helm')
  await deploy(shop, 'app:1', { lifecycle, readinessProbe: probe })
  await revise(shop, 1)
  const before = await template(shop)
  const { templateId } = await shop.view()
  await shop.patch({ spec: { template: { spec: { terminationGracePeriodSeconds: 30 } } } }, 'helm')
  await deploy(shop, 'app:2', { readinessProbe: { ...probe, periodSeconds: 7 } })
  await backTo(shop, templateId)
  expect(await template(shop)).toEqual(before)
})

test('a readiness probe of the contract stays, and so does what else a lifecycle has', async () => {
  const shop = await Shop.open()
  const postStart = { exec: { command: ['true'] } }
  await shop.create(manifest(), 'helm')
  await deploy(shop, 'app:1', { lifecycle: { postStart } })
  await revise(shop, 1)
  const { templateId } = await shop.view()
  await deploy(shop, 'app:2')
  const owned = { name: 'app', readinessProbe: probe, lifecycle: { preStop: { sleep: { seconds: 4 } } } }
  await shop.apply({ spec: { template: { spec: { containers: [owned] } } } }, FIELD_MANAGER, true)
  await backTo(shop, templateId)
  expect((await template(shop)).spec.containers[0]).toMatchObject({
    image: 'app:1',
    readinessProbe: probe,
    lifecycle: { postStart, preStop: { sleep: { seconds: 4 } } },
  })
})

test('a container of the earlier version that is not there today comes back as it was', async () => {
  const shop = await Shop.open()
  const proxy = { name: 'proxy', image: 'proxy:1', lifecycle: { preStop: { sleep: { seconds: 2 } } } }
  await shop.create(manifest({}, { containers: [container, proxy] }), 'helm')
  await revise(shop, 1)
  const before = await template(shop)
  const { templateId } = await shop.view()
  await deploy(shop, 'app:2')
  await enforce(shop, today)
  await backTo(shop, templateId)
  const after = await template(shop)
  expect(after.spec.containers[1]).toEqual(before.spec.containers[1])
  expect(after.spec.containers[0]).toMatchObject({ image: 'app:1', lifecycle: { preStop: {} } })
})

test('a fix that came meanwhile is not undone', async () => {
  const { shop, healthy } = await twoVersions()
  const decided = await shop.facts()
  await deploy(shop, 'app:3')
  await expect(backTo(shop, healthy, decided)).rejects.toMatchObject({ code: 'Conflict' })
  expect((await template(shop)).spec.containers[0]?.image).toBe('app:3')
})

test('a change between the look and the patch is a conflict', async () => {
  const { shop, healthy } = await twoVersions()
  const decided = await shop.facts()
  const revision = newestWithTemplate(await listRevisions(shop.api, decided), healthy)
  const racing: KubeApi = {
    ...shop.api,
    get: async (resource, ref) => {
      const found = await shop.api.get(resource, ref)
      await shop.patch({ metadata: { labels: { touched: 'yes' } } }, 'kubectl-label')
      return found as never
    },
  }
  await expect(rollBack(racing, decided, revision?.template ?? {})).rejects.toMatchObject({ code: 'Conflict' })
  expect((await template(shop)).spec.containers[0]?.image).toBe('app:2')
})

test('another Deployment under the same name is left alone', async () => {
  const { shop, healthy } = await twoVersions()
  const decided = await shop.facts()
  const another = { ...decided, view: { ...decided.view, uid: 'another' } }
  const [revision] = await listRevisions(shop.api, decided)
  expect(revision?.templateId).toBe(healthy)
  await expect(rollBack(shop.api, another, revision?.template ?? {})).rejects.toMatchObject({ code: 'Conflict' })
})

test('revisions are those of this Deployment alone, and are found by template and by revision', async () => {
  const { shop, healthy } = await twoVersions()
  const facts = await shop.facts()
  await revise(shop, 3, { uid: 'another' })
  await revise(shop, 4, { controller: false })
  const revisions = await listRevisions(shop.api, facts)
  expect(revisions.map(({ hash, revision }) => [hash, revision])).toEqual([
    ['h1', 1],
    ['h2', 2],
  ])
  expect(presentRevision(revisions, facts.pace.revisionId)?.hash).toBe('h2')
  expect(newestWithTemplate(revisions, healthy)?.hash).toBe('h1')
  expect(newestWithTemplate(revisions, facts.pace.templateId)?.hash).toBe('h2')
  expect(presentRevision(revisions, 'x')).toBeUndefined()
  expect(revisions[1]?.template).toEqual(await template(shop))
})

test('of revisions that differ in the contract alone, the newest is found, as a number and not as text', async () => {
  const shop = await Shop.open()
  await shop.create(manifest(), 'helm')
  await revise(shop, 10)
  await enforce(shop, earlier)
  await revise(shop, 9)
  const { view, selector, pace } = await shop.facts()
  const revisions = await listRevisions(shop.api, { view, selector })
  expect(newestWithTemplate(revisions, pace.templateId)?.hash).toBe('h10')
  expect(presentRevision(revisions, pace.revisionId)?.hash).toBe('h9')
  expect(newestWithTemplate(revisions.toReversed(), pace.templateId)?.hash).toBe('h10')
  expect(await listRevisions(shop.api, { view, selector: {} })).toHaveLength(2)
  expect(await listRevisions(shop.api, { view, selector: { app: 'cart' } })).toEqual([])
})
