import { describe, expect, it } from 'vitest'
import { budgetDefaults, type ContractSeconds, computeBudget } from '../../src/budget/index.ts'
import { addSample, estimate, estimateDefaults, type WindowEntry, windowEntryOf } from '../../src/propagation/index.ts'
import { drain } from '../propagation/simulated-drain.ts'
import { seededRandom } from '../../src/cluster/seeded-random.ts'
import { distributions, type Quantile } from '../propagation/simulation.ts'

interface Life {
  pods: number
  rate: number
  method: 'HTTP' | 'Sleep'
  /** P of the n-th pod. */
  routing: (pod: number) => Quantile
}

/** A workload's life: each pod drains under the contract that the drains before it led to. */
function live({ pods, rate, method, routing }: Life) {
  const random = seededRandom(rate)
  const delays: number[] = []
  let window: WindowEntry[] = []
  let previous: ContractSeconds | undefined
  let cut = 0
  for (let pod = 0; pod < pods; pod += 1) {
    const contract = computeBudget({
      estimate: estimate(window, estimateDefaults),
      requestTime: { seconds: 3, because: 'a test' },
      ...budgetDefaults,
      previous,
    })
    previous = contract
    delays.push(contract.drainDelaySeconds)
    const delayMs = contract.drainDelaySeconds * 1000
    const waits = method === 'HTTP' ? { drainDelayMs: delayMs } : { drainDelayMs: 1000, sleepMs: delayMs }
    const { propagation } = drain(routing(pod), { rate, windowMs: 60_000, ...waits }, random)
    if (propagation.kind === 'beyond') cut += 1
    const entry = windowEntryOf(propagation)
    if (entry !== undefined) window = addSample(window, entry, estimateDefaults.window)
  }
  const changes = delays.filter((delay, at) => at > 0 && delay !== delays[at - 1]).length
  return { delays, changes, cut, last: delays.at(-1) }
}

const { lognormal, heavyTail } = distributions as Record<'lognormal' | 'heavyTail', Quantile>

describe('the contract of a workload that drains under its own contract', () => {
  it.each([
    [1, 9],
    [5, 3],
    [50, 2],
  ])('comes to rest near 1.5 x P at %i connections per second', (rate, most) => {
    const { delays, changes, last } = live({ pods: 1000, rate, method: 'HTTP', routing: () => lognormal })
    expect(delays.slice(0, 59)).toEqual(Array.from({ length: 59 }, () => 15))
    expect(last).toBeLessThanOrEqual(most)
    expect(changes).toBeLessThanOrEqual(6)
  })

  it('follows a routing that became slower within a dozen pods, then keeps to the new P', () => {
    const slow: Quantile = () => 6000
    const life = {
      pods: 700,
      rate: 20,
      method: 'HTTP' as const,
      routing: (pod: number) => (pod < 200 ? lognormal : slow),
    }
    const { delays, cut, last } = live(life)
    expect(delays[199]).toBeLessThan(5)
    expect(delays[211]).toBeGreaterThanOrEqual(10)
    expect(cut).toBeLessThanOrEqual(12)
    expect(last).toBe(10)
  })

  it('never runs away with a preStop sleep, which hides from the process what came during it', () => {
    for (const routing of [lognormal, heavyTail]) {
      const { delays } = live({ pods: 400, rate: 20, method: 'Sleep', routing: () => routing })
      expect(Math.max(...delays)).toBeLessThanOrEqual(60)
      if (routing === lognormal) expect(new Set(delays)).toEqual(new Set([15]))
    }
  })
})
