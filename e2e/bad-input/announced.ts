import { createReflector, events, type KubeObject, systemClock, type Transport } from '../../src/kube/index.ts'
import type { Check } from '../check.ts'
import { badInputNamespace } from './objects.ts'
import { type ShownRow, shownRows } from './shown.ts'

interface Announcement {
  policy: string
  type: string
  reason: string
  note: string
  count: number
}

const secondsAtMost = 30

/** Waits until each policy that somebody has to correct has its event: one, with the message of the condition. */
export async function announcedCheck(transport: Transport, signal: AbortSignal): Promise<Check> {
  const reflector = createReflector({
    transport,
    clock: systemClock,
    namespace: badInputNamespace,
    resource: events,
    project,
  })
  const stalled = shownRows.filter((row) => row.stalled)
  const warnings = (row: ShownRow): Announcement[] =>
    reflector.cache.list().filter(({ policy, type }) => policy === row.id && type === 'Warning')
  const waited = AbortSignal.any([signal, AbortSignal.timeout(secondsAtMost * 1000)])
  try {
    reflector.start()
    await reflector.synced
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (waited.aborted || stalled.every((row) => warnings(row).length > 0)) resolve()
      }
      reflector.onEvent(look)
      waited.addEventListener('abort', look, { once: true })
      look()
    })
    signal.throwIfAborted()
    const wrong = stalled.flatMap((row) => faults(row, warnings(row)))
    const figure = `${stalled.length} policies, one event each`
    return { name: 'each has one event', passed: wrong.length === 0, detail: wrong.join('; ') || figure }
  } finally {
    await reflector.stop()
  }
}

function faults({ id, reason, says }: ShownRow, found: readonly Announcement[]): string[] {
  const wanted = reason === 'ContractBlocked' ? 'ContractBlocked' : 'PolicyBroken'
  const times = found.reduce((sum, { count }) => sum + count, 0)
  return [
    ...(times === 1 ? [] : [`${id}: ${times} events`]),
    ...found.filter((event) => event.reason !== wanted).map((event) => `${id}: ${event.reason}, not ${wanted}`),
    ...found
      .filter(({ note }) => !says.every((words) => note.includes(words)))
      .map(({ note }) => `${id}: says only "${note}"`),
  ]
}

function project(raw: KubeObject): Announcement {
  const { regarding, type, reason, note, series } = raw as KubeObject & {
    regarding?: { kind?: string; name?: string }
    type?: string
    reason?: string
    note?: string
    series?: { count?: number }
  }
  return {
    policy: regarding?.kind === 'DrainPolicy' ? (regarding.name ?? '') : '',
    type: type ?? '',
    reason: reason ?? '',
    note: note ?? '',
    count: series?.count ?? 1,
  }
}
