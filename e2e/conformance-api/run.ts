import { randomBytes } from 'node:crypto'
import { namespaces } from '../../src/kube/index.ts'
import type { Case } from './case.ts'
import { Scene, type Step } from './scene.ts'
import type { Target } from './target.ts'

/** What came of one case on one cluster. */
export interface Observation {
  readonly area: Case['area']
  readonly name: string
  readonly steps: readonly Step[]
  /** Assertions that did not hold. */
  readonly broken: readonly string[]
  /** Why the case did not run to its end. */
  readonly error?: string
  readonly seconds: number
}

const defaultTimeoutSeconds = 60

/** Runs cases beside each other, each in a namespace of its own; in their order again at the end. */
export async function observe(
  cases: readonly Case[],
  target: Target,
  parallel: number,
  signal: AbortSignal,
  seen: (observation: Observation) => void = () => {},
): Promise<readonly Observation[]> {
  const found = new Map<Case, Observation>()
  const queue = cases.filter(({ alone }) => alone !== true)
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      signal.throwIfAborted()
      const observation = await observeOne(next, target, signal)
      found.set(next, observation)
      seen(observation)
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
  queue.push(...cases.filter(({ alone }) => alone === true))
  await work()
  return cases.flatMap((one) => found.get(one) ?? [])
}

async function observeOne(one: Case, target: Target, signal: AbortSignal): Promise<Observation> {
  const startMs = performance.now()
  const limit = AbortSignal.timeout((one.timeoutSeconds ?? defaultTimeoutSeconds) * 1000)
  const scene = new Scene(target, `conf-${randomBytes(5).toString('hex')}`, AbortSignal.any([signal, limit]))
  let error: string | undefined
  try {
    await prepare(scene)
    await one.run(scene)
  } catch (cause) {
    signal.throwIfAborted()
    const why = cause instanceof Error ? cause.message : String(cause)
    error = limit.aborted ? `not over in time: ${why}` : why
  } finally {
    await scene.end()
  }
  const { area, name } = one
  const seconds = Math.round(performance.now() - startMs) / 1000
  return { area, name, steps: scene.steps, broken: scene.broken, ...(error === undefined ? {} : { error }), seconds }
}

/** The namespace, gone again after the case where somebody takes it away. */
async function prepare(scene: Scene): Promise<void> {
  const { namespace, target } = scene
  const created = await scene.quietly('POST', '/api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: namespaces.kind, metadata: { name: namespace } },
  })
  if (created.status !== 201) throw new Error(`no namespace: ${JSON.stringify(created.body)}`)
  if (target.ground === 'api') return
  await scene.eventually('the service account of the namespace', async () => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`
    return (await scene.quietly('GET', path)).status === 200 ? true : undefined
  })
  scene.atEnd(async () => {
    const client = target.client('conformance-end')
    const path = `/api/v1/namespaces/${namespace}`
    await (await client.request({ method: 'DELETE', path, verb: 'delete', resource: 'namespaces' })).text()
    await client.close()
  })
}
