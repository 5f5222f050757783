import { onTestFinished } from 'vitest'
import {
  createReflector,
  createUndiciTransport,
  type KubeError,
  type KubeObject,
  pods,
  type Reflector,
  type ReflectorEvent,
  type ReflectorOptions,
  type ReflectorState,
} from '../../../src/kube/index.ts'
import { ScenarioServer, ScriptedWatch } from '../scenario-server.ts'
import { until, VirtualClock } from '../virtual-clock.ts'
import { added, bookmark, streamedList } from './pod-watch.ts'

/** What is kept of a pod. */
export interface Kept {
  name: string
  version: string
  app: string
}

/** A reflector of pods before a scripted server, on a clock that stands still, with all that it tells recorded. */
export class ReflectorStage {
  readonly server: ScenarioServer
  readonly clock = new VirtualClock()
  readonly reflector: Reflector<Kept>
  readonly states: ReflectorState[] = []
  /** The events, each in a few words. */
  readonly told: string[] = []
  readonly received: ReflectorEvent<Kept>[] = []
  /** What went wrong, by code. */
  readonly errors: string[] = []

  constructor(server: ScenarioServer, options: Partial<ReflectorOptions<Kept>>) {
    this.server = server
    const { clock } = this
    const transport = createUndiciTransport({ clock, access: async () => ({ server: server.url }) })
    this.reflector = createReflector<Kept>({
      transport,
      clock,
      random: () => 0,
      resource: pods,
      project: ({ metadata }) =>
        metadata.labels?.['app'] === 'dropped'
          ? undefined
          : { name: metadata.name, version: metadata.resourceVersion ?? '', app: metadata.labels?.['app'] ?? '' },
      indexes: { app: (kept) => [kept.app] },
      onError: (error) => this.errors.push((error as KubeError).code ?? (error as Error).message),
      onStateChange: (state) => this.states.push(state),
      ...options,
    })
    this.reflector.onEvent((event) => this.#record(event))
    onTestFinished(async () => {
      await this.reflector.stop()
      await transport.close()
      await server.close()
    })
  }

  /** Streams a list of these at this version, so that a test can start in Watching. */
  async startWatching(resourceVersion = '10', ...objects: KubeObject[]): Promise<ScriptedWatch> {
    const watch = new ScriptedWatch()
    this.server.expect(streamedList(watch.reply))
    this.reflector.start()
    await watch.send(...objects.map(added), bookmark(resourceVersion, true))
    await this.reflector.synced
    await this.clock.advance(2_000)
    this.states.length = 0
    this.told.length = 0
    this.received.length = 0
    return watch
  }

  /** Waits until the reflector sleeps for this long before it tries again, and lets it. */
  async passBackoff(delayMs: number): Promise<void> {
    await until(() => this.clock.timers.includes(delayMs))
    await this.clock.advance(delayMs)
  }

  #record(event: ReflectorEvent<Kept>): void {
    const { type, object, previous, initial } = event
    const change = previous === undefined ? object.version : `${previous.version}>${object.version}`
    this.received.push(event)
    this.told.push(`${type} ${object.name} ${change}${initial ? ' initial' : ''}`)
  }
}

/** A reflector that has not been started, and is stopped when the test ends. */
export async function reflectorStage(options: Partial<ReflectorOptions<Kept>> = {}): Promise<ReflectorStage> {
  return new ReflectorStage(await ScenarioServer.start(), options)
}
