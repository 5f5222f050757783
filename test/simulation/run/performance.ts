import type { ApiServerLike } from '../../../src/cluster/api-server/index.ts'
import { type Clock, deployments } from '../../../src/kube/index.ts'
import { type Happening, isFault } from '../plan/plan.ts'
import { inWords } from '../plan/words.ts'
import type { DrainProfile } from '../world/drain-endings.ts'
import type { Controllers } from '../world/controllers.ts'
import { type Manifest, namespace } from '../world/manifest.ts'
import type { Done, People } from '../world/people.ts'
import { timestamp } from '../world/raw.ts'
import type { Traffic } from '../world/traffic.ts'
import type { Chronicle } from './chronicle.ts'
import type { Replica } from './replica.ts'

export interface Stage {
  clock: Clock
  server: ApiServerLike
  people: People
  controllers: Controllers
  replicas: readonly Replica[]
  chronicle: Chronicle
  profiles: Map<string, DrainProfile>
  traffic: Traffic
}

/** When the last consequence of a happening that is decided beforehand has happened. */
export function endOf(happening: Happening): number {
  const { atMs } = happening
  if (happening.kind === 'gitOps') return atMs + happening.everyMs * happening.times
  if ('forMs' in happening) return atMs + happening.forMs
  if ('againAfterMs' in happening) return atMs + (happening.againAfterMs ?? 0)
  if ('downMs' in happening) return atMs + happening.downMs
  return atMs
}

/** Lets one thing happen, and writes down what became of it. */
export async function perform(stage: Stage, happening: Happening): Promise<void> {
  const { clock, chronicle } = stage
  const done = await act(stage, happening)
  if (!isFault(happening)) chronicle.outcomes.push(done === 'done')
  chronicle.done(clock.monotonicMs(), done === 'done' ? inWords(happening) : `${inWords(happening)}: ${done}`)
}

