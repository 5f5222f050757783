/** The summands of G >= P + D + W + S, in seconds. */
export interface Formula {
  readonly propagation: number
  readonly drainDelay: number
  readonly requestTime: number
  readonly safetyMargin: number
  readonly grace: number
}

const SENTENCE = /^P ([\d.]+) s .*? \+ D ([\d.]+) s .*? \+ W ([\d.]+) s .*? \+ S ([\d.]+) s = .*?; grace ([\d.]+) s/

/** The figures in the sentence that a policy's status explains its contract with; null when it has another form. */
export function readFormula(because: string): Formula | null {
  const found = SENTENCE.exec(because)
  if (found === null) return null
  const [propagation = 0, drainDelay = 0, requestTime = 0, safetyMargin = 0, grace = 0] = found.slice(1).map(Number)
  return { propagation, drainDelay, requestTime, safetyMargin, grace }
}
