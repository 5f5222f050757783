/** Time as the agent sees it; injected so that tests can stand in for it. */
export interface AgentClock {
  /** Wall clock in milliseconds with microseconds behind the point; never steps back within one process. */
  nowMs(): number
  /** Calls back once after `delayMs`; the returned function takes that back. */
  after(delayMs: number, callback: () => void): () => void
}

export const systemClock: AgentClock = {
  nowMs: () => performance.timeOrigin + performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return () => clearTimeout(timer)
  },
}
