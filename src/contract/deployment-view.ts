/**
 * What planning needs to know of a Deployment, and nothing else, so that thousands of them can be cached.
 * Plain data: it can be printed, compared and written down as a test fixture.
 */

/** One entry of `metadata.managedFields`, without its fields. */
export interface FieldOwner {
  manager: string
  operation: 'Apply' | 'Update'
  /** '' for the object itself, otherwise for example 'status' or 'scale'. */
  subresource: string
}

/** The leaf paths below a field that one manager owns, for example `httpGet.path`. */
export interface OwnedLeaves {
  owner: FieldOwner
  leaves: string[]
  /** It put the handler there, and did not only change a leaf: as long as it owns the handler, the API server keeps it. */
  whole: boolean
}

/** Who owns what of one item of `containers`. */
export interface ContainerOwnership {
  /** Owners of the item itself (of its key): as long as one is left, the API server keeps the item. */
  item: FieldOwner[]
  preStop: OwnedLeaves[]
  readiness: OwnedLeaves[]
}

/** Who owns the paths that a plan may write. */
export interface Ownership {
  gracePeriod: FieldOwner[]
  containers: Record<string, ContainerOwnership>
  /** Owners of the immutable `spec.selector`: whoever created the object, and with it owns every default. */
  creators: FieldOwner[]
  /** Owners of the last-applied-configuration annotation. */
  lastAppliedWriters: FieldOwner[]
}

/** A lifecycle hook, by handler. */
export type Hook =
  | { kind: 'Sleep'; seconds: number }
  | { kind: 'HTTP'; path: string; port: string | number }
  /** `seconds` only when the command does nothing but sleep; a long command is cut. */
  | { kind: 'Exec'; command: string; seconds?: number }
  | { kind: 'TCP' }

/** A readiness probe as far as a plan compares it. Times in whole seconds, as in the API. */
export interface ReadinessView {
  kind: 'HTTP' | 'Exec' | 'TCP' | 'GRPC'
  path?: string
  port?: string | number
  periodSeconds: number
  timeoutSeconds: number
  failureThreshold: number
}

export interface PortView {
  name?: string
  containerPort: number
}

export interface ContainerView {
  name: string
  ports: PortView[]
  preStop?: Hook
  readiness?: ReadinessView
  terminationMessagePath: string
}

export interface InitContainerView {
  name: string
  /** `restartPolicy: Always`: runs beside the containers and is stopped after them, within the same grace period. */
  sidecar: boolean
  preStop?: Hook
}

/** The subset of `spec.template.spec`. */
export interface TemplateView {
  /** @default 30, as the API server does */
  terminationGracePeriodSeconds: number
  containers: ContainerView[]
  initContainers: InitContainerView[]
}

/** What `kubectl apply` was last given, restricted to the fields that a plan may write. */
export interface LastApplied {
  terminationGracePeriodSeconds?: number
  containers: Record<string, { preStop?: Hook; readiness: boolean }>
}

export interface DeploymentView {
  uid: string
  name: string
  namespace: string
  resourceVersion: string
  generation: number
  replicas: number
  paused: boolean
  /** `metadata.deletionTimestamp` is set. */
  deleting: boolean
  template: TemplateView
  ownership: Ownership
  /** Present when the annotation `kubectl.kubernetes.io/last-applied-configuration` is there and can be read. */
  lastApplied?: LastApplied
}
