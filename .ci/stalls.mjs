// Makes this machine one that is shared: processors that are held for up to some seconds, both or one, or lose slices of
// 50 ms, again and again. `stalls.mjs SEED` until its standard input ends; tells each on standard error. Linux, as root:
// it holds processors at a real-time priority. Whoever waits for what only a hang exceeds passes beside it.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as passes } from 'node:timers/promises'

const meanMs = 6000
const sliceMs = 50

const [first, lastsMs, share] = process.argv.slice(2)
if (first === 'hold') await hold(Number(lastsMs), Number(share))
else await disturb(Number(first))

async function disturb(seed) {
  process.stdin.resume().once('close', () => process.exit(0))
  const random = seeded(seed)
  const between = (least, most) => least + random() * (most - least)
  const processors = Array.from({ length: availableParallelism() }, (_, at) => at)
  const one = () => [processors[Math.floor(random() * processors.length)]]
  const kinds = [
    { name: 'all held', pick: () => processors, ms: [100, 2500], share: [1, 1] },
    { name: 'one held', pick: one, ms: [200, 5000], share: [1, 1] },
    { name: 'slices lost', pick: () => processors, ms: [2000, 12_000], share: [0.3, 0.8] },
  ]
  for (;;) {
    await passes(-Math.log(1 - random()) * meanMs)
    const { name, pick, ...ranges } = kinds[Math.floor(random() * kinds.length)]
    const ms = Math.round(between(...ranges.ms))
    const lost = between(...ranges.share)
    console.error(`=== ${new Date().toISOString()} ${name} for ${ms} ms`)
    await Promise.all(pick().map((processor) => holder(processor, ms, lost)))
  }
}

function holder(processor, ms, lost) {
  const self = [process.execPath, '--single-threaded', import.meta.filename]
  const args = ['-c', processor, 'chrt', '-f', '20', ...self, 'hold', ms, lost]
  return new Promise((resolve, reject) => {
    const child = spawn('taskset', args.map(String), { stdio: ['ignore', 'ignore', 'inherit'] })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`cannot hold processor ${processor}: run it as root`))
    })
  })
}

/** Runs for a share of the time, so that nobody else does on this processor. */
async function hold(ms, share) {
  const end = performance.now() + ms
  while (performance.now() < end) {
    const until = share === 1 ? end : performance.now() + sliceMs * share
    while (performance.now() < until);
    if (share < 1) await passes(sliceMs * (1 - share))
  }
}

/** mulberry32: the same seed makes the same stalls. */
function seeded(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
