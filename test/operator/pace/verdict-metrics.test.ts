import { expect, test } from 'vitest'
import { OperatorMetrics } from '../../../src/operator/metrics.ts'
import { defaultTerms, judgeOf, type Reading } from '../../../src/pacing/index.ts'

const labels = { namespace: 'shop', policy: 'web', target: 'checkout' }
const verdictOf = (requests: number, errors: number) =>
  judgeOf(defaultTerms)({ kind: 'counts', counts: { service: { requests, errors } } })

/** The lines about rollouts, without the labels that all of them have. */
async function told(metrics: OperatorMetrics): Promise<string[]> {
  const text = await metrics.registry.metrics()
  return text
    .split('\n')
    .filter((line) => line.startsWith('drainkeeper_rollout'))
    .map((line) =>
      line.replace('namespace="shop",policy="web",target="checkout"', '').replace('drainkeeper_rollout_', ''),
    )
}

test('a verdict, its requests, and its error rate with the interval', async () => {
  const metrics = new OperatorMetrics()
  const verdict = verdictOf(1000, 100)
  metrics.setVerdict(labels, verdict)
  expect(await told(metrics)).toEqual([
    'verdict{,verdict="Healthy"} 0',
    'verdict{,verdict="Breached"} 1',
    'verdict{,verdict="Inconclusive"} 0',
    'error_rate{,bound="counted"} 0.1',
    `error_rate{,bound="lower"} ${verdict.interval.lower}`,
    `error_rate{,bound="upper"} ${verdict.interval.upper}`,
    'requests{} 1000',
  ])
  expect(verdict.interval.lower).toBeGreaterThan(0)
  expect(verdict.interval.upper).toBeLessThan(1)
})

test('without requests there is no rate, and everything may be', async () => {
  const metrics = new OperatorMetrics()
  const silent: Reading = { kind: 'silent', reason: 'Timeout', message: 'slow' }
  metrics.setVerdict(labels, verdictOf(10_000, 0))
  metrics.setVerdict(labels, judgeOf(defaultTerms)(silent))
  expect(await told(metrics)).toEqual([
    'verdict{,verdict="Healthy"} 0',
    'verdict{,verdict="Breached"} 0',
    'verdict{,verdict="Inconclusive"} 1',
    'error_rate{,bound="lower"} 0',
    'error_rate{,bound="upper"} 1',
    'requests{} 0',
  ])
})

test('what is forgotten is not told', async () => {
  const metrics = new OperatorMetrics()
  metrics.setVerdict(labels, verdictOf(1000, 100))
  metrics.forgetVerdict({ ...labels, target: 'other' })
  expect(await told(metrics)).toHaveLength(7)
  metrics.forgetVerdict(labels)
  expect(await told(metrics)).toEqual([])
})
