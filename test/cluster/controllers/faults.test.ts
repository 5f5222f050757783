import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { isActive } from '../../../src/cluster/controllers/shared/pods.ts'
import { KubeError, services, type Transport } from '../../../src/kube/index.ts'
import { seededRandom } from '../../../src/cluster/seeded-random.ts'
import { Rig, shop, templateOf, versionOf } from './rig.ts'

/** How often, of a hundred writes, one is lost on its way, and one's answer is. */
const lostOf100 = 8

it('whatever answers are lost and watches break, everything ends as it would have without', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const chance = seededRandom(seed)
      let calm = false
      const happens = (): boolean => !calm && chance() * 100 < lostOf100
      const rig = await Rig.start({
        lifeOf: () => ({ readyAfterMs: 1 + chance() * 3000, endsAfterMs: 1 + chance() * 3000 }),
        wire: (transport): Transport => ({
          async request(request) {
            const lost = new KubeError('Unavailable', `${request.method} ${request.path}: the connection broke`)
            if (request.method !== 'GET' && happens()) throw lost
            const response = await transport.request(request)
            if (request.method !== 'GET' && happens()) throw lost
            return response
          },
        }),
      })
      await rig.create(services, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace: shop, name: 'web' },
        spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
      } as never)
      await rig.deploy({ replicas: 3 })
      for (const version of ['v2', 'v3', 'v4']) {
        await rig.clock.advance(chance() * 8000)
        if (chance() < 0.5) rig.server.compact()
        if (chance() < 0.5) rig.server.dropWatches()
        await rig.patchDeployment({ template: templateOf(version), replicas: 2 + Math.floor(chance() * 4) })
      }
      await rig.clock.advance(60_000)
      calm = true
      await rig.clock.advance(1_200_000)
      const { replicas } = rig.deployment.spec
      expect(rig.pods.filter(isActive).map((pod) => versionOf(pod))).toEqual(Array<string>(replicas ?? 0).fill('v4'))
      expect(rig.pods).toHaveLength(replicas ?? 0)
      expect(rig.condition('Progressing')).toBe('True NewReplicaSetAvailable')
      expect(rig.deployment.status).toMatchObject({ replicas, updatedReplicas: replicas, availableReplicas: replicas })
      expect(new Set(rig.endpoints.map(({ targetRef }) => targetRef.name))).toEqual(
        new Set(rig.pods.map(({ metadata }) => metadata.name)),
      )
      expect(rig.endpoints.every(({ conditions }) => conditions.ready)).toBe(true)
      let writes = 0
      rig.server.onWrite(() => (writes += 1))
      await rig.clock.advance(1_200_000)
      expect(writes).toBe(0)
      await rig.stop()
    }),
    { numRuns: 8 },
  )
}, 120_000)
