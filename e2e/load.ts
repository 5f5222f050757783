import { RunningLoad } from '../src/lab/rehearsal/index.ts'
import type { Testbed } from './testbed.ts'

export interface LoadOptions {
  /** The Service that the load goes to. */
  service: string
  /** Requests a second over all nodes and both connection modes. */
  ratePerSecond: number
  /** A probe every so many milliseconds from each node, for the ground truth; absent: none. */
  probeIntervalMs?: number
  /** The load ends by itself after so long, whatever happens. */
  maxSeconds: number
}

/** Constant load from every node in both connection modes, half of the rate each. */
export function startLoad(testbed: Testbed, id: string, options: LoadOptions): Promise<RunningLoad> {
  const { service, ratePerSecond, maxSeconds, probeIntervalMs } = options
  const target = testbed.target(service)
  return RunningLoad.start(
    testbed.agents.map(({ node, client }) => ({ node, client, target })),
    {
      id,
      shape: { protocol: 'http', ratePerSecond },
      maxSeconds,
      ...(probeIntervalMs === undefined ? {} : { probeIntervalMs }),
    },
  )
}
