import { pause } from '../src/lab/rehearsal/index.ts'
import type { Section } from './check.ts'
import { onContract } from './before-after.ts'
import { labNamespace } from './manifests.ts'
import { operatorLog, operatorMetrics, operatorPod, type RequestCounts } from './operator-pod.ts'
import { check } from './sections.ts'
import type { Testbed } from './testbed.ts'
import { operatorNamespace, Watched } from '../src/lab/stage/index.ts'
import { noneTerminating } from './workload.ts'

/** What a settled policy costs: nothing but watches and the lease. */
export async function idleSection(testbed: Testbed, seconds: number): Promise<Section> {
  await noneTerminating(testbed, 'drained', 120)
  await pause(3000, testbed.signal)
  const before = await operatorMetrics(testbed)
  await pause(seconds * 1000, testbed.signal)
  const after = await operatorMetrics(testbed)
  const made = differences(before.requests, after.requests)
  const others = [...made].filter(([key]) => !key.startsWith('watch ') && !key.endsWith(' leases.coordination.k8s.io'))
  const log = await operatorLog(testbed)
  const started = log.find(({ msg }) => msg === 'started')
  const leading = log.find(({ msg }) => msg === 'leading')
  const startUpMs = started?.startUpMs ?? Number.NaN
  const toLeadingMs = startUpMs + Date.parse(leading?.time ?? '') - Date.parse(started?.time ?? '')
  const residentMiB = after.residentBytes / 1024 ** 2
  return {
    name: 'Idle cost of the operator',
    checks: [
      check(`settled for ${seconds} s: no API request but watches and the lease`, others.length === 0, describe(made)),
      check('resident memory below 256 MiB', residentMiB < 256, `${residentMiB.toFixed(0)} MiB`),
      check(
        'leads within 30 s of its start',
        toLeadingMs < 30_000,
        `${toLeadingMs.toFixed(0)} ms, of which ${startUpMs} ms until it listens`,
      ),
    ],
    figures: {
      seconds,
      requests: Object.fromEntries(made),
      residentMiB: Math.round(residentMiB),
      startUpMs,
      toLeadingMs: Math.round(toLeadingMs),
    },
  }
}

/** kill -9 of the operator in the middle of a rollout: the contract, the samples and the number of rollouts stay. */
export async function crashSection(testbed: Testbed): Promise<Section> {
  const { watched, cluster, kubectl, signal } = testbed
  if (cluster.killContainer === undefined) {
    return {
      name: 'kill -9 of the operator',
      checks: [check('this provider can kill a container', false, 'skipped: the provider cannot')],
      figures: {},
    }
  }
  await noneTerminating(testbed, 'drained', 120)
  const before = watched.policy('drained')?.status.targets?.[0]
  const deployment = watched.deployment('drained')
  const generation = deployment?.generation ?? 0
  const revision = deployment?.revision ?? 0
  const pod = await operatorPod(testbed)

  await kubectl.run(['-n', labNamespace, 'rollout', 'restart', 'deployment/drained'])
  await watched.until(
    'the rollout is half way',
    () => {
      const now = watched.deployment('drained')
      return (
        now !== undefined &&
        now.generation > generation &&
        now.observed &&
        now.updated > 0 &&
        now.updated < now.replicas
      )
    },
    60,
    signal,
  )
  await cluster.killContainer({ namespace: operatorNamespace, pod, container: 'operator' }, 'SIGKILL')
  const killedAtMs = Date.now()
  await watched.until('the rollout ends', () => watched.rolledOut('drained', generation + 1), 180, signal)
  await kubectl
    .run(['-n', operatorNamespace, 'wait', `pod/${pod}`, '--for=condition=Ready=false', '--timeout=30s'])
    .catch(() => undefined)
  await kubectl.run(['-n', operatorNamespace, 'wait', `pod/${pod}`, '--for=condition=Ready', '--timeout=120s'])
  // The lease of the killed process has to run out before the new one leads.
  await watched.until(
    'the new process writes status',
    () => {
      const now = watched.policy('drained')?.status.targets?.[0]
      return now?.pods?.total === 4 && now.pods.terminating === 0 && now.pods.onContract === 4
    },
    120,
    signal,
  )
  await noneTerminating(testbed, 'drained', 120)
  const recoveredSeconds = (Date.now() - killedAtMs) / 1000
  await onContract(testbed, 'drained', 60)
  const log = await operatorLog(testbed)
  const starts = log.filter(({ msg }) => msg === 'leading').length
  const after = watched.policy('drained')?.status.targets?.[0]
  const end = watched.deployment('drained')
  const kept = (after?.propagation?.samples ?? 0) >= Math.min(before?.propagation?.samples ?? 0, 200)
  const same =
    JSON.stringify([before?.contract?.drainDelaySeconds, before?.contract?.terminationGracePeriodSeconds]) ===
    JSON.stringify([after?.contract?.drainDelaySeconds, after?.contract?.terminationGracePeriodSeconds])
  return {
    name: 'kill -9 of the operator in the middle of a rollout',
    checks: [
      check(
        'it was killed and leads again',
        starts >= 2,
        `${starts} starts in the log, settled ${recoveredSeconds.toFixed(0)} s after the kill`,
      ),
      check(
        'same contract',
        same,
        `D ${after?.contract?.drainDelaySeconds} s, G ${after?.contract?.terminationGracePeriodSeconds} s`,
      ),
      check(
        'no extra rollout',
        end?.generation === generation + 1 && end.revision === revision + 1,
        `generation ${generation} -> ${end?.generation}, revision ${revision} -> ${end?.revision}`,
      ),
      check('samples kept', kept, `${before?.propagation?.samples} before, ${after?.propagation?.samples} after`),
    ],
    figures: {
      recoveredSeconds: Math.round(recoveredSeconds),
      samplesBefore: before?.propagation?.samples,
      samplesAfter: after?.propagation?.samples,
    },
  }
}

