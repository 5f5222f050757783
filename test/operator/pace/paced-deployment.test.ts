import { expect, test } from 'vitest'
import { pacedDeployment } from '../../../src/operator/pace/paced-deployment.ts'
import type { PodFacts } from '../../../src/operator/projections.ts'
import { deploymentOf, podOf } from '../facts.ts'

const at = (second: number): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`
const ms = (second: number): number => Date.parse(at(second))

function podWith(hash: string, readySecond: number | undefined, deletionSecond?: number): PodFacts {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `checkout-${hash}`, uid: 'r', controller: true }
  const ready =
    readySecond === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: at(readySecond) }]
  return podOf(
    { status: { conditions: ready } },
    {
      labels: { 'pod-template-hash': hash },
      ownerReferences: [owner],
      ...(deletionSecond === undefined ? {} : { deletionTimestamp: at(deletionSecond) }),
    },
  )
}

test('counts what the Deployment controller counts', () => {
  const deployment = deploymentOf({}, { replicas: 5, updatedReplicas: 3 })
  const facts = pacedDeployment(deployment, [], {}, ms(0))
  expect(facts).toMatchObject({ desired: 2, total: 5, updated: 3, observed: true })
  const { templateId, live, ours, taken } = deployment.pace
  expect(facts).toMatchObject({ templateId, live, ours, taken, deadlineExceeded: false, rollbackAllowed: false })
  expect(facts).not.toHaveProperty('disruptionsAllowed')
  expect(facts).not.toHaveProperty('gitOpsManager')
  const flux = { ...deployment, pace: { ...deployment.pace, gitOpsManager: 'flux', rollbackAllowed: true } }
  expect(pacedDeployment(flux, [], {}, 0)).toMatchObject({ gitOpsManager: 'flux', rollbackAllowed: true })
  const unseen = deploymentOf({}, { observedGeneration: 3 })
  expect(pacedDeployment(unseen, [], { disruptionsAllowed: 0 }, 0)).toMatchObject({
    observed: false,
    disruptionsAllowed: 0,
  })
})

test('the pods of the present template are ready since their condition is, as long as they do not end', () => {
  const pods = [
    podWith('new', 7),
    podWith('new', 3),
    podWith('new', undefined),
    podWith('old', 1),
    podWith('new', 5, 50),
  ]
  const deployment = deploymentOf()
  expect(pacedDeployment(deployment, pods, { podTemplateHash: 'new' }, ms(9)).readySinceMs).toEqual([ms(7), ms(3)])
  expect(pacedDeployment(deployment, pods, {}, ms(9)).readySinceMs).toEqual([])
})

test.each([
  ['ends', 20, 19, 1],
  ['ends at this very moment', 20, 20, 1],
  ['is past the end of its grace period', 20, 21, 0],
])('a pod of any template that %s', (_, deletionSecond, nowSecond, terminating) => {
  const pods = [podWith('old', 1, deletionSecond), podWith('old', 1)]
  expect(pacedDeployment(deploymentOf(), pods, {}, ms(nowSecond)).terminating).toBe(terminating)
})