async function act(stage: Stage, happening: Happening): Promise<Done> {
  const { clock, people, controllers, profiles, traffic } = stage
  const later = (afterMs: number | undefined, what: () => Promise<Done>, words: string): void => {
    if (afterMs === undefined) return
    clock.setTimeout(() => {
      void what().then((done) => stage.chronicle.done(clock.monotonicMs(), `${words}: ${done}`))
    }, afterMs)
  }
  if ('process' in happening) return befall(stage.replicas[happening.process % stage.replicas.length], happening)
  switch (happening.kind) {
    case 'apply':
      return people.apply(happening.manifest)
    case 'deploy':
      return change(people, happening.name, (manifest) => ({ ...manifest, image: happening.image }))
    case 'stateGrace':
      return change(people, happening.name, (manifest) => {
        const { graceSeconds: _, ...rest } = manifest
        const { graceSeconds } = happening
        return graceSeconds === undefined ? rest : { ...rest, graceSeconds }
      })
    case 'stateHook':
      return change(people, happening.name, (manifest) => {
        const { hook: _, ...rest } = manifest
        const { hook } = happening
        return hook === undefined ? rest : { ...rest, hook }
      })
    case 'editGrace':
      return people.editGrace(happening.name, happening.graceSeconds)
    case 'tune':
      return people.tune(happening.name, happening.graceSeconds)
    case 'gitOps': {
      for (let round = 1; round <= happening.times; round += 1) {
        const author = 'argocd'
        later(
          round * happening.everyMs,
          async () => change(people, happening.name, (manifest) => ({ ...manifest, author })),
          `GitOps applies its own ${happening.name}`,
        )
      }
      return 'done'
    }
    case 'restart':
      return people.restart(happening.name, timestamp(clock.now()))
    case 'scale':
      return people.scale(happening.name, happening.replicas, happening.by)
    case 'pause': {
      const { name } = happening
      later(happening.forMs, async () => people.pause(name, false), `kubectl rollout resume ${name}`)
      return people.pause(name, true)
    }
    case 'undo': {
      const uid = uidOf(stage, happening.name)
      return people.undo(happening.name, uid === undefined ? undefined : controllers.previousTemplate(uid))
    }
    case 'deleteDeployment': {
      const { name } = happening
      const manifest = people.manifest(name)
      if (manifest !== undefined) {
        later(happening.againAfterMs, async () => people.apply(manifest), `Deployment ${name} is made again`)
      }
      return people.deleteDeployment(name)
    }
    case 'deletePods':
      return people.deletePods(happening.name, happening.count, happening.graceSeconds)
    case 'drains':
      profiles.set(happening.name, happening.profile)
      return 'done'
    case 'applyPolicy':
      return people.applyPolicy(happening.name, happening.spec)
    case 'deletePolicy': {
      const { name } = happening
      const spec = people.policySpec(name)
      if (spec !== undefined) {
        later(happening.againAfterMs, async () => people.applyPolicy(name, spec), `policy ${name} is made again`)
      }
      return people.deletePolicy(name)
    }
    case 'patchService':
      return people.applyService(happening.name, happening.spec)
    case 'deleteService': {
      const { name } = happening
      later(happening.againAfterMs, async () => people.applyService(name, {}), `Service ${name} is made again`)
      return people.deleteService(name)
    }
    case 'traffic':
      traffic.flow(happening.name, happening.requestsPerSecond)
      return 'done'
    case 'fails':
      traffic.fail(happening.name, happening.image, happening.share)
      return 'done'
    case 'background': {
      const { name, forMs, share } = happening
      clock.setTimeout(() => traffic.background(name, 0), forMs)
      traffic.background(name, share)
      return 'done'
    }
    case 'silence':
      traffic.silence(happening.name, happening.forMs)
      return 'done'
    case 'resume':
      return people.pause(happening.name, false)
    case 'statePace':
      return change(people, happening.name, (manifest) => {
        const { pace: _, ...rest } = manifest
        const { pace } = happening
        return pace === undefined ? rest : { ...rest, pace }
      })
    case 'editPace':
      return people.editPace(happening.name, happening.pace)
    case 'budget': {
      const { name, forMs } = happening
      later(forMs, async () => people.allowDisruptions(name, 1), `a disruption of ${name} is allowed again`)
      return people.allowDisruptions(name, 0)
    }
    case 'outage':
      for (const { weather } of stage.replicas) {
        weather.befall({ fault: 'refused', probability: 1, only: undefined }, happening.forMs)
      }
      for (const replica of stage.replicas) replica.breakWatches('reset')
      if (happening.forgets) clock.setTimeout(() => stage.server.compact(), happening.forMs - 1)
      return 'done'
    case 'compaction':
    default:
      stage.server.compact()
      return 'done'
  }
}

type OfOneReplica = Extract<Happening, { process: number }>

function befall(replica: Replica | undefined, happening: OfOneReplica): Done {
  if (replica === undefined) return 'no such replica'
  switch (happening.kind) {
    case 'crash':
      replica.kill(happening.downMs)
      break
    case 'stop':
      replica.stop()
      break
    case 'crashAtWrite':
      replica.crashAtWrite(happening.nth, happening.moment, happening.downMs)
      break
    case 'freeze':
      replica.freeze(happening.forMs)
      break
    case 'freezeAtWrite':
      replica.freezeAtWrite(happening.nth, happening.forMs)
      break
    case 'wallJump':
      replica.jumpWall(happening.byMs)
      break
    case 'requests': {
      const { fault, probability, only, forMs } = happening
      replica.weather.befall({ fault, probability, only }, forMs)
      break
    }
    case 'breakWatches':
      replica.breakWatches(happening.how)
      break
    case 'staleView':
      replica.weather.makeStale(happening.resource, happening.forMs)
      break
  }
  return 'done'
}

async function change(people: People, name: string, edit: (manifest: Manifest) => Manifest): Promise<Done> {
  const manifest = people.manifest(name)
  return manifest === undefined ? `no Deployment ${name}` : people.apply(edit(manifest))
}

function uidOf({ server }: Stage, name: string): string | undefined {
  return server.objects(deployments, namespace).find(({ metadata }) => metadata.name === name)?.metadata.uid
}