/** A rolling update of the operator itself: it drains itself and hands over, without waiting for the lease to run out. */
export async function handoverSection(testbed: Testbed): Promise<Section> {
  const { transport, kubectl, signal } = testbed
  const own = new Watched(transport, operatorNamespace, false)
  await own.start()
  try {
    const old = await operatorPod(testbed)
    const exitCodes = new Map<string, number>()
    own.pods.onEvent(({ object }) => {
      if (object.exitCode !== undefined) exitCodes.set(object.name, object.exitCode)
    })
    await kubectl.run(['-n', operatorNamespace, 'rollout', 'restart', 'deployment/drainkeeper'])
    const gone = (): boolean => own.pods.cache.list().every(({ name }) => name !== old)
    await own.until('the old operator is gone', gone, 120, signal)
    const deletion = [...own.deletions.values()].find(({ pod }) => pod === old)
    await own.until('the new operator is ready', () => own.pods.cache.list().some(({ ready }) => ready), 60, signal)
    const leadingAtMs = await leadingSince(testbed, 30)
    const seconds = (leadingAtMs - (deletion?.deletedMs ?? Number.NaN)) / 1000
    return {
      name: 'The operator drains itself',
      checks: [
        check('the old process exits with 0', exitCodes.get(old) === 0, `exit code ${exitCodes.get(old)}`),
        check(
          'the new one leads before the lease would run out (15 s)',
          seconds < 15,
          `${seconds.toFixed(1)} s after the deletion of the old`,
        ),
      ],
      figures: { handoverSeconds: seconds },
    }
  } finally {
    await own.stop()
  }
}

/** When the operator that runs now began to lead. Its log is the only one who tells: it is read until it does. */
async function leadingSince(testbed: Testbed, timeoutSeconds: number): Promise<number> {
  for (let attempt = 0; attempt < timeoutSeconds; attempt += 1) {
    const leading = (await operatorLog(testbed)).findLast(({ msg }) => msg === 'leading')
    if (leading !== undefined) return Date.parse(leading.time)
    await pause(1000, testbed.signal)
  }
  throw new Error(`the new operator does not lead within ${timeoutSeconds} s`)
}

function differences(before: RequestCounts, after: RequestCounts): RequestCounts {
  const made = [...after].map(([key, count]): [string, number] => [key, count - (before.get(key) ?? 0)])
  return new Map(made.filter(([, count]) => count > 0))
}

function describe(counts: RequestCounts): string {
  return [...counts].map(([key, count]) => `${count} x ${key}`).join(', ') || 'none at all'
}
