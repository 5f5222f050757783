import { observeListen } from '../adapters/listening.ts'
import { drainWith } from '../drain.ts'
import type { Drainer } from '../drain.ts'
import type { Surroundings } from '../surroundings.ts'
import { HeldSignals } from './held-signals.ts'
import { adoptListening, register } from './registration.ts'

/**
 * Drains an application that knows nothing of it: every HTTP server of the process, from its listen() on, as one.
 * Without a server nothing happens: no port is opened, and no signal is held.
 */
export function adoptApplication(process: NodeJS.Process, surroundings: Surroundings): void {
  if (!register()) return
  const held = new HeldSignals(process, surroundings)
  observeListen((server) => {
    adoptListening(server, () => open(server, held))
  })
}

function open(server: object, held: HeldSignals): Drainer {
  const drainer = drainWith(held.surroundings, server)
  void drainer.drained.then(({ deadlineMs, finishedMs }) => {
    held.leaveWithinMs = deadlineMs - finishedMs
  })
  return drainer
}
