import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerRuntime, ContainerStart, RunningContainer } from '../kubelet/runtime.ts'
import { commandLine, ImageNotFound, type ProcessImages } from './image.ts'
import { ProcessContainer } from './process-container.ts'
import { memoryOfTrees } from './process-memory.ts'
import { Reaper } from './reaper.ts'

export interface ProcessRuntimeOptions {
  readonly images: ProcessImages
  /** What the pods' network needs in the environment of each of its processes. */
  readonly podEnvironment: (podIp: string) => Readonly<Record<string, string>>
  /** What every container has unless its image or pod says otherwise. @default nothing */
  readonly environment?: () => Readonly<Record<string, string>>
}

/**
 * Containers as processes of this machine, each a process group of its own with its own working folder. They are
 * containers in their lifecycle only: nothing is isolated.
 *
 * - The environment is what the pod and the image say, PATH, HOME and HOSTNAME, and the network's.
 * - The termination message path is a file of this machine that is told in DRAIN_TERMINATION_MESSAGE_PATH: a program
 *   that writes to the pod's literal path leaves no message.
 * - SIGTERM ends a program that does not listen to it, where a container's first process would ignore it.
 */
export class ProcessRuntime implements ContainerRuntime {
  /** For everything that ends with this runtime. */
  readonly folder: string
  readonly #options: ProcessRuntimeOptions
  readonly #reaper: Reaper
  readonly #running = new Set<ProcessContainer>()
  #started = 0
  #closed = false

  constructor(options: ProcessRuntimeOptions) {
    this.#options = options
    this.folder = mkdtempSync(join(tmpdir(), 'drainkeeper-cluster-'))
    this.#reaper = new Reaper(this.folder)
  }

  async start(start: ContainerStart): Promise<RunningContainer> {
    if (this.#closed) throw new Error('the container runtime is closed')
    const image = this.#options.images[start.image]
    if (image === undefined) throw new ImageNotFound(start.image, Object.keys(this.#options.images))
    this.#started += 1
    const id = `${start.podUid.slice(0, 8)}-${start.container}-${this.#started}`
    const folder = join(this.folder, id)
    mkdirSync(folder)
    const container = new ProcessContainer({
      id,
      folder,
      commandLine: commandLine(image, start),
      environment: this.#environmentOf(start, image.env ?? {}, folder),
      reaper: this.#reaper,
    })
    this.#running.add(container)
    void container.exited.then(() => {
      this.#running.delete(container)
      rmSync(folder, { recursive: true, force: true })
    })
    await container.started
    return container
  }

  /** The memory of all processes of all containers. */
  memoryBytes(): Promise<number> {
    return memoryOfTrees([...this.#running].flatMap(({ pid }) => (pid === undefined ? [] : [pid])))
  }

  /** Ends everything at once; resolves when it is gone. */
  async close(): Promise<void> {
    this.#closed = true
    const running = [...this.#running]
    for (const container of running) container.signal('SIGKILL')
    await Promise.all(running.map(({ exited }) => exited))
    await this.#reaper.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #environmentOf(
    start: ContainerStart,
    image: Readonly<Record<string, string>>,
    folder: string,
  ): Record<string, string> {
    const network = this.#options.podEnvironment(start.podIp)
    const nodeOptions = [network['NODE_OPTIONS'], image['NODE_OPTIONS'], start.env['NODE_OPTIONS']]
    const stated = nodeOptions.filter((options) => options !== undefined)
    return {
      PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
      HOME: folder,
      HOSTNAME: start.podName,
      ...this.#options.environment?.(),
      ...image,
      ...start.env,
      ...network,
      DRAIN_TERMINATION_MESSAGE_PATH: join(folder, 'termination-log'),
      ...(stated.length === 0 ? {} : { NODE_OPTIONS: stated.join(' ') }),
    }
  }
}
