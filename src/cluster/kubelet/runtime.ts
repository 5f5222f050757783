/** What a kubelet tells its runtime about one container. Environment and arguments are resolved already. */
export interface ContainerStart {
  readonly podUid: string
  readonly podName: string
  readonly namespace: string
  readonly container: string
  /** As the pod names it. A runtime that does not know it rejects with `ImageNotFound`. */
  readonly image: string
  /** Absent: the image's own. */
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** The pod's address: what the container listens on. */
  readonly podIp: string
  /** Where the container thinks its termination message goes, e.g. `/dev/termination-log`. */
  readonly terminationMessagePath: string
}

/** How a container ended. */
export interface ContainerExit {
  /** As kubelet tells it: 128 + the number of the signal that ended it. */
  readonly exitCode: number
  /** What it wrote to its termination message path, at most 4096 bytes of it; empty when nothing. */
  readonly message: string
}

export interface RunningContainer {
  readonly id: string
  /** Settles once, when every process of the container is gone. Never rejects. */
  readonly exited: Promise<ContainerExit>
  /** To the main process. Harmless when it is gone. SIGKILL ends the whole container. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void
  /** Runs a command inside, as an exec hook or probe. Resolves with its exit code; aborting ends it. */
  exec(command: readonly string[], signal: AbortSignal): Promise<number>
  /** The end of what it has written so far, for `kubectl logs`. */
  logs(): string
}

/** What runs containers: real processes, or, in the simulation, models of them. */
export interface ContainerRuntime {
  /** Resolves once it runs. @throws Error `ImageNotFound` in its `code`, or why it could not start. */
  start(start: ContainerStart): Promise<RunningContainer>
}
