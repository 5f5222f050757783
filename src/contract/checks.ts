import type { FieldOwner } from './deployment-view.ts'
import { DRAIN_PORT_NAME } from './drain-method.ts'
import { type Draft, isPreStopAsStated } from './draft.ts'
import { describeHook, hookSeconds } from './hook.ts'
import { describeOwners, placeOf } from './managers.ts'
import type { Conflict, ConflictCode } from './patch.ts'
import { DEFAULT_GRACE_SECONDS } from './project-deployment.ts'

/** A named, pure question about a draft: the conflict that the API server or a person would see, or nothing. */
type Check = (draft: Draft) => Conflict | undefined

/** In the order in which they are told. All are asked, so that a person can cure everything at once. */
export const CHECKS: readonly Check[] = [
  hookOfAnotherKind,
  hookTooShort,
  drainPortMissing,
  serverTooOldForSleep,
  graceStatedTooSmall,
  sleepNotBelowGrace,
  readinessPortMissing,
  graceOnlyDefaulted,
]

export const GRACE = '.spec.template.spec.terminationGracePeriodSeconds'

export function preStopPath(container: string): string {
  return `.spec.template.spec.containers[name="${container}"].lifecycle.preStop`
}

function blocks(code: ConflictCode, field: string, owners: FieldOwner[], message: string): Conflict {
  return { code, field, owners, message, blocking: true }
}

/** Two handlers in one hook are refused with 422, and a stated hook is not ours to replace. */
function hookOfAnotherKind(draft: Draft): Conflict | undefined {
  const { preStop, preStopSource } = draft.today
  if (preStop === undefined || preStopSource.kind !== 'Stated' || isPreStopAsStated(draft)) return undefined
  if (hookSeconds(preStop) !== undefined) return undefined
  const field = preStopPath(draft.container.name)
  const message =
    `${field} is ${describeHook(preStop)}, stated by ${describeOwners(preStopSource.by)}: ` +
    `it cannot be told whether it holds for the drain delay of ${draft.request.drainDelaySeconds} s. ` +
    `Remove it ${placeOf(preStopSource.by)}, or write preStop.sleep.seconds: ${draft.request.drainDelaySeconds} there`
  return blocks('OtherHook', field, preStopSource.by, message)
}

function hookTooShort(draft: Draft): Conflict | undefined {
  const { preStop, preStopSource } = draft.today
  const seconds = hookSeconds(preStop)
  if (preStop === undefined || seconds === undefined || preStopSource.kind !== 'Stated') return undefined
  if (isPreStopAsStated(draft)) return undefined
  const field = preStopPath(draft.container.name)
  const message =
    `${field} is ${describeHook(preStop)}, stated by ${describeOwners(preStopSource.by)}: ` +
    `it lasts ${seconds} s and the drain delay is ${draft.request.drainDelaySeconds} s. ` +
    `Make it at least ${draft.request.drainDelaySeconds} s ${placeOf(preStopSource.by)}, or remove it`
  return blocks('HookTooShort', field, preStopSource.by, message)
}

function drainPortMissing(draft: Draft): Conflict | undefined {
  const { problem } = draft.method
  if (problem === undefined || draft.today.preStopSource.kind === 'Stated') return undefined
  return blocks('DrainPortMissing', preStopPath(draft.container.name), [], problem.message)
}

/** `preStop.sleep` is on by default since 1.30 (KEP-3960); before, the API server drops or refuses it. */
function serverTooOldForSleep({ preStop, request, container }: Draft): Conflict | undefined {
  const { serverVersion: version } = request
  if (preStop?.kind !== 'Sleep' || version === undefined) return undefined
  if (version.major > 1 || version.minor >= 30) return undefined
  const message =
    `preStop.sleep needs Kubernetes 1.30 and the API server is ${version.major}.${version.minor}. ` +
    `Run drain-server with a container port named "${DRAIN_PORT_NAME}" (method HTTP), or state an exec preStop ` +
    `["sleep", "${request.drainDelaySeconds}"] in the manifest`
  return blocks('ServerTooOld', preStopPath(container.name), [], message)
}

/** A stated grace period that covers is kept; a smaller one is an intention that is not overruled. */
function graceStatedTooSmall({ today, neededGraceSeconds, request, writesGrace }: Draft): Conflict | undefined {
  const { gracePeriodSeconds, graceSource } = today
  const putBack = writesGrace && graceSource.kind === 'Default' && request.reverted?.includes('gracePeriod') === true
  const stated = graceSource.kind === 'Stated' && gracePeriodSeconds < neededGraceSeconds
  if (!stated && !putBack) return undefined
  const how = putBack ? 'put back after it was raised, so meant, by' : 'stated by'
  const message =
    `${GRACE} is ${gracePeriodSeconds}, ${how} ${describeOwners(graceSource.by)}, and ${neededGraceSeconds} is needed. ` +
    `Write terminationGracePeriodSeconds: ${neededGraceSeconds} ${placeOf(graceSource.by)}` +
    (putBack ? '' : ', or remove the line so that it can be set here')
  return blocks('GraceStated', GRACE, graceSource.by, message)
}

/** The API server refuses a sleep above the grace period, and a sleep equal to it leaves the process no time. */
function sleepNotBelowGrace({ today, container, preStop, request, graceSeconds }: Draft): Conflict | undefined {
  const seconds = preStop === undefined ? (hookSeconds(today.preStop) ?? 0) : request.drainDelaySeconds
  if (seconds < graceSeconds) return undefined
  const message =
    `the preStop hook would last ${seconds} s, which is not below the grace period of ${graceSeconds} s ` +
    `(stated by ${describeOwners(today.graceSource.by)}): SIGTERM would come with no time left. ` +
    `Write terminationGracePeriodSeconds: ${seconds + 2} or more, or bound the drain delay by spec.contract.bounds.drainDelay.max`
  return blocks('SleepNotBelowGrace', preStopPath(container.name), today.graceSource.by, message)
}

/** A probe on a port name that the container does not declare never succeeds: no new pod would ever become ready. */
function readinessPortMissing({ readiness, container }: Draft): Conflict | undefined {
  const port = readiness?.port
  if (typeof port !== 'string' || container.ports.some(({ name }) => name === port)) return undefined
  const field = `.spec.template.spec.containers[name="${container.name}"].readinessProbe`
  const declared = container.ports.flatMap(({ name }) => name ?? []).join(', ') || 'none'
  const message =
    `spec.contract.readiness.port is "${port}", but container ${container.name} declares no port of that name ` +
    `(named ports: ${declared}). Write the port's number, or one of its names`
  return blocks('ReadinessPortMissing', field, [], message)
}

/** The API server would answer 409. Nobody wrote the value, so this one field is taken by force, and it is told. */
function graceOnlyDefaulted({ view, today, request, writesGrace, graceSeconds }: Draft): Conflict | undefined {
  const { kind, by } = today.graceSource
  if (!writesGrace || kind !== 'Default' || by.length === 0 || request.reverted?.includes('gracePeriod'))
    return undefined
  const why = view.lastApplied
    ? 'which last-applied-configuration does not name'
    : 'which cannot be told from a line that was never written'
  const message =
    `${GRACE} is ${DEFAULT_GRACE_SECONDS}, the API's default, ${why}; ${describeOwners(by)} owns it for having created ` +
    `the Deployment. It is raised to ${graceSeconds}. To decide it yourself, write terminationGracePeriodSeconds ` +
    placeOf(by)
  return { code: 'GraceDefaulted', field: GRACE, owners: by, message, blocking: false }
}
