import type { Check } from '../../check.ts'
import type { Bed } from '../bed.ts'
import { type Fault, faults, upstreamWords } from '../faulty-prometheus.ts'
import { ownQueries } from '../prometheus.ts'
import { isOver, isReleased } from '../rollouts.ts'
import { Scene } from '../scene.ts'
import { check, type PacingSection, type Scenario } from '../section.ts'
import { together } from '../together.ts'

const replicas = 2
const maxHoldSeconds = 10

export const faulty: Scenario = {
  name: 'faulty',
  title: 'A Prometheus that is down, slow or lying',
  async run(bed: Bed): Promise<Omit<PacingSection, 'name'>> {
    const parts: { check: Check; row: string[] }[] = []
    // Four at a time: each starts pods, which is all that two processors have to do here.
    for (let first = 0; first < faults.length; first += 4)
      parts.push(...(await together(faults.slice(first, first + 4).map((fault) => tried(bed, fault)))))
    return {
      checks: parts.map((part) => part.check),
      figures: { maxHoldSeconds, parts: parts.map(({ row }) => row) },
      table: { heads: ['Prometheus', 'expected', 'condition'], rows: parts.map(({ row }) => row) },
    }
  },
}

/** The rollout waits for maxHold and goes on; the reason is in status; nothing else was written, or asked. */
async function tried(bed: Bed, { name, what, reason }: Fault): Promise<{ check: Check; row: string[] }> {
  const pacing = {
    maxHold: `${maxHoldSeconds}s`,
    source: 'Prometheus',
    prometheus: { endpoint: name, queries: ownQueries },
  }
  const scene = await Scene.open(bed, { name: `faulty-${name}`, replicas, pacing })
  try {
    const { revision = 0 } = scene.timeline.last ?? {}
    const changedMs = await scene.change({ VERSION: '2' })
    const end = await scene.within((now) => isOver(revision + 1)(now) && isReleased(now), 120)
    const moments = scene.timeline.since(changedMs)
    const told = moments.findLast(({ pace }) => pace?.because?.includes(reason) === true)
    const everything = JSON.stringify([moments, Object.fromEntries(await scene.events())])
    const faultless = {
      'the reason is told': told?.pace?.verdict === 'Inconclusive',
      'RolloutHealthy is Unknown': told?.healthy?.status === 'Unknown',
      'no other verdict': moments.every(({ pace }) => (pace?.verdict ?? 'Inconclusive') === 'Inconclusive'),
      'never paused': moments.every(({ paused }) => !paused),
      'rolled out as configured': end !== undefined,
      'no other revision': (scene.timeline.last?.revision ?? 0) === revision + 1,
      'no word of the upstream': !everything.includes(upstreamWords) && !everything.includes('169.254'),
    }
    const wrong = Object.entries(faultless).flatMap(([each, holds]) => (holds ? [] : [each]))
    const said = told?.pace?.because ?? moments.findLast(({ pace }) => pace?.because !== undefined)?.pace?.because
    const detail = wrong.length === 0 ? String(said) : `not so: ${wrong.join(', ')}; said ${said}`
    return {
      check: check(`${what}: Inconclusive (${reason}), and nothing else`, wrong.length === 0, detail),
      row: [what, reason, `${told?.healthy?.status ?? 'none'}: ${said}`],
    }
  } finally {
    await scene.close()
  }
}
