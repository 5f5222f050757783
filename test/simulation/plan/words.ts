import type { Happening } from './plan.ts'

/** A happening for people. */
export function inWords(happening: Happening): string {
  switch (happening.kind) {
    case 'apply': {
      const { name, author, replicas, graceSeconds, hook, drainPort, pace, mayRollBack = false } = happening.manifest
      const states = [
        ...(graceSeconds === undefined ? [] : [`grace ${graceSeconds} s`]),
        ...(hook === undefined ? [] : [`hook ${JSON.stringify(hook)}`]),
        ...(drainPort ? ['port drain'] : []),
        ...(pace === undefined ? [] : [JSON.stringify(pace)]),
        ...(mayRollBack ? ['a rollback is allowed'] : []),
      ]
      return `${author} applies Deployment ${name}, ${replicas} replicas${states.length === 0 ? '' : `, stating ${states.join(', ')}`}`
    }
    case 'deploy':
      return `the author of ${happening.name} deploys image ${happening.image}`
    case 'stateGrace':
      return `the author of ${happening.name} states grace ${happening.graceSeconds ?? 'no more'}`
    case 'stateHook':
      return `the author of ${happening.name} states hook ${happening.hook === undefined ? 'no more' : JSON.stringify(happening.hook)}`
    case 'editGrace':
      return `kubectl edit ${happening.name}: grace ${happening.graceSeconds}`
    case 'tune':
      return `another manager takes the grace of ${happening.name} by force: ${happening.graceSeconds ?? 'lets it go'}`
    case 'gitOps':
      return `GitOps applies its own ${happening.name} by force, ${happening.times} times, every ${happening.everyMs / 1000} s`
    case 'restart':
      return `kubectl rollout restart ${happening.name}`
    case 'scale':
      return `${happening.by} scales ${happening.name} to ${happening.replicas}`
    case 'pause':
      return `kubectl rollout pause ${happening.name}, for ${happening.forMs / 1000} s`
    case 'undo':
      return `kubectl rollout undo ${happening.name}`
    case 'deleteDeployment':
      return `Deployment ${happening.name} is deleted${again(happening.againAfterMs)}`
    case 'deletePods':
      return `${happening.count} pods of ${happening.name} are deleted${happening.graceSeconds === undefined ? '' : `, grace ${happening.graceSeconds} s`}`
    case 'drains':
      return `pods of ${happening.name} end ${happening.profile} from now on`
    case 'applyPolicy':
      return `policy ${happening.name} is applied: ${JSON.stringify(happening.spec)}`
    case 'deletePolicy':
      return `policy ${happening.name} is deleted${again(happening.againAfterMs)}`
    case 'traffic':
      return `${happening.name} has ${happening.requestsPerSecond} requests a second`
    case 'fails':
      return `${happening.image} of ${happening.name} fails ${percent(happening.share)} of its requests`
    case 'background':
      return `every pod of ${happening.name} fails ${percent(happening.share)} of its requests, for ${happening.forMs / 1000} s`
    case 'silence':
      return `no pod of ${happening.name} tells its metrics, for ${happening.forMs / 1000} s`
    case 'resume':
      return `kubectl rollout resume ${happening.name}`
    case 'statePace':
      return `the author of ${happening.name} states ${JSON.stringify(happening.pace ?? 'nothing of its pace')}`
    case 'editPace':
      return `kubectl edit ${happening.name}: ${JSON.stringify(happening.pace)}`
    case 'budget':
      return `a PodDisruptionBudget allows no disruption of ${happening.name}, for ${happening.forMs / 1000} s`
    case 'patchService':
      return `Service ${happening.name} is applied: ${JSON.stringify(happening.spec)}`
    case 'deleteService':
      return `Service ${happening.name} is deleted${again(happening.againAfterMs)}`
    case 'crash':
      return `replica ${happening.process} crashes, and is back after ${happening.downMs / 1000} s`
    case 'stop':
      return `replica ${happening.process} is told to stop`
    case 'crashAtWrite':
      return `replica ${happening.process} crashes right ${happening.moment} its write ${happening.nth} from now is stored, and is back after ${happening.downMs / 1000} s`
    case 'freeze':
      return `replica ${happening.process} is frozen for ${happening.forMs / 1000} s`
    case 'freezeAtWrite':
      return `replica ${happening.process} is frozen for ${happening.forMs / 1000} s right after its write ${happening.nth} from now is stored`
    case 'wallJump':
      return `the wall clock of replica ${happening.process} jumps by ${happening.byMs / 1000} s`
    case 'requests': {
      const which = happening.only ?? 'requests'
      return `${happening.probability * 100} % of the ${which} of replica ${happening.process} meet ${happening.fault}, for ${happening.forMs / 1000} s`
    }
    case 'outage':
      return `the API server cannot be reached for ${happening.forMs / 1000} s${happening.forgets ? ', and forgets its history meanwhile' : ''}`
    case 'breakWatches':
      return `the watches of replica ${happening.process} break: ${happening.how}`
    case 'compaction':
      return 'the API server forgets its history: watches end with 410'
    case 'staleView':
    default:
      return `replica ${happening.process} hears nothing of ${happening.resource} for ${happening.forMs / 1000} s`
  }
}

function percent(share: number): string {
  return `${share * 100} %`
}

function again(afterMs: number | undefined): string {
  return afterMs === undefined ? '' : `, and made again after ${afterMs / 1000} s`
}

/** A plan for people, one line for each happening. */
export function planInWords({
  replicas,
  travelMs,
  watchLagMs,
  happenings,
}: {
  replicas: number
  travelMs: number
  watchLagMs: number
  happenings: readonly Happening[]
}): string[] {
  return [
    `${Math.max(1, replicas)} operator ${replicas > 1 ? 'processes' : 'process'}; requests travel up to ${travelMs} ms, watches lag up to ${watchLagMs} ms`,
    ...happenings.map((happening) => `${(happening.atMs / 1000).toFixed(3)} s: ${inWords(happening)}`),
  ]
}
