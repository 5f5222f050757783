import { expect, test } from 'vitest'
import { ProcessClock } from './time/process-clock.ts'
import { Seeded } from './time/seeded.ts'
import { SimClock } from './time/sim-clock.ts'

test('a seed determines its numbers, and a fork does not disturb them', () => {
  const numbers = (random: Seeded): number[] => Array.from({ length: 5 }, () => random.next())
  expect(numbers(new Seeded(7))).toEqual(numbers(new Seeded(7)))
  expect(numbers(new Seeded(7))).not.toEqual(numbers(new Seeded(8)))
  const one = new Seeded(7)
  const fork = numbers(one.fork('other'))
  expect(numbers(one)).toEqual(numbers(new Seeded(7)))
  expect(fork).not.toEqual(numbers(new Seeded(7)))
})

test('numbers are spread evenly', () => {
  const random = new Seeded(1)
  const counts = [0, 0, 0, 0]
  for (let index = 0; index < 4000; index += 1) counts[random.int(0, 3)]! += 1
  for (const count of counts) expect(count).toBeGreaterThan(900)
})

test('timers fire in the order of their time, then of their setting, each after what the one before set off', async () => {
  const clock = new SimClock()
  const fired: string[] = []
  const at = (name: string, ms: number): void =>
    void clock.setTimeout(() => {
      fired.push(`${name} ${clock.monotonicMs()}`)
      void Promise.resolve().then(() => fired.push(`${name} promised`))
    }, ms)
  at('c', 30)
  at('a', 10)
  at('b', 10)
  clock.setTimeout(() => fired.push('cancelled'), 20).cancel()
  await clock.runUntil(25)
  expect(fired).toEqual(['a 10', 'a promised', 'b 10', 'b promised'])
  await clock.runUntil(100)
  expect(fired.slice(4)).toEqual(['c 30', 'c promised'])
})

test('a frozen process does everything late, a dead one nothing', async () => {
  const clock = new SimClock()
  const process = new ProcessClock(clock)
  const fired: number[] = []
  process.setTimeout(() => fired.push(clock.monotonicMs()), 10)
  process.freeze()
  await clock.runUntil(50)
  expect(fired).toEqual([])
  process.thaw()
  await clock.runUntil(60)
  expect(fired).toEqual([50])
  process.setTimeout(() => fired.push(clock.monotonicMs()), 10)
  process.kill()
  await clock.runUntil(100)
  expect(fired).toEqual([50])
})
