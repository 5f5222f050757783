import { expect, test } from 'vitest'
import { measure } from './measure.ts'
import { peeking, sequential, tooEager } from './rules.ts'
import { type Scenario, scenarios } from './scenario.ts'

function named(start: string): Scenario {
  const found = scenarios.find(({ name }) => name.startsWith(start))
  if (found === undefined) throw new Error(`no scenario is called ${start}`)
  return found
}

test.each(scenarios)('$name: what is stated is kept', (scenario) => {
  expect(measure(scenario, 40, 7, sequential).kept).toBe(true)
})

test.each([
  ['new version fails', 'bad, new version fails 5 %'],
  ['fails under load', 'bad under load'],
  ['drains badly', 'draining pods fail'],
])('what %s is found, and rightly blamed', (_, name) => {
  const { judge } = measure(named(name), 40, 7, sequential)
  expect(judge.blamedRight).toBe(40)
  expect(judge.delay?.p95).toBeLessThan(500)
})

test.each([
  ['alpha x 20', tooEager, 'good, in bursts of 10, burst: 10'],
  ['a p-value that is looked at after each batch', peeking, 'good, exactly at the objective, service'],
])('the simulation can fail: %s', (_, broken, name) => {
  expect(measure(named(name), 400, 7, broken).kept).toBe(false)
})

test('bursts that nobody was told of do raise false alarms', () => {
  const shown = measure(named('good, in bursts of 10, burst: 1 '), 100, 7, sequential)
  expect(shown.judge.falseAlarms.rate).toBeGreaterThan(0.1)
})
