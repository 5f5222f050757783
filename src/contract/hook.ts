import type { Hook } from './deployment-view.ts'
import { at, integer, list, portReference, text } from './untyped.ts'

/** drain-server's admin path: a hook that calls it drains, whoever wrote it. */
export const DRAIN_PATH = '/admin/drain'

/** A command that does nothing but sleep for whole seconds, as in `["sleep", "15"]` or `["sh", "-c", "sleep 15"]`. */
const SLEEP_COMMAND =
  /^(?:(?:\/bin\/|\/usr\/bin\/)?(?:sh|ash|dash|bash) -c )?(?:\/bin\/|\/usr\/bin\/)?sleep (\d{1,6})s?;?$/

/** The longest command that is kept of an exec hook: enough to recognise it in a message. */
const KEPT_COMMAND = 80

/** Reads a raw `lifecycle.preStop`; undefined where there is none. */
export function readHook(raw: unknown): Hook | undefined {
  const seconds = integer(at(raw, 'sleep', 'seconds'))
  if (at(raw, 'sleep') !== undefined) return { kind: 'Sleep', seconds: seconds ?? 0 }
  if (at(raw, 'httpGet') !== undefined) {
    const path = text(at(raw, 'httpGet', 'path')) ?? '/'
    return { kind: 'HTTP', path, port: portReference(at(raw, 'httpGet', 'port')) ?? '' }
  }
  if (at(raw, 'exec') !== undefined) {
    const command = list(at(raw, 'exec', 'command'))
      .filter((part) => typeof part === 'string')
      .join(' ')
      .trim()
    const sleeps = SLEEP_COMMAND.exec(command)?.[1]
    const kept = command.length > KEPT_COMMAND ? `${command.slice(0, KEPT_COMMAND)}...` : command
    return { kind: 'Exec', command: kept, ...(sleeps !== undefined && { seconds: Number(sleeps) }) }
  }
  return at(raw, 'tcpSocket') === undefined ? undefined : { kind: 'TCP' }
}

/** What drain-server's hook says. */
export interface HookContract {
  drainDelaySeconds: number
  gracePeriodSeconds: number
  /** The grace period is somebody else's: a hook that an undo brings back is no sign that the grace beside it was ours. */
  graceStated: boolean
}

/** drain-server's hook: the contract rides in its URL, so that no environment variable has to be owned. */
export function drainHook({ drainDelaySeconds, gracePeriodSeconds, graceStated }: HookContract, port: string): Hook {
  const stated = graceStated ? '&graceStated=true' : ''
  const path = `${DRAIN_PATH}?delaySeconds=${drainDelaySeconds}&graceSeconds=${gracePeriodSeconds}${stated}`
  return { kind: 'HTTP', path, port }
}

const CONTRACT_PATH = /^\/admin\/drain\?delaySeconds=(\d{1,6})&graceSeconds=(\d{1,6})(&graceStated=true)?$/

/** The contract of a hook that has exactly the form of {@link drainHook}: what it says and where. */
export function contractInHook(hook: Hook | undefined, port: string): HookContract | undefined {
  if (hook?.kind !== 'HTTP' || hook.port !== port) return undefined
  const [, delay, grace, stated] = CONTRACT_PATH.exec(hook.path) ?? []
  if (delay === undefined) return undefined
  return { drainDelaySeconds: Number(delay), gracePeriodSeconds: Number(grace), graceStated: stated !== undefined }
}

function callsDrain(hook: Hook): boolean {
  return hook.kind === 'HTTP' && hook.path.split('?')[0] === DRAIN_PATH
}

/** How long the hook is known to hold back SIGTERM; undefined when its duration cannot be read from it. */
export function hookSeconds(hook: Hook | undefined): number | undefined {
  if (hook === undefined) return undefined
  if (hook.kind === 'Sleep' || hook.kind === 'Exec') return hook.seconds
  if (!callsDrain(hook)) return undefined
  const seconds = new URLSearchParams((hook as { path: string }).path.split('?')[1]).get('delaySeconds') ?? ''
  return /^\d{1,6}$/.test(seconds) ? Number(seconds) : undefined
}

/**
 * Does the hook, whoever wrote it, keep the pod serving for the drain delay? A call of drain-server that names no delay
 * leaves it to the library, which measures for itself: it covers.
 */
export function hookCovers(hook: Hook | undefined, drainDelaySeconds: number): boolean {
  if (hook === undefined) return false
  const seconds = hookSeconds(hook)
  return seconds === undefined ? callsDrain(hook) : seconds >= drainDelaySeconds
}

export function sameHook(one: Hook | undefined, other: Hook | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** As a person would name it in a sentence, with its article. */
export function describeHook(hook: Hook): string {
  if (hook.kind === 'Sleep') return `a sleep of ${hook.seconds} s`
  if (hook.kind === 'HTTP') return `an httpGet of ${hook.path} on port ${hook.port}`
  return hook.kind === 'Exec' ? `an exec of "${hook.command}"` : 'a tcpSocket handler'
}
