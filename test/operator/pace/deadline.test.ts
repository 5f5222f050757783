import { afterEach, expect, test } from 'vitest'
import { deployments } from '../../../src/kube/index.ts'
import { PacedRig } from './paced-rig.ts'

let rig: PacedRig

afterEach(async () => {
  await rig.end()
  expect(rig.cluster.errors).toEqual([])
})

test.each(['Pause', 'Rollback'])(
  'a hold of nearly half an hour misses no progress deadline as it ends, with %s',
  async (onBreach) => {
    rig = await PacedRig.start()
    await rig.cluster.deploy({ replicas: 4 }, { annotations: { 'drainkeeper.dev/rollback': 'allowed' } })
    await rig.seconds(5)
    await rig.policy({ onBreach })
    await rig.operate()
    await rig.seconds(60)
    rig.sights!.script = { outcome: 'Inconclusive' }
    const progressing = new Set<string>()
    rig.cluster.server.onWrite(({ resource }) => {
      if (resource.plural === deployments.plural) progressing.add(rig.cluster.condition('Progressing'))
    })
    await rig.release('v2')
    expect(await rig.until(() => rig.isOn('v2'), 4 * 3600)).toBeDefined()
    expect([...progressing]).not.toContain('False ProgressDeadlineExceeded')
    expect(rig.told).not.toContain('RolloutRolledBack')
  },
)
