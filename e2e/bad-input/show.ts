import { isDeepStrictEqual } from 'node:util'
import type { Kubectl } from '../kubectl.ts'
import { operatorNamespace } from '../../src/lab/stage/index.ts'
import type { Watched, WatchedPolicy } from '../../src/lab/stage/index.ts'
import { freezeInForce } from './freeze.ts'
import { badInputNamespace, policy } from './objects.ts'
import type { TableResult } from './refuse.ts'
import { type ShownRow, shownRows } from './shown.ts'

const secondsAtMost = 30

export interface ShowOptions {
  kubectl: Kubectl
  watched: Watched
  image: string
  signal: AbortSignal
}

/** What must not change: the spec of a Deployment, its generation, and that we own nothing of it. */
interface Untouched {
  generation: number
  spec: unknown
  managers: string[]
}

/** Makes every policy that is broken in a way only the operator can see, and reads what its status says. */
export async function showTable({ kubectl, watched, image, signal }: ShowOptions): Promise<TableResult> {
  for (const { given, appliedBy } of shownRows) {
    const objects = given(image)
    const how = appliedBy === undefined ? [] : ['--server-side', `--field-manager=${appliedBy}`]
    if (objects.length > 0) await kubectl.run(['apply', ...how, '-f', '-'], stream(objects))
  }
  await freezeInForce(kubectl, signal)
  const before = await deployments(kubectl)
  await kubectl.apply(...shownRows.map(({ id, spec }) => policy(id, spec)))

  const waited = await Promise.allSettled(
    shownRows.map((row) =>
      watched.until(`${row.id} is shown`, () => isShown(watched.policy(row.id), row), secondsAtMost, signal),
    ),
  )
  signal.throwIfAborted()
  const after = await deployments(kubectl)
  const checks = shownRows.map((row, index) => {
    const wrong = [
      ...(waited[index]?.status === 'rejected' ? [`not so within ${secondsAtMost} s`] : []),
      ...statusFaults(watched.policy(row.id), row),
      ...changes(before, after, row.id),
    ]
    const { reason = 'none', message = 'no Ready condition' } = condition(watched.policy(row.id), 'Ready') ?? {}
    return {
      name: `shown: ${row.name}`,
      passed: wrong.length === 0,
      detail: [...wrong, `Ready=False ${reason}: ${message}`].join('; '),
    }
  })
  const others = [...before.keys()].filter((key) => !shownRows.some(({ id }) => key === `${badInputNamespace}/${id}`))
  const elsewhere = others.flatMap((key) => difference(key, before.get(key), after.get(key)))
  return {
    checks: [
      ...checks,
      {
        name: 'no Deployment of another namespace was changed',
        passed: others.length > 0 && elsewhere.length === 0,
        detail: elsewhere.length === 0 ? `${others.length} looked at` : elsewhere.join('; '),
      },
    ],
    rows: shownRows.map((row) => ({
      name: row.name,
      by: 'condition',
      condition: `Ready=False ${row.reason}`,
      message: condition(watched.policy(row.id), 'Ready')?.message ?? '',
    })),
  }
}

function stream(objects: readonly object[]): string {
  return objects.map((object) => JSON.stringify(object)).join('\n---\n')
}

function condition(found: WatchedPolicy | undefined, type: string) {
  return found?.status.conditions?.find((each) => each.type === type)
}

/** The status is about this generation and has the reason; anything else in it is judged afterwards. */
function isShown(found: WatchedPolicy | undefined, { reason }: ShownRow): boolean {
  return found?.status.observedGeneration === found?.generation && condition(found, 'Ready')?.reason === reason
}

function statusFaults(found: WatchedPolicy | undefined, { reason, stalled, says }: ShownRow): string[] {
  const ready = condition(found, 'Ready')
  const stall = condition(found, 'Stalled')
  const delivered = condition(found, 'ContractDelivered')
  return [
    ...(ready?.status === 'False' ? [] : [`Ready is ${ready?.status ?? 'absent'}, not False`]),
    ...(ready?.reason === reason ? [] : [`the reason is ${ready?.reason ?? 'absent'}, not ${reason}`]),
    ...says.filter((words) => ready?.message.includes(words) !== true).map((words) => `not said: ${words}`),
    ...(stalled && (stall?.status !== 'True' || stall.reason !== reason) ? ['Stalled=True is not there'] : []),
    ...(!stalled && stall !== undefined ? ['Stalled is there, though it can cure itself'] : []),
    ...(delivered?.status === 'True' ? ['ContractDelivered is True'] : []),
  ]
}

/** Every Deployment of this section and of the operator's own namespace, by namespace and name. */
async function deployments(kubectl: Kubectl): Promise<Map<string, Untouched>> {
  const found = new Map<string, Untouched>()
  for (const namespace of [badInputNamespace, operatorNamespace]) {
    const text = await kubectl.run(['-n', namespace, 'get', 'deployments', '-o', 'json', '--show-managed-fields'])
    const { items } = JSON.parse(text) as {
      items: { metadata: { name: string; generation: number; managedFields?: { manager: string }[] }; spec: unknown }[]
    }
    for (const { metadata, spec } of items) {
      const managers = (metadata.managedFields ?? []).map(({ manager }) => manager)
      found.set(`${namespace}/${metadata.name}`, { generation: metadata.generation, spec, managers })
    }
  }
  return found
}

function changes(before: Map<string, Untouched>, after: Map<string, Untouched>, id: string): string[] {
  const key = `${badInputNamespace}/${id}`
  return difference(key, before.get(key), after.get(key))
}

function difference(key: string, before: Untouched | undefined, after: Untouched | undefined): string[] {
  if (before === undefined) return []
  return [
    ...(after?.generation === before.generation ? [] : [`the generation of ${key} changed`]),
    ...(isDeepStrictEqual(after?.spec, before.spec) ? [] : [`the spec of ${key} changed`]),
    ...(after?.managers.includes('drainkeeper') === true ? [`drainkeeper owns fields of ${key}`] : []),
  ]
}
