import { type Container, type ContainerStatus, isSidecar, type Phase, type PodSpec } from './pod.ts'

/** Whether a container that ended so is started again. */
export function isRestarted(spec: PodSpec, container: Container, exitCode: number): boolean {
  if (isSidecar(container)) return true
  if (spec.initContainers?.includes(container)) return exitCode !== 0 && spec.restartPolicy !== 'Never'
  return spec.restartPolicy === 'OnFailure' ? exitCode !== 0 : spec.restartPolicy !== 'Never'
}

/**
 * The phase that a pod's containers amount to.
 * @param ended no container runs, and none is started any more
 */
export function phaseOf(spec: PodSpec, statuses: readonly ContainerStatus[], ended: boolean): Phase {
  const statusOf = new Map(statuses.map((status) => [status.name, status]))
  const initContainers = spec.initContainers ?? []
  const begun = spec.containers.some(({ name }) => hasRun(statusOf.get(name)))
  let initializing = false
  for (const container of initContainers.filter((candidate) => !isSidecar(candidate))) {
    const status = statusOf.get(container.name)
    const exitCode = lastExitCode(status)
    if (exitCode !== undefined && exitCode !== 0 && !isRestarted(spec, container, exitCode)) return 'Failed'
    if (exitCode === undefined || status?.state.running !== undefined) initializing = true
  }
  const sidecars = initContainers.filter(isSidecar).map(({ name }) => statusOf.get(name))
  if (!begun && sidecars.some((status) => lastExitCode(status) === undefined && status?.started !== true)) {
    initializing = true
  }
  const main = spec.containers.map((container) => ({ container, status: statusOf.get(container.name) }))
  if (initializing || main.some(({ status }) => !hasRun(status))) return 'Pending'
  const runs = [...main.map(({ status }) => status), ...sidecars].some((status) => status?.state.running !== undefined)
  if (runs) return 'Running'
  const exits = main.map(({ container, status }) => ({ container, exitCode: lastExitCode(status) ?? 0 }))
  if (!ended && exits.some(({ container, exitCode }) => isRestarted(spec, container, exitCode))) return 'Running'
  return exits.every(({ exitCode }) => exitCode === 0) ? 'Succeeded' : 'Failed'
}

/** It runs, or has run. */
function hasRun(status: ContainerStatus | undefined): boolean {
  return status?.state.running !== undefined || lastExitCode(status) !== undefined
}

function lastExitCode(status: ContainerStatus | undefined): number | undefined {
  if (status === undefined || status.state.running !== undefined) return undefined
  return (status.state.terminated ?? status.lastState.terminated)?.exitCode
}
