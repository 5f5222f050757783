import { type KubeObject, pods } from '../../src/kube/index.ts'
import { at, type Fields, merged } from './data.ts'
import { coreEvents } from './objects.ts'
import { conditionsOf, listed } from './played.ts'
import type { Scene } from './scene.ts'
import type { Watching } from './watching.ts'

/** A container of the lab's image that runs a line of JavaScript instead of the program. */
export function script(c: Scene, code: string, more: Fields = {}): Fields {
  return {
    name: 'app',
    image: c.target.images['naive'],
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '-e', code],
    ...more,
  }
}

/** Serves on 8080 until SIGTERM, then does what it is told. */
export const serving = (onTerm: string): string =>
  `const s=require('http').createServer((q,r)=>r.end('ok'));s.listen(8080);process.on('SIGTERM',()=>{${onTerm}})`

/** Ready when it listens: a signal before its handler is set would be another case. */
export const readiness: Fields = { readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 } }

export interface PodOptions {
  readonly spec?: Fields
  readonly metadata?: Fields
}

/** One pod under a watch. */
export class RunningPod {
  readonly watch: Watching
  readonly #scene: Scene
  readonly #name: string

  private constructor(scene: Scene, watch: Watching, name: string) {
    this.#scene = scene
    this.watch = watch
    this.#name = name
  }

  static async start(c: Scene, container: Fields, { spec = {}, metadata = {} }: PodOptions = {}): Promise<RunningPod> {
    const watch = await c.watch(pods)
    const name = 'one'
    const base = { automountServiceAccountToken: false, terminationGracePeriodSeconds: 10, containers: [container] }
    const created = await c.quietly('POST', c.path(pods), {
      body: { metadata: { name, ...metadata }, spec: merged(base, spec) },
    })
    if (created.status !== 201) throw new Error(JSON.stringify(created.body))
    return new RunningPod(c, watch, name)
  }

  /** The first event of the pod that fits, from now on or before. */
  async until(what: string, fits: (pod: KubeObject) => boolean, seconds = 40): Promise<KubeObject> {
    return (await this.watch.until(what, ({ object }) => object.metadata.name === this.#name && fits(object), seconds))
      .object
  }

  ready(): Promise<KubeObject> {
    return this.until('the pod is ready', (pod) => conditionsOf(at(pod, 'status.conditions'))['Ready'] === 'True')
  }

  running(): Promise<KubeObject> {
    return this.until('the pod runs', (pod) => at(pod, 'status.phase') === 'Running')
  }

  /** Deletes it and waits until it is gone. Returns after how many seconds its last container had ended. */
  async end(options: Fields = {}): Promise<number> {
    const startMs = Date.now()
    await this.delete(options)
    await this.gone()
    const ends = this.watch.events.flatMap(({ object }) =>
      ((at(object, 'status.containerStatuses') ?? []) as Fields[]).map((one) =>
        Date.parse(String(at(one, 'state.terminated.finishedAt'))),
      ),
    )
    // Told in whole seconds: on the average it was half a second later.
    return (Math.max(...ends.filter((end) => !Number.isNaN(end))) + 500 - startMs) / 1000
  }

  async delete(options: Fields = {}): Promise<void> {
    await this.#scene.quietly('DELETE', this.#scene.path(pods, this.#name), { body: options })
  }

  gone(): Promise<{ atMs: number; object: KubeObject }> {
    return this.watch.until('the pod is gone', ({ type }) => type === 'DELETED', 60)
  }

  /** What was told from the deletion on: each event in few words, equal neighbours once. */
  ending(): Fields[] {
    const from = this.watch.events.findIndex(({ object }) => object.metadata.deletionTimestamp !== undefined)
    const told = this.watch.events.slice(from).map(({ type, object }) => ({
      type,
      phase: at(object, 'status.phase'),
      grace: at(object, 'metadata.deletionGracePeriodSeconds'),
      containers: statesOf(object),
    }))
    return told.filter((event, index) => index === 0 || JSON.stringify(event) !== JSON.stringify(told[index - 1]))
  }

  /** Reasons of the events about the pod, sorted, each once. */
  async reasons(...wanted: string[]): Promise<string[]> {
    const look = async (): Promise<string[]> => {
      const found = await listed(this.#scene, coreEvents)
      const reasons = [...new Set(found.map((event) => String(at(event, 'reason'))))].sort()
      // Whether the first probe came before the process listened is chance.
      return reasons.filter((reason) => reason !== 'Unhealthy' || wanted.includes(reason))
    }
    return this.#scene.eventually(`events ${wanted.join(', ')}`, async () => {
      const found = await look()
      return wanted.every((reason) => found.includes(reason)) ? found : undefined
    })
  }
}

/** Each container's state: how it ended, or what it waits for. */
export function statesOf(pod: KubeObject): Fields {
  const statuses = (at(pod, 'status.containerStatuses') ?? []) as Fields[]
  return Object.fromEntries(
    statuses.map((status) => {
      const ended = at(status, 'state.terminated') as Fields | undefined
      const waiting = at(status, 'state.waiting.reason')
      const state =
        ended === undefined
          ? typeof waiting === 'string'
            ? `waiting ${waiting}`
            : 'running'
          : {
              exit: ended['exitCode'],
              reason: ended['reason'],
              ...(ended['message'] === undefined ? {} : { message: ended['message'] }),
              ...(ended['signal'] === undefined ? {} : { signal: ended['signal'] }),
            }
      return [String(status['name']), state]
    }),
  )
}

/** A busy machine takes its time to pass a signal on; what a wrong grace period would bring is later still. */
const latestSeconds = 10

/** When a container ended, in the whole seconds in which that is told: not before its time, and not long after. */
export function notBefore(c: Scene, seconds: number, expected: number): void {
  const holds = seconds >= expected - 1.1 && seconds <= expected + latestSeconds
  c.check(`the end comes after ${expected} s, not ${seconds.toFixed(1)}`, holds)
}
