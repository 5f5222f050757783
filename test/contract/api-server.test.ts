import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type DeploymentView,
  type Plan,
  planPatch,
  planRelease,
  podOnContract,
  projectDeployment,
  projectPodContract,
} from '../../src/contract/index.ts'
import { type Answer, ApiServer } from './api-server.ts'
import { REQUEST } from './case.ts'
import { CASES } from './cases.ts'
import { MEETINGS } from './meetings.ts'
import { type Recorded, writeRecorded } from './fixture.ts'
import { verdictOf } from './verdict.ts'

/**
 * The verdicts against a real API server: every plan that goes through is really applied, and what is predicted to be
 * refused is really refused. Run with CONTRACT_KUBECONFIG (and CONTRACT_KUBECTL where kubectl is not on the PATH);
 * with CONTRACT_RECORD=1 the Deployments are written down for the tests that have no API server.
 */
const { CONTRACT_KUBECONFIG: kubeconfig, CONTRACT_KUBECTL: kubectl, CONTRACT_RECORD: record } = process.env

describe.skipIf(kubeconfig === undefined)('a real API server', () => {
  const recorded: Recorded = {}
  let server: ApiServer

  beforeAll(async () => {
    server = await ApiServer.open(kubeconfig ?? '', kubectl ?? 'kubectl')
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    if (record === '1') writeRecorded(recorded)
  })

  test.each(CASES)(
    '$sentence',
    { timeout: 120_000 },
    async ({ sentence, steps, request, expected, naiveAnswer, containersAfter }) => {
      const namespace = await server.createNamespace()
      try {
        for (const step of steps) await server.take(namespace, step)
        const raw = await server.read(namespace)
        recorded[sentence] = trimmed(raw)
        const asked = { ...REQUEST, ...request }
        const plan = planPatch(projectDeployment(raw), asked)
        expect(verdictOf(plan, expected)).toEqual(expected)

        if (naiveAnswer !== undefined) expect(await naive(server, namespace)).toMatchObject({ status: naiveAnswer })
        if (plan.body !== undefined) await carryOutTwice(server, namespace, plan)
        const applied = await server.read(namespace)
        const [before, after] = [projectDeployment(raw), projectDeployment(applied)]
        expect(after.generation !== before.generation, 'a new generation').toBe(plan.changesTemplate)
        expect(planPatch(after, asked).action, 'settled').toBe(
          plan.action === 'Apply' ? 'None' : plan.action === 'Release' ? 'Blocked' : plan.action,
        )
        if (plan.promises) {
          const pod = projectPodContract((applied['spec'] as { template: unknown }).template)
          expect(podOnContract(pod, { ...asked, container: plan.promises.container })).toBe(true)
        }

        if (containersAfter) expect(after.template.containers.map(({ name }) => name)).toEqual(containersAfter)

        const released = await releaseWholly(server, namespace)
        expect(released.template.containers.map(({ name }) => name)).toEqual(
          after.template.containers.map(({ name }) => name),
        )
        expect(planRelease(released).action).toBe('None')
      } finally {
        await server.deleteNamespace(namespace)
      }
    },
  )
})

describe.skipIf(kubeconfig === undefined)('what others meet while we own fields, on a real API server', () => {
  let server: ApiServer
  beforeAll(async () => {
    server = await ApiServer.open(kubeconfig ?? '', kubectl ?? 'kubectl')
  })
  afterAll(async () => server[Symbol.asyncDispose]())

  test.each(MEETINGS.map((each) => [each.sentence, each] as const))(
    '%s',
    { timeout: 120_000 },
    async (_, { before, step, refusal, afterRelease }) => {
      const namespace = await server.createNamespace()
      try {
        for (const each of before) await server.take(namespace, each)
        if (refusal === undefined) await server.take(namespace, step)
        else await expect(server.take(namespace, step)).rejects.toThrow(refusal)
        if (afterRelease !== true) return
        const release = planRelease(projectDeployment(await server.read(namespace)))
        expect(await server.carryOut(namespace, release)).toMatchObject({ status: 200 })
        await server.take(namespace, step)
      } finally {
        await server.deleteNamespace(namespace)
      }
    },
  )
})

/** What was put back is taken by force first, and given back by the second plan: never more than two. */
async function releaseWholly(server: ApiServer, namespace: string): Promise<DeploymentView> {
  for (let plans = 0; plans < 2; plans++) {
    const before = projectDeployment(await server.read(namespace))
    const release = planRelease(before)
    if (release.force) expect(await server.apply(namespace, release.body ?? {}, false)).toMatchObject({ status: 409 })
    if (release.action === 'Release') expect(await server.carryOut(namespace, release)).toMatchObject({ status: 200 })
    const { generation } = projectDeployment(await server.read(namespace))
    expect(generation !== before.generation, 'a release as announced').toBe(release.changesTemplate)
    if (!release.force) break
  }
  return projectDeployment(await server.read(namespace))
}

/** Force must be needed where it is planned, and a plan made from an older version must be refused. */
async function carryOutTwice(server: ApiServer, namespace: string, plan: Plan): Promise<void> {
  if (plan.force) expect(await server.apply(namespace, plan.body ?? {}, false)).toMatchObject({ status: 409 })
  expect(await server.carryOut(namespace, plan)).toMatchObject({ status: 200 })
  if (plan.changesTemplate) expect(await server.carryOut(namespace, plan)).toMatchObject({ status: 409 })
}

async function naive(server: ApiServer, namespace: string): Promise<Answer> {
  const containers = [{ name: 'app', lifecycle: { preStop: { sleep: { seconds: 5 } } } }]
  const spec = { template: { spec: { terminationGracePeriodSeconds: 41, containers } } }
  return server.apply(
    namespace,
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'checkout' }, spec },
    false,
    true,
  )
}

/** Without what changes from run to run and is not read. */
function trimmed(raw: Record<string, unknown>): Record<string, unknown> {
  const { metadata, spec } = structuredClone(raw) as {
    metadata: Record<string, unknown>
    spec: Record<string, unknown>
  }
  for (const entry of (metadata['managedFields'] ?? []) as Record<string, unknown>[]) delete entry['time']
  delete metadata['creationTimestamp']
  return { metadata: { ...metadata, namespace: 'shop', uid: 'a-uid', resourceVersion: '7' }, spec }
}
