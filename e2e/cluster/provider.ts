import type { Image } from './image.ts'

/** One thing that a provider needs and this machine does not have. */
export interface MissingPiece {
  /** What is missing, as a person would search for it: `runc`, `a Docker daemon`. */
  readonly what: string
  /** The command, or the act, that cures it. */
  readonly cure: string
}

export interface UpOptions {
  /** Aborting it during `up` ends everything that was started so far; `up` then rejects with the signal's reason. */
  readonly signal: AbortSignal
  /** Receives one line per step, without a newline. */
  readonly progress: (line: string) => void
}

/** A source of clusters. The same scenario runs on each of them. */
export interface ClusterProvider {
  readonly name: 'local' | 'kind' | 'kubeconfig'
  /** What is missing on this machine; empty when the provider can start. */
  check(): Promise<readonly MissingPiece[]>
  /**
   * Starts the cluster, or adopts it, and resolves when its API is ready and all of its nodes are Ready.
   *
   * @throws ClusterError when a piece is missing or the cluster does not come up; nothing is left running then.
   */
  up(options: UpOptions): Promise<Cluster>
}

/** Names one container of one pod. */
export interface ContainerName {
  readonly namespace: string
  readonly pod: string
  /** @default the pod's only container; ambiguous names are refused */
  readonly container?: string
}

/**
 * A cluster whose nodes are all Ready. Optional members are there only where the provider can do them: a scenario that
 * needs one asks for it, and says what it skips otherwise.
 */
export interface Cluster {
  /** Path of a kubeconfig whose user may do everything. */
  readonly kubeconfigPath: string
  readonly nodes: readonly string[]
  /** As the API server tells it, without the `v`: `1.36.3`. */
  readonly kubernetesVersion: string
  /** Path of a kubectl that fits the API server. */
  readonly kubectlPath: string
  /**
   * Makes an image runnable on every node under its name, with `imagePullPolicy: Never` or `IfNotPresent`.
   *
   * @returns the reference that a pod has to name: the image's own, unless the user mapped it to another.
   */
  loadImage(image: Image): Promise<string>
  /** Ends everything that `up()` started, and nothing else. May be called twice. */
  down(): Promise<void>
  /**
   * A command line that runs `command` in the network of a node, with the files and users of this machine: so that load
   * comes through that node's own dataplane. It may only be given the cluster's own addresses.
   */
  nodeCommand?(node: string, command: readonly string[]): Promise<readonly string[]>
  /** Sends a signal to the main process of a container, past kubelet: SIGKILL is a crash. */
  killContainer?(name: ContainerName, signal: NodeJS.Signals): Promise<void>
  /** Resident memory of the main process of a container, in bytes. */
  containerMemoryBytes?(name: ContainerName): Promise<number>
  /** Cuts a node off from the control plane and from other nodes; what runs on it goes on running. */
  disconnectNode?(node: string): Promise<void>
  /** Takes back `disconnectNode`. */
  reconnectNode?(node: string): Promise<void>
  /** Stops the API server's process in its tracks (connections stay open, nothing answers) until `thawApiServer`. */
  freezeApiServer?(): Promise<void>
  thawApiServer?(): Promise<void>
}
