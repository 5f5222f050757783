/** The client of one trial after the other, in a process of its own. Each message over IPC asks for one trial. */
import { scenarios } from './scenarios.ts'
import { Trial } from './trial.ts'
import type { Tally, TrialOptions } from './trial.ts'

export interface TrialRequest extends TrialOptions {
  scenario: string
}

export interface TrialResult extends Tally {
  /** From SIGTERM to the end of the process; null when it was alive at the cap and had to be killed. */
  exitMs: number | null
}

/** An error is the benchmark's, or that of a library that cannot serve the scenario: the trial says nothing. */
export type TrialReply = { result: TrialResult } | { error: string }

let running: Trial | undefined

async function run({ scenario, ...options }: TrialRequest): Promise<TrialResult> {
  const found = scenarios.find(({ name }) => name === scenario)
  if (found === undefined) throw new Error(`no scenario ${scenario}`)
  running = await Trial.start(options)
  try {
    await found.run(running)
    const exitMs = await running.end()
    return { ...running.tally, exitMs: exitMs ?? null }
  } finally {
    running.close()
  }
}

process.on('message', (request: TrialRequest) => {
  run(request).then(
    (result) => process.send?.({ result } satisfies TrialReply),
    (error: Error) => process.send?.({ error: error.message } satisfies TrialReply),
  )
})
// Ctrl-C reaches the whole group: the command decides, and hangs up.
process.on('SIGINT', () => undefined)
process.on('disconnect', () => {
  running?.close()
  process.exit()
})
