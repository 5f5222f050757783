// Tells when the machine stood still, by itself: one meter on each processor, of a priority that no step of the gate has,
// so that what the gate itself asks of the machine is not counted. (Not a real-time one: V8 waits for its helpers by
// spinning, which no helper on the same processor would ever get past.) Prints a line for each second in which a processor
// was away for 200 ms or more: `END CPU MISSING`, END in milliseconds since 1970, MISSING in milliseconds.
// Ends when its standard input does. Where there is no taskset, one meter is all.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { performance } from 'node:perf_hooks'

const tickMs = 20
const worthTellingMs = 200

const [cpu] = process.argv.slice(2)
if (cpu === undefined) startMeters()
else meter(cpu)

function startMeters() {
  process.stdin.resume().once('close', () => process.exit(0))
  for (const each of processors()) {
    const pinned = spawn('taskset', ['-c', each, process.execPath, import.meta.filename, each], {
      stdio: ['pipe', 'inherit', 'ignore'],
    })
    pinned.once('error', () => meterWithout(each))
    pinned.once('exit', () => meterWithout(each))
  }
}

/** The processors that this process may run on, as Linux has them: 0-1,4. */
function processors() {
  try {
    const [, list] = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))
    return list.split(',').flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, at) => String(first + at))
    })
  } catch {
    return ['0']
  }
}

let plain = false
function meterWithout() {
  if (plain) return
  plain = true
  meter('any')
}

function meter(name) {
  try {
    setPriority(-20)
  } catch {
    // Not root: the load of the gate counts as well then.
  }
  process.stdin.resume().once('close', () => process.exit(0))
  let last = performance.now()
  let second = last
  let missing = 0
  setInterval(() => {
    const now = performance.now()
    missing += Math.max(0, now - last - tickMs - 1)
    last = now
    if (now - second < 1000) return
    if (missing >= worthTellingMs) console.log(`${Date.now()} ${name} ${Math.round(missing)}`)
    second = now
    missing = 0
  }, tickMs)
}
