import { expect, test } from 'vitest'
import { PodSightings } from '../../src/lab/agent/pod-sightings.ts'

test('answers that overtake one another do not change when a pod was first and last reached', () => {
  const sightings = new PodSightings()
  sightings.see('b', 30, 31)
  sightings.see('a', 20, 25)
  sightings.see('a', 40, 41)
  sightings.see('a', 10, 50)
  expect(sightings.list()).toEqual([
    { pod: 'a', answers: 3, firstConnectedMs: 10, lastConnectedMs: 40, lastAnsweredMs: 50 },
    { pod: 'b', answers: 1, firstConnectedMs: 30, lastConnectedMs: 30, lastAnsweredMs: 31 },
  ])
})
