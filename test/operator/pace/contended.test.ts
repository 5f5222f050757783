import { afterEach, expect, test } from 'vitest'
import { deployments } from '../../../src/kube/index.ts'
import { shop } from '../../cluster/controllers/rig.ts'
import { PacedRig } from './paced-rig.ts'

let rig: PacedRig

afterEach(async () => {
  await rig.end()
  expect(rig.cluster.errors).toEqual([])
})

const web = { namespace: shop, name: 'web' }

/** A rollout begins, and before each of the first writes of its pace somebody else is quicker. */
async function contended(others: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  rig = await PacedRig.start()
  const left = [...others]
  const answered: number[] = []
  let begun = false
  rig.wire = (transport) => ({
    request: async (request) => {
      if (!begun || request.query?.['fieldManager'] !== 'drainkeeper-pace') return transport.request(request)
      await left.shift()?.()
      const answer = await transport.request(request)
      answered.push(answer.status)
      if (answer.status === 200) begun = false
      return answer
    },
  })
  await rig.cluster.deploy({ replicas: 8 })
  await rig.seconds(5)
  await rig.policy({ maxHold: '5m' })
  await rig.operate({ outcome: 'Inconclusive' })
  await rig.seconds(700)
  begun = true
  await rig.release('v2')
  return answered
}

test('the status of a Deployment that begins to roll moves all the time: its hold does not wait for a quiet moment', async () => {
  let count = 0
  const controller = (): Promise<unknown> => {
    count += 1
    return rig.cluster.api.mergePatch(
      deployments,
      web,
      { status: { collisionCount: count } },
      { subresource: 'status' },
    )
  }
  const answered = await contended([controller, controller, controller, controller])
  // Not a moment later: whoever decides anew waits for its turn, and for what it is told.
  await rig.cluster.clock.advance(1)
  expect(answered).toEqual([409, 409, 409, 409, 200])
  expect(rig.fields.minReadySeconds).toBe(120)
})

test('what somebody states just before is theirs', async () => {
  const states = (spec: object) => (): Promise<unknown> =>
    rig.cluster.api.mergePatch(deployments, web, { spec }, { fieldManager: 'kubectl-edit' })
  await contended([states({ minReadySeconds: 7 }), states({ strategy: { rollingUpdate: { maxSurge: 2 } } })])
  await rig.seconds(3)
  expect(rig.fields).toMatchObject({ minReadySeconds: 7, maxSurge: 2 })
})
