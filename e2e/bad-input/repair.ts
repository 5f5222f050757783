import type { Check } from '../check.ts'
import type { Kubectl } from '../kubectl.ts'
import type { Watched } from '../../src/lab/stage/index.ts'
import { policy } from './objects.ts'
import { type ShownRow, shownRows } from './shown.ts'

const repaired = 'container-typo'
/** The row that is looked at closely, and then corrected. */
export const repairedRow = shownRows.find(({ id }) => id === repaired) as ShownRow

/** Does what the message of a stalled policy says, and waits until it works: nothing has to be restarted for that. */
export async function repairCheck(kubectl: Kubectl, watched: Watched, signal: AbortSignal): Promise<Check> {
  const startedMs = performance.now()
  await kubectl.apply(policy(repaired, { targetRef: { name: repaired }, contract: { container: 'app' } }))
  const name = 'a policy that is corrected as its message says works at once'
  const conditions = () => {
    const found = watched.policy(repaired)
    return found?.status.observedGeneration === found?.generation ? found?.status.conditions : undefined
  }
  try {
    const ready = await watched.until(
      'the repaired policy is Ready',
      () => conditions()?.find(({ type, status }) => type === 'Ready' && status === 'True'),
      30,
      signal,
    )
    const stalled = conditions()?.some(({ type }) => type === 'Stalled') === true
    const tookMs = Math.round(performance.now() - startedMs)
    return { name, passed: !stalled, detail: `Ready=True ${ready.reason} after ${tookMs} ms: ${ready.message}` }
  } catch (error) {
    signal.throwIfAborted()
    return { name, passed: false, detail: `${String(error)}; ${JSON.stringify(conditions())}` }
  }
}
