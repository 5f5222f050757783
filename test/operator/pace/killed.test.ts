import { expect, test } from 'vitest'
import { defaultFields, PacedRig } from './paced-rig.ts'
import type { Script } from './scripted-sights.ts'

/** A rollout of v2 whose operator dies after so many writes, and is back after a while. */
async function killed(afterWrites: number, script: Script, awaySeconds: number): Promise<PacedRig> {
  const rig = await PacedRig.atRest({ maxHold: '1m' }, 6)
  await rig.halt()
  await rig.operate(script, { afterWrites })
  await rig.release('v2')
  await rig.until(() => rig.dead, 120)
  await rig.seconds(awaySeconds)
  return rig
}

const steps = Array.from({ length: 13 }, (_, writes) => writes)

test.each(steps)(
  'killed after %i writes of a healthy rollout, it ends rolled out, and nothing is left behind',
  async (writes) => {
    const rig = await killed(writes, { outcome: 'Healthy', afterMs: 2000 }, 20)
    expect(rig.fields.paused).toBe(false)
    rig.bury()
    await rig.operate({ outcome: 'Healthy', afterMs: 2000 })
    expect(await rig.until(() => rig.isOn('v2'), 600)).toBeDefined()
    await rig.seconds(10)
    expect(rig.fields).toEqual(defaultFields)
    expect(rig.managers).not.toContain('drainkeeper-pace')
    expect(rig.condition()).toMatch(/^True AtRest/)
    await rig.end()
  },
)

test.each(steps)(
  'killed after %i writes of a bad rollout, it is held, then paused with a cause, and goes on by the documented line',
  async (writes) => {
    const rig = await killed(writes, { outcome: 'Breached', afterMs: 2000 }, 20)
    if (rig.fields.paused) expect(rig.pace?.phase).toBe('Paused')
    rig.bury()
    await rig.operate({ outcome: 'Breached', afterMs: 2000 })
    // Killed before anything was held, a rollout is as fast as without us.
    expect(await rig.until(() => rig.fields.paused || rig.isOn('v2'), 180)).toBeDefined()
    if (writes > 4) expect(rig.fields.paused).toBe(true)
    await rig.seconds(2)
    if (rig.fields.paused) expect(rig.condition()).toMatch(/^False Paused/)
    await rig.resume()
    expect(await rig.until(() => rig.isOn('v2'), 120)).toBeDefined()
    await rig.seconds(10)
    expect(rig.fields).toEqual(defaultFields)
    await rig.end()
  },
)

test.each([0, 3, 6, 9])('killed for good after %i writes of a healthy rollout, it ends by itself', async (writes) => {
  const rig = await killed(writes, { outcome: 'Healthy', afterMs: 2000 }, 3600)
  expect(rig.isOn('v2')).toBe(true)
  rig.bury()
  await rig.end()
})
